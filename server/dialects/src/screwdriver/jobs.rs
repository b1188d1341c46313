//! Jobs as they run: variables put together, matrices written out, steps in order.

use std::collections::{BTreeMap, HashSet};

use regatta_domain::pipeline::{Cell, Exchange, Job, NoteKind, Step, Template};

use super::join::Parts;
use super::parameters::{self, Catalogue, Declared};
use super::settings::Draft;
use super::variables::{Evaluated, Variables};
use super::{matrix, surroundings};
use crate::MAX_EXPANDED_BYTES;
use crate::findings::{Findings, quoted};
use crate::yaml::Place;

/// The step before a job's own that sets what is left to its shell. Steps of a pipeline cannot have such a name.
const SETUP_STEP: &str = "sd-setup";

/// Makes the jobs, without their needs.
pub struct Jobs<'p> {
    /// What they are made of.
    pub parts: &'p Parts,
    /// The parameters they may see.
    pub catalogue: &'p Catalogue,
}

impl Jobs<'_> {
    /// The jobs in the order they are written, one for each cell of a matrix.
    pub fn make(&self, findings: &mut Findings) -> Vec<Job> {
        let hands_on = |draft: &Draft| draft.annotations.hands_on_workspace == Some(true);
        let fresh = !self.parts.drafts.iter().any(hands_on);
        let mut names: HashSet<String> = self.parts.drafts.iter().map(|draft| draft.name.clone()).collect();
        let mut jobs = Vec::new();
        let mut size = Size::default();
        for draft in &self.parts.drafts {
            let known = self.known_from_the_start(draft, findings);
            let folders = surroundings::prepare(draft, fresh, findings);
            for values in draft.matrix.cells() {
                let mut job = make_job(draft, &known, &folders, values, findings);
                if job.cell.is_some() {
                    make_unique(&mut job.name, &mut names);
                }
                size.add(&job, draft.place, findings);
                jobs.push(job);
            }
        }
        jobs
    }

    /// The variables that a job has before its own.
    fn known_from_the_start(&self, draft: &Draft, findings: &mut Findings) -> BTreeMap<String, Template> {
        let of_every_job = surroundings::of_every_job(&draft.name).into_iter();
        let mut known: BTreeMap<String, Template> =
            of_every_job.map(|(name, value)| (name.to_owned(), Template::text(value))).collect();
        let seen = self.parts.parameters.iter().chain(&draft.parameters).map(Declared::name);
        for name in seen.filter(|name| self.catalogue.has(name)) {
            let Some(variable) = parameters::as_variable(name) else { continue };
            if draft.environment.get(variable).is_some() {
                let name = quoted(name);
                let text = format!("steps see the variable {name} and get the parameter by `meta` alone");
                findings.note(NoteKind::Explained, draft.place, text);
            }
            known.insert(variable.to_owned(), Template::parameter(name));
        }
        known
    }
}

fn make_job(
    draft: &Draft,
    known: &BTreeMap<String, Template>,
    folders: &[String],
    values: Vec<(String, String)>,
    findings: &mut Findings,
) -> Job {
    let mut own = Variables::default();
    // A cell's values stand before the job's own variables, which may refer to them and do not override them.
    for (name, value) in values.iter().map(|(name, value)| (name.as_str(), value.as_str())) {
        own.set(name, value.to_owned());
    }
    for (name, value) in draft.environment.iter() {
        if !values.iter().any(|(of_cell, _)| of_cell == name) {
            own.set(name, value.to_owned());
        }
    }
    let image = draft.image.with(&own, findings);
    let Evaluated { environment, lines } = own.evaluate(known.clone());
    let name = if values.is_empty() { draft.name.clone() } else { matrix::name(&draft.name, &values) };
    Job {
        description: draft.description.clone(),
        executor: draft.annotations.executor.clone(),
        environment,
        limits: draft.annotations.limits,
        exchange: Exchange {
            metadata: true,
            gives_workspace: draft.annotations.hands_on_workspace == Some(true),
            ..Exchange::default()
        },
        cell: (!values.is_empty()).then(|| Cell { of: draft.name.clone(), values }),
        ..Job::new(name, image, steps(draft, &[folders, &lines].concat(), findings))
    }
}

/// The steps, after one that runs `lines` where there are any.
fn steps(draft: &Draft, lines: &[String], findings: &mut Findings) -> Vec<Step> {
    if draft.annotations.is_virtual == Some(true) {
        let text = "Screwdriver takes this job as succeeded and runs none of its steps; one that does nothing runs here";
        findings.note(NoteKind::Simulated, draft.place, text);
        return vec![Step::new("virtual", ":")];
    }
    let setup = (!lines.is_empty()).then(|| Step::new(SETUP_STEP, lines.concat()));
    setup.into_iter().chain(draft.steps.iter().map(|written| written.step.clone())).collect()
}

/// Values that look the same when cut get a number.
fn make_unique(name: &mut String, names: &mut HashSet<String>) {
    let first = name.clone();
    let mut number = 1;
    while !names.insert(name.clone()) {
        number += 1;
        *name = format!("{first} #{number}");
    }
}

/// Shared parts, aliases and matrices multiply: what comes out is bounded too, not only what goes in.
#[derive(Default)]
struct Size {
    bytes: usize,
    told: bool,
}

impl Size {
    fn add(&mut self, job: &Job, place: Place, findings: &mut Findings) {
        let steps: usize = job.steps.iter().map(|step| step.name.len() + step.script.len()).sum();
        let text = |template: &Template| format!("{template:?}").len();
        let variables: usize = job.environment.iter().map(|(name, value)| name.len() + text(value)).sum();
        self.bytes += steps + variables;
        if self.bytes > MAX_EXPANDED_BYTES && !self.told {
            self.told = true;
            let limit = MAX_EXPANDED_BYTES / 1024;
            let message =
                format!("with its shared parts written out, this pipeline is longer than {limit} KiB");
            findings.refused(place, message);
        }
    }
}
