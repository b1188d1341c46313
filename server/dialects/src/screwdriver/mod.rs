//! Screwdriver's `screwdriver.yaml`.
//!
//! Read as Screwdriver reads it: `shared` is merged into every job, steps have three forms, `requires` joins. What
//! needs Screwdriver's own services (templates, secrets, other pipelines) is refused, what only concerns them is noted.

mod annotations;
mod job;
mod keys;
mod requires;
mod steps;

use regatta_domain::pipeline::{Diagnostic, Dialect, Job, NoteKind, Pipeline, Reading};

use self::job::{Draft, Settings};
use crate::findings::{Findings, quoted};
use crate::yaml::{Key, Node, Place, Value};
use crate::{MAX_JOBS, yaml};

/// The longest job name, in characters.
const MAX_JOB_NAME: usize = 100;

/// Reads a `screwdriver.yaml`. All that can be found wrong at once is told at once.
pub fn read(text: &str) -> Reading {
    let mut findings = Findings::default();
    let jobs = read_text(text, &mut findings).unwrap_or_default();
    findings.conclude(Dialect::Screwdriver, Pipeline { jobs, ..Pipeline::default() })
}

fn read_text(text: &str, findings: &mut Findings) -> Option<Vec<Job>> {
    let root = yaml::document(text, findings)?;
    let drafts = read_file(&root, findings)?;
    Some(job::finish(&drafts, findings))
}

fn read_file(root: &Node<'_>, findings: &mut Findings) -> Option<Vec<Draft>> {
    let Value::Map(entries) = &root.value else {
        let place = if matches!(root.value, Value::Null) { Place::START } else { root.place };
        findings.tell(place.diagnostic_with_hint(
            format!("a pipeline is a mapping with the key `jobs`, not {}", root.value.kind()),
            "begin with `jobs:`",
        ));
        return None;
    };
    let mut shared = Settings::default();
    let mut jobs = None;
    let mut excused = false;
    for (key, node) in entries {
        if !keys::FILE.admits(key, findings) {
            // A template would have brought jobs.
            excused |= matches!(keys::FILE.meant(&key.name), Some("jobs" | "template"));
            continue;
        }
        match key.name.as_str() {
            "annotations" => annotations::read(node, findings),
            "jobs" => jobs = Some((key, node)),
            "shared" => shared = Settings::read(key, node, findings),
            "stages" => read_stages(node, findings),
            _ => read_version(node, findings),
        }
    }
    let Some((key, node)) = jobs else {
        if excused {
            return None;
        }
        findings.tell(Place::START.diagnostic_with_hint("the key `jobs` is missing", "begin with `jobs:`"));
        return None;
    };
    read_jobs(key, node, &shared, findings)
}

fn read_version(node: &Node<'_>, findings: &mut Findings) {
    if !matches!(&node.value, Value::Number(version) if version == "4") {
        findings.note(
            NoteKind::Ignored,
            node.place,
            "read as version 4, the form that Screwdriver has today",
        );
    }
}

fn read_stages(node: &Node<'_>, findings: &mut Findings) {
    let Value::Map(stages) = &node.value else {
        findings.tell(expected(node, "`stages`", "a mapping of stages"));
        return;
    };
    for (key, stage) in stages {
        match &stage.value {
            Value::Map(entries) => {
                for (key, _) in entries {
                    keys::STAGE.admits(key, findings);
                }
            }
            _ => findings.tell(expected(stage, &format!("stage {}", quoted(&key.name)), "a mapping")),
        }
    }
}

/// The jobs; `None` where they cannot be joined because there are none, or some were left out.
fn read_jobs(key: &Key, node: &Node<'_>, shared: &Settings, findings: &mut Findings) -> Option<Vec<Draft>> {
    let entries = match &node.value {
        Value::Map(entries) if !entries.is_empty() => entries,
        Value::Map(_) | Value::Null => {
            findings.tell(key.place.diagnostic_with_hint(
                "there is no job",
                "write one below: a name, and in it `image` and `steps`",
            ));
            return None;
        }
        _ => {
            findings.tell(expected(node, "`jobs`", "a mapping of jobs by name"));
            return None;
        }
    };
    let extra = entries.get(MAX_JOBS);
    if let Some((extra, _)) = extra {
        let message = format!("more than {MAX_JOBS} jobs: there are {}", entries.len());
        findings.tell(extra.place.diagnostic(message));
    }
    let drafts = entries.iter().take(MAX_JOBS).map(|(key, node)| {
        check_job_name(key, findings);
        Settings::read(key, node, findings).into_draft(key, shared, findings)
    });
    let drafts: Vec<Draft> = drafts.collect();
    extra.is_none().then_some(drafts)
}

fn check_job_name(key: &Key, findings: &mut Findings) {
    if !is_word(&key.name) || key.name.len() > MAX_JOB_NAME {
        findings.tell(key.place.diagnostic(format!(
            "{} cannot be a job's name: up to {MAX_JOB_NAME} letters, digits, `-` and `_`",
            quoted(&key.name)
        )));
    }
}

/// What Screwdriver takes as a name of a job or step.
fn is_word(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn expected(node: &Node<'_>, what: &str, kind: &str) -> Diagnostic {
    node.place.diagnostic(format!("{what} must be {kind}, not {}", node.value.kind()))
}
