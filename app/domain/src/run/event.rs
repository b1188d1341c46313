//! What a run's log tells.

use serde::{Deserialize, Serialize};

use super::state::{JobState, RunState};

/// Where a line of output was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// One entry of a run's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEvent {
    /// Its place in the log, from 1, without gaps.
    pub seq: u64,
    /// Milliseconds since the run was accepted.
    pub at_ms: u64,
    /// What happened.
    pub what: RunFact,
}

/// What an entry of a run's log tells. Jobs and steps are named by their place in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunFact {
    /// The run came to a new state.
    Run {
        /// The state.
        state: RunState,
        /// Why, where there is more to say than the state does.
        reason: Option<String>,
    },
    /// A job came to a new state.
    Job {
        /// The job.
        job: usize,
        /// The state.
        state: JobState,
        /// Why, where there is more to say than the state does.
        reason: Option<String>,
    },
    /// A step began.
    StepStarted {
        /// The job.
        job: usize,
        /// The step.
        step: usize,
    },
    /// A step printed a line.
    Line {
        /// The job.
        job: usize,
        /// The step.
        step: usize,
        /// Where it was printed to.
        stream: Stream,
        /// The line without its end, printable characters only.
        text: String,
    },
    /// A step ended.
    StepEnded {
        /// The job.
        job: usize,
        /// The step.
        step: usize,
        /// Its exit code, 128 + n when signal n ended it.
        exit: i32,
        /// How long it ran, in milliseconds.
        took_ms: u64,
    },
}
