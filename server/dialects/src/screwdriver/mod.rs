//! Screwdriver's `screwdriver.yaml`.
//!
//! Read as Screwdriver reads it: `shared` is merged into every job, steps have three forms, `requires` joins, a matrix
//! makes several jobs of one, stages get their setups and teardowns. What needs Screwdriver's own services (templates,
//! secrets, other pipelines) is refused, what only concerns them is noted.

mod annotations;
mod commands;
mod environment;
mod image;
mod jobs;
mod join;
mod keys;
mod matrix;
mod parameters;
mod places;
mod requires;
mod settings;
mod stages;
mod steps;
mod surroundings;
mod variables;

use std::collections::HashSet;

use regatta_domain::pipeline::{Diagnostic, Dialect, Pipeline, Reading};

use self::join::Parts;
use self::settings::Settings;
use crate::findings::{Findings, quoted};
use crate::yaml::{Key, Node, Place, Value};
use crate::{MAX_JOBS, yaml};

/// The longest name of a job, a step or a parameter, in characters.
const MAX_NAME: usize = 100;

/// Reads a `screwdriver.yaml`. All that can be found wrong at once is told at once.
pub fn read(text: &str) -> Reading {
    let mut findings = Findings::default();
    let parts = yaml::document(text, &mut findings).and_then(|root| read_file(&root, &mut findings));
    let pipeline = parts.map_or_else(Pipeline::default, |parts| join::join(parts, &mut findings));
    findings.conclude(Dialect::Screwdriver, pipeline)
}

fn read_file(root: &Node<'_>, findings: &mut Findings) -> Option<Parts> {
    let Value::Map(entries) = &root.value else {
        let place = if matches!(root.value, Value::Null) { Place::START } else { root.place };
        findings.wrong_with_hint(
            place,
            format!("a pipeline is a mapping with the key `jobs`, not {}", root.value.kind()),
            "begin with `jobs:`",
        );
        return None;
    };
    let mut file = File::default();
    for (key, node) in entries {
        file.read_one(key, node, findings);
    }
    file.into_parts(findings)
}

/// What stands at the top of a file.
#[derive(Default)]
struct File<'n, 't> {
    shared: Settings,
    jobs: Option<(&'n Key, &'n Node<'t>)>,
    /// Why there are no jobs is told already.
    excused: bool,
    stages: Vec<stages::Written>,
    parameters: Vec<parameters::Declared>,
}

impl<'n, 't> File<'n, 't> {
    fn read_one(&mut self, key: &'n Key, node: &'n Node<'t>, findings: &mut Findings) {
        if !keys::FILE.admits(key, findings) {
            // A template would have brought jobs.
            self.excused = self.excused
                || !findings.is_full() && matches!(keys::FILE.meant(&key.name), Some("jobs" | "template"));
            return;
        }
        match key.name.as_str() {
            "annotations" => annotations::pass_over(node, findings),
            "jobs" => self.jobs = Some((key, node)),
            "parameters" => self.parameters = parameters::read(key, node, findings),
            "shared" => self.shared = Settings::read(key, node, findings),
            "stages" => self.stages = stages::read(node, findings),
            _ => read_version(node, findings),
        }
    }

    fn into_parts(self, findings: &mut Findings) -> Option<Parts> {
        let Some((key, node)) = self.jobs else {
            if !self.excused {
                findings.wrong_with_hint(Place::START, "the key `jobs` is missing", "begin with `jobs:`");
            }
            return None;
        };
        let entries = entries_of_jobs(key, node, findings)?;
        let mut parts = Parts { stages: self.stages, parameters: self.parameters, ..Parts::default() };
        let mut silent = HashSet::new();
        for (key, node) in entries.iter().take(MAX_JOBS) {
            check_job_name(key, findings);
            let settings = Settings::read(key, node, findings);
            if settings.requires().is_none() {
                silent.insert(key.name.clone());
            }
            parts.drafts.push(settings.into_draft(key.place, &key.name, &self.shared, findings));
        }
        parts.left_out = entries.iter().skip(MAX_JOBS).map(|(key, _)| key.name.clone()).collect();
        stages::apply(&parts.stages, &mut parts.drafts, &silent, &self.shared, findings);
        Some(parts)
    }
}

fn read_version(node: &Node<'_>, findings: &mut Findings) {
    if node.text().as_deref() != Some("4") {
        findings.ignored(node.place, "version", "the file is read as version 4, the form of today");
    }
}

/// The jobs as they are written; `None` where there are none, which is told.
fn entries_of_jobs<'n, 't>(
    key: &Key,
    node: &'n Node<'t>,
    findings: &mut Findings,
) -> Option<&'n [(Key, Node<'t>)]> {
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => {
            if let Some((extra, _)) = entries.get(MAX_JOBS) {
                let message = format!("more than {MAX_JOBS} jobs: there are {}", entries.len());
                findings.refused(extra.place, message);
            }
            return Some(entries);
        }
        Value::Map(_) | Value::Null => findings.wrong_with_hint(
            key.place,
            "there is no job",
            "write one below: a name, and in it `image` and `steps`",
        ),
        _ => findings.tell(expected(node, "`jobs`", "a mapping of jobs by name")),
    }
    None
}

fn check_job_name(key: &Key, findings: &mut Findings) {
    if !is_word(&key.name) || key.name.len() > MAX_NAME {
        let name = quoted(&key.name);
        let rule = format!("up to {MAX_NAME} letters, digits, `-` and `_`");
        findings.wrong(key.place, format!("{name} cannot be a job's name: {rule}"));
    } else if key.name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("pr-")) {
        let message = format!("{} cannot be a job's name", quoted(&key.name));
        findings.wrong_with_hint(key.place, message, "Screwdriver keeps `PR-` for the jobs of pull requests");
    }
}

/// What Screwdriver takes as a name of a job, a step or a stage.
fn is_word(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn expected(node: &Node<'_>, what: &str, kind: &str) -> Diagnostic {
    node.place.diagnostic(format!("{what} must be {kind}, not {}", node.value.kind()))
}
