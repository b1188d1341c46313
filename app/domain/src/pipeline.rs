//! The intermediate form of a pipeline, into which every dialect is read and from which everything is shown and run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The longest text of a pipeline, in bytes.
pub const MAX_SOURCE_BYTES: usize = 64 << 10;

/// A pipeline that was read without errors. Jobs stand in an order in which each follows those it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    /// The jobs, at least one.
    pub jobs: Vec<Job>,
    /// What was ignored or simulated, so that nothing is dropped in silence.
    pub notes: Vec<Note>,
}

/// A sequence of steps that runs in one sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its name, unique in the pipeline.
    pub name: String,
    /// When it may start.
    pub needs: Needs,
    /// The alias of what it runs in; each executor says what it means there.
    pub image: String,
    /// Variables that its steps see.
    pub environment: BTreeMap<String, String>,
    /// Its steps in order, at least one.
    pub steps: Vec<Step>,
}

/// The jobs that must have succeeded before a job may start, by their place in [`Pipeline::jobs`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// All of these, unless one of `any` has.
    pub all: Vec<usize>,
    /// One of these is enough (Screwdriver's `~job`).
    pub any: Vec<usize>,
}

impl Needs {
    /// Whether it starts with the pipeline.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.any.is_empty()
    }

    /// Every job named, in order.
    pub fn jobs(&self) -> impl Iterator<Item = usize> + '_ {
        self.all.iter().chain(&self.any).copied()
    }
}

/// One command of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name, unique in the job.
    pub name: String,
    /// The shell script it runs.
    pub script: String,
    /// A teardown: runs whatever became of the steps before it.
    pub always: bool,
}

/// Something the reader of a pipeline should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The line it speaks of, from 1, where there is one.
    pub line: Option<usize>,
    /// What was done with it and why.
    pub text: String,
}

/// Why a pipeline could not be read, at its place in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct Diagnostic {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where something can be said.
    pub hint: Option<String>,
}

/// What one learns of a pipeline without its scripts: enough to draw it and to follow a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The jobs in the pipeline's order.
    pub jobs: Vec<PlannedJob>,
}

/// A job of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedJob {
    /// Its name.
    pub name: String,
    /// Its needs, by place.
    pub needs: Needs,
    /// Its image's alias.
    pub image: String,
    /// The names of its steps.
    pub steps: Vec<String>,
}

impl Pipeline {
    /// The plan of this pipeline.
    pub fn plan(&self) -> Plan {
        let planned = |job: &Job| PlannedJob {
            name: job.name.clone(),
            needs: job.needs.clone(),
            image: job.image.clone(),
            steps: job.steps.iter().map(|step| step.name.clone()).collect(),
        };
        Plan { jobs: self.jobs.iter().map(planned).collect() }
    }
}
