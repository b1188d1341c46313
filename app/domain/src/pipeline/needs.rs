//! When a job may start.

use serde::{Deserialize, Serialize};

/// The jobs that a job waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// All of these, unless one of `any` is met.
    pub all: Vec<Need>,
    /// One of these is enough (Screwdriver's `~job`).
    pub any: Vec<Need>,
}

/// A job that another waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Need {
    /// Its place in the pipeline.
    pub job: usize,
    /// Which end of it is good enough.
    pub accepts: Accepts,
}

/// Which end of a job is good enough for one that waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accepts {
    /// It succeeded, or its failure is tolerated.
    Success,
    /// That, or it was left out by its own conditions (Tekton's `runAfter`).
    SuccessOrLeftOut,
    /// It is over, in whatever way (Tekton's `finally`, the teardown of a stage).
    AnyEnd,
}

impl Need {
    /// The need for a job's success.
    pub fn success(job: usize) -> Self {
        Self { job, accepts: Accepts::Success }
    }

    /// The need for a job to be over.
    pub fn end(job: usize) -> Self {
        Self { job, accepts: Accepts::AnyEnd }
    }
}

impl Needs {
    /// Success of all of `all`, or of one of `any`.
    pub fn successes(all: &[usize], any: &[usize]) -> Self {
        let needs = |jobs: &[usize]| jobs.iter().copied().map(Need::success).collect();
        Self { all: needs(all), any: needs(any) }
    }

    /// Whether it starts with the pipeline.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.any.is_empty()
    }

    /// Every need, in order.
    pub fn iter(&self) -> impl Iterator<Item = Need> + '_ {
        self.all.iter().chain(&self.any).copied()
    }

    /// Every job named, in order.
    pub fn jobs(&self) -> impl Iterator<Item = usize> + '_ {
        self.iter().map(|need| need.job)
    }
}
