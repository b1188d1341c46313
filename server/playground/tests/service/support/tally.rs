//! Somebody who counts what happens in a playground.

use std::sync::Mutex;

use regatta_domain::run::Ending;
use regatta_playground::{JobMeasure, Observer, RunMeasure};

/// What was counted, in words and in order.
#[derive(Default)]
pub struct Tally {
    jobs: Mutex<Vec<JobMeasure>>,
    runs: Mutex<Vec<RunMeasure>>,
    rest: Mutex<Vec<String>>,
}

impl Tally {
    pub fn jobs(&self) -> Vec<JobMeasure> {
        self.jobs.lock().unwrap().clone()
    }

    pub fn runs(&self) -> Vec<RunMeasure> {
        self.runs.lock().unwrap().clone()
    }

    /// What happened beside ends.
    pub fn rest(&self) -> Vec<String> {
        self.rest.lock().unwrap().clone()
    }

    fn note(&self, what: impl Into<String>) {
        self.rest.lock().unwrap().push(what.into());
    }
}

impl Observer for Tally {
    fn job_ended(&self, job: &JobMeasure) {
        self.jobs.lock().unwrap().push(job.clone());
    }

    fn run_ended(&self, run: &RunMeasure) {
        self.runs.lock().unwrap().push(*run);
    }

    fn job_retried(&self, executor: &str, failure: Ending) {
        self.note(format!("retried on {executor}: {}", failure.as_str()));
    }

    fn run_adopted(&self) {
        self.note("adopted");
    }

    fn run_released(&self) {
        self.note("released");
    }

    fn run_left_behind(&self) {
        self.note("left behind");
    }

    fn watcher_came(&self) {
        self.note("watcher came");
    }

    fn watcher_left(&self) {
        self.note("watcher left");
    }
}
