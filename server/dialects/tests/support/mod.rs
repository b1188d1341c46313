//! What the tests of every dialect share.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, clippy::missing_docs_in_private_items, reason = "a test fails by panicking")]

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
    for diagnostic in diagnostics {
        lies_inside(text, diagnostic);
    }
    for note in &pipeline.notes {
        assert!(!note.text.is_empty());
        assert!(note.line.is_none_or(|line| line >= 1 && line <= lines(text)), "{note:?}");
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

fn lines(text: &str) -> usize {
    text.split('\n').count()
}

fn lies_inside(text: &str, diagnostic: &Diagnostic) {
    let Diagnostic { line, column, message, .. } = diagnostic;
    assert!(!message.is_empty() && message.len() < 1000, "{message}");
    assert!((1..=lines(text)).contains(line), "{diagnostic} of {} lines", lines(text));
    let width = text.split('\n').nth(line - 1).unwrap().chars().count();
    assert!((1..=width + 1).contains(column), "{diagnostic} of {width} columns");
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
