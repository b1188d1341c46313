//! What the tests of every dialect share.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, clippy::missing_docs_in_private_items, reason = "a test fails by panicking")]

pub mod grammar;
pub mod hostile;
pub mod told;

use std::collections::HashSet;

use regatta_dialects::{MAX_JOBS, MAX_STEPS};
use regatta_domain::pipeline::{Diagnostic, Pipeline, Reading};

/// The most jobs, diagnostics and notes that a reading may carry, whatever was read.
const MAX_TOLD: usize = 101;

/// Fails where `reading` breaks a promise that holds for every text.
pub fn holds_together(text: &str, reading: &Reading) {
    let Reading { pipeline, diagnostics, .. } = reading;
    assert!(diagnostics.len() <= MAX_TOLD && pipeline.notes.len() <= MAX_TOLD);
    let lines = lines(text);
    for diagnostic in diagnostics {
        lies_inside(&lines, diagnostic);
    }
    for note in &pipeline.notes {
        assert!(!note.text.is_empty());
        assert!(note.line.is_none_or(|line| (1..=lines.len()).contains(&line)), "{note:?}");
    }
    assert!(pipeline.jobs.len() <= MAX_JOBS, "{} jobs", pipeline.jobs.len());
    let exists = |job: usize| job < pipeline.jobs.len();
    assert!(pipeline.jobs.iter().flat_map(|job| job.needs.jobs()).all(exists));
    assert!(pipeline.jobs.iter().flat_map(|job| job.exchange.takes_workspace_of.iter().copied()).all(exists));
    assert!(pipeline.stages.iter().flat_map(|stage| stage.jobs.iter().copied()).all(exists));
    if reading.is_runnable() {
        can_run(pipeline);
    }
}

/// The lines of a text as YAML counts them.
fn lines(text: &str) -> Vec<String> {
    text.replace("\r\n", "\n").split(['\n', '\r']).map(str::to_owned).collect()
}

fn lies_inside(lines: &[String], diagnostic: &Diagnostic) {
    let Diagnostic { line, column, message, .. } = diagnostic;
    assert!(!message.is_empty() && message.len() < 1000, "{message}");
    assert!((1..=lines.len()).contains(line), "{diagnostic}: there are {} lines", lines.len());
    let width = lines[line - 1].chars().count();
    // Behind the last character stands what is missing there.
    assert!((1..=width + 1).contains(column), "{diagnostic}: there are {width} columns");
}

fn can_run(pipeline: &Pipeline) {
    assert!(!pipeline.jobs.is_empty());
    let mut names = HashSet::new();
    for (at, job) in pipeline.jobs.iter().enumerate() {
        assert!(names.insert(&job.name), "{} comes twice", job.name);
        assert!(!job.image.is_empty());
        assert!(job.needs.jobs().all(|need| need < at), "{} runs before what it needs", job.name);
        assert!(job.exchange.takes_workspace_of.iter().all(|giver| *giver < at));
        // The runner's own step that makes folders comes on top.
        assert!((1..=MAX_STEPS + 1).contains(&job.steps.len()));
        let mut steps = HashSet::new();
        for step in &job.steps {
            assert!(steps.insert(&step.name), "{} comes twice in {}", step.name, job.name);
            assert!(!step.script.contains('\0'));
        }
        let nothing_after = job.steps.iter().skip_while(|step| !step.always).all(|step| step.always);
        assert!(nothing_after, "a teardown of {} is not last", job.name);
    }
}
