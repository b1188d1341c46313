//! From jobs that know each other by name to the pipeline's jobs, each after those it needs.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use regatta_domain::pipeline::{Cell, Exchange, Job, Need, Needs, NoteKind, Pipeline, Stage, Step, Template};

use super::parameters::{self, Catalogue, Declared};
use super::requires::{Event, Named};
use super::settings::Draft;
use super::stages::Written;
use super::variables::{Evaluated, Variables};
use super::{is_word, matrix, surroundings};
use crate::findings::{Findings, quoted};
use crate::yaml::Place;
use crate::{MAX_EXPANDED_BYTES, MAX_JOBS, graph, hint};

/// The step before a job's own that sets what is left to its shell. Steps of a pipeline cannot have such a name.
const SETUP_STEP: &str = "sd-setup";

/// All that a file says, jobs by their names.
#[derive(Debug, Default)]
pub struct Parts {
    /// The jobs, those of stages included.
    pub drafts: Vec<Draft>,
    /// The stages.
    pub stages: Vec<Written>,
    /// The parameters that all jobs see.
    pub parameters: Vec<Declared>,
    /// Names of jobs that were left out because there are too many.
    pub left_out: HashSet<String>,
}

/// Makes a pipeline of `parts`. Jobs that wait for each other in a circle stay as they are written.
pub fn join(mut parts: Parts, findings: &mut Findings) -> Pipeline {
    leave_out_too_many(&mut parts, findings);
    note_surprising_starts(&parts.drafts, findings);
    let places = Places::of(&parts);
    let needs: Vec<Needs> = parts
        .drafts
        .iter()
        .flat_map(|draft| std::iter::repeat_n(places.needs(draft, findings), draft.matrix.size()))
        .collect();
    let catalogue = catalogue(&parts, findings);
    let jobs = Jobs { parts: &parts, catalogue: &catalogue }.make(findings);
    let stages = places.stages(findings);
    let order = in_order(&needs, &places, findings);
    let mut pipeline =
        Pipeline { parameters: catalogue.into_parameters(), jobs, stages, ..Pipeline::default() };
    for (job, needs) in pipeline.jobs.iter_mut().zip(needs) {
        job.needs = needs;
    }
    arrange(&mut pipeline, &order);
    share_workspaces(&mut pipeline.jobs);
    pipeline
}

/// Keeps as many of the first jobs as may be.
fn leave_out_too_many(parts: &mut Parts, findings: &mut Findings) {
    let mut total = 0;
    let too_many = |draft: &Draft| {
        total += draft.matrix.size();
        total > MAX_JOBS
    };
    let Some(at) = parts.drafts.iter().position(too_many) else { return };
    let place = parts.drafts[at].place;
    let message =
        format!("with its matrices and stages written out, this pipeline has more than {MAX_JOBS} jobs");
    findings.refused(place, message);
    parts.left_out.extend(parts.drafts.drain(at..).map(|draft| draft.name));
}

/// A job that says nothing of its start starts with the pipeline, and so does one that waits for another event than the
/// rest. That is only surprising where others say something else.
fn note_surprising_starts(drafts: &[Draft], findings: &mut Findings) {
    let waits_for = |event: Event| drafts.iter().any(|draft| draft.requires.starts.contains(&event));
    let commits_alone = drafts.iter().any(|Draft { requires, .. }| {
        requires.starts.contains(&Event::Commit) && !requires.starts.contains(&Event::PullRequest)
    });
    let some_say = drafts.iter().any(|draft| !draft.requires.starts.is_empty());
    for Draft { requires, place, name, .. } in drafts {
        let text = if some_say && requires.is_empty() {
            format!(
                "{} starts with the pipeline; Screwdriver would wait for somebody to start it",
                quoted(name)
            )
        } else if commits_alone && waits_for(Event::PullRequest) && requires.starts == [Event::PullRequest] {
            format!(
                "{} starts with the pipeline; Screwdriver would run it for pull requests, without the jobs of a commit",
                quoted(name)
            )
        } else {
            continue;
        };
        findings.note(NoteKind::Explained, *place, text);
    }
}

/// Which names stand for which of the pipeline's jobs.
struct Places<'p> {
    parts: &'p Parts,
    of_draft: Vec<Range<usize>>,
    by_name: BTreeMap<&'p str, usize>,
}

impl<'p> Places<'p> {
    fn of(parts: &'p Parts) -> Self {
        let mut next = 0;
        let of_draft = parts.drafts.iter().map(|draft| {
            let first = next;
            next += draft.matrix.size();
            first..next
        });
        let by_name = parts.drafts.iter().enumerate().map(|(at, draft)| (draft.name.as_str(), at));
        Self { parts, of_draft: of_draft.collect(), by_name: by_name.collect() }
    }

    /// The draft that became the job at `place`.
    fn draft(&self, place: usize) -> Option<&'p Draft> {
        let at = self.of_draft.iter().position(|range| range.contains(&place))?;
        self.parts.drafts.get(at)
    }

    /// What the jobs of `draft` need. All of `all`, or one of `any`; where one of `any` stands for several jobs, it takes
    /// the place of `all`, and two such ways cannot be told.
    fn needs(&self, draft: &Draft, findings: &mut Findings) -> Needs {
        let requires = &draft.requires;
        let mut all: BTreeSet<usize> = BTreeSet::new();
        let mut in_order = Vec::new();
        for named in &requires.all {
            in_order.extend(self.find(named, findings).into_iter().filter(|job| all.insert(*job)));
        }
        let mut any = Vec::new();
        for named in &requires.any {
            match self.find(named, findings).as_slice() {
                [] => {}
                [one] => any.push(*one),
                several if requires.all.is_empty() && in_order.is_empty() => in_order.extend(several),
                _ => findings.refused_with_hint(
                    named.place,
                    format!(
                        "{} stands for several jobs and cannot be one of several ways here",
                        quoted(&named.name)
                    ),
                    "require it without `~`, or alone",
                ),
            }
        }
        let mut needs = Needs::successes(&in_order, &any);
        let known = |named: &Named| self.by_name.get(named.name.as_str()).copied();
        let ends = requires.ends.iter().filter_map(known).flat_map(|at| self.of_draft[at].clone());
        needs.all.extend(ends.map(Need::end));
        needs
    }

    /// The jobs that `named` stands for; where there is no such name, that is told.
    fn find(&self, named: &Named, findings: &mut Findings) -> Vec<usize> {
        if let Some(at) = self.by_name.get(named.name.as_str()) {
            return self.of_draft[*at].clone().collect();
        }
        let stage =
            named.name.strip_prefix("stage@").map(|name| name.strip_suffix(":teardown").unwrap_or(name));
        let stage = stage.and_then(|name| self.parts.stages.iter().find(|stage| stage.name == name));
        let found = stage.map_or_else(Vec::new, |stage| self.end_of(stage));
        if found.is_empty() && !self.parts.left_out.contains(&named.name) {
            self.tell_unknown(named, findings);
        }
        found
    }

    /// The jobs whose success is the stage's: the last ones, and the teardown.
    fn end_of(&self, stage: &Written) -> Vec<usize> {
        let drafts: Vec<&Draft> = stage
            .jobs
            .iter()
            .filter_map(|named| self.by_name.get(named.name.as_str()))
            .map(|at| &self.parts.drafts[*at])
            .collect();
        let required: HashSet<&str> = drafts
            .iter()
            .flat_map(|draft| draft.requires.all.iter().chain(&draft.requires.any))
            .map(|named| named.name.as_str())
            .collect();
        let teardown = stage.teardown_name();
        let last = drafts.iter().map(|draft| draft.name.as_str()).filter(|name| !required.contains(name));
        last.chain([teardown.as_str()])
            .filter_map(|name| self.by_name.get(name))
            .flat_map(|at| self.of_draft[*at].clone())
            .collect()
    }

    fn tell_unknown(&self, Named { place, name }: &Named, findings: &mut Findings) {
        if let Some(wanted) = name.strip_prefix("stage@") {
            let names: Vec<&str> = self.parts.stages.iter().map(|stage| stage.name.as_str()).collect();
            let of_stage = wanted.strip_suffix(":teardown").unwrap_or(wanted);
            if names.contains(&of_stage) {
                let message = format!("the stage {} has no jobs to wait for", quoted(of_stage));
                return findings.wrong(*place, message);
            }
            let message = format!("there is no stage {}", quoted(wanted));
            return findings.wrong_with_hint(*place, message, hint::choice(wanted, &names));
        }
        let names: Vec<&str> = self.by_name.keys().copied().collect();
        let hint = if is_word(name) { hint::choice(name, &names) } else { "name a job of this file".into() };
        findings.wrong_with_hint(*place, format!("there is no job {}", quoted(name)), hint);
    }

    fn stages(&self, findings: &mut Findings) -> Vec<Stage> {
        let make = |stage: &Written| {
            for named in &stage.jobs {
                if !self.by_name.contains_key(named.name.as_str())
                    && !self.parts.left_out.contains(&named.name)
                {
                    self.tell_unknown(named, findings);
                }
            }
            let own = format!("stage@{}:setup", stage.name);
            let teardown = stage.teardown_name();
            let names = [own.as_str()].into_iter();
            let names =
                names.chain(stage.jobs.iter().map(|named| named.name.as_str())).chain([teardown.as_str()]);
            let jobs =
                names.filter_map(|name| self.by_name.get(name)).flat_map(|at| self.of_draft[*at].clone());
            Stage { name: stage.name.clone(), description: stage.description.clone(), jobs: jobs.collect() }
        };
        self.parts.stages.iter().map(make).collect()
    }
}

/// Every parameter that some job sees: the pipeline's, and those of jobs, which take the place of the pipeline's in them.
fn catalogue(parts: &Parts, findings: &mut Findings) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for declared in &parts.parameters {
        let own = |draft: &Draft| draft.parameters.iter().any(|own| own.name() == declared.name());
        if parts.drafts.iter().all(own) {
            let name = declared.name();
            findings.ignored(declared.place, name, "every job has a parameter of its own with this name");
        } else {
            catalogue.add(declared, findings);
        }
    }
    for declared in parts.drafts.iter().flat_map(|draft| &draft.parameters) {
        catalogue.add(declared, findings);
    }
    catalogue
}

/// Makes the jobs, without their needs.
struct Jobs<'p> {
    parts: &'p Parts,
    catalogue: &'p Catalogue,
}

impl Jobs<'_> {
    fn make(&self, findings: &mut Findings) -> Vec<Job> {
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
        ..Job::new(name, image, steps(draft, [folders, &lines].concat(), findings))
    }
}

/// The steps, after one that runs `lines` where there are any.
fn steps(draft: &Draft, lines: Vec<String>, findings: &mut Findings) -> Vec<Step> {
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

fn in_order(needs: &[Needs], places: &Places<'_>, findings: &mut Findings) -> Vec<usize> {
    let wanted: Vec<Vec<usize>> = needs.iter().map(|needs| needs.jobs().collect()).collect();
    graph::order(&wanted).unwrap_or_else(|circle| {
        tell_circle(&circle, places, findings);
        (0..needs.len()).collect()
    })
}

fn tell_circle(circle: &[usize], places: &Places<'_>, findings: &mut Findings) {
    let drafts: Vec<&Draft> = circle.iter().filter_map(|job| places.draft(*job)).collect();
    let names: Vec<String> = drafts.iter().map(|draft| quoted(&draft.name)).collect();
    // The job that stands first in the file is where a reader meets the circle first.
    let first = drafts.iter().min_by_key(|draft| draft.place);
    let place = first.and_then(|draft| draft.requires.place).unwrap_or(Place::START);
    findings.wrong_with_hint(
        place,
        format!("these jobs wait for each other: {}", names.join(" requires ")),
        "remove one of these requirements",
    );
}

/// Puts the jobs into `order`.
fn arrange(pipeline: &mut Pipeline, order: &[usize]) {
    let mut place_of = vec![0; order.len()];
    for (place, job) in order.iter().enumerate() {
        place_of[*job] = place;
    }
    let mut jobs: Vec<Job> = order.iter().map(|job| std::mem::take(&mut pipeline.jobs[*job])).collect();
    for job in &mut jobs {
        for need in job.needs.all.iter_mut().chain(&mut job.needs.any) {
            need.job = place_of[need.job];
        }
    }
    pipeline.jobs = jobs;
    for stage in &mut pipeline.stages {
        for job in &mut stage.jobs {
            *job = place_of[*job];
        }
    }
}

/// Who needs a job that hands its workspace on takes it; who hands it on to nobody need not pack it.
fn share_workspaces(jobs: &mut [Job]) {
    let gives: Vec<bool> = jobs.iter().map(|job| job.exchange.gives_workspace).collect();
    let mut taken = BTreeSet::new();
    for job in jobs.iter_mut() {
        let mut takes: Vec<usize> = Vec::new();
        for giver in job.needs.jobs().filter(|giver| gives[*giver]) {
            if !takes.contains(&giver) {
                takes.push(giver);
            }
        }
        taken.extend(takes.iter().copied());
        job.exchange.takes_workspace_of = takes;
    }
    for (place, job) in jobs.iter_mut().enumerate() {
        job.exchange.gives_workspace = taken.contains(&place);
    }
}
