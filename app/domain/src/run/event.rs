//! What a run's log tells.

use serde::{Deserialize, Serialize};

use super::line::Span;
use super::placement::{Milestone, Placement};
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

/// What a step used, as the runner measured it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Processor time of its processes, in milliseconds.
    pub cpu_ms: u64,
    /// The largest resident set that one of them had, in bytes.
    pub peak_bytes: u64,
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
    /// It was decided where a job runs.
    Placed {
        /// The job.
        job: usize,
        /// Where, and why there.
        placement: Placement,
        /// Which attempt at the job this is, from 0. There is another where the first sandbox failed before a step began.
        #[serde(default, skip_serializing_if = "is_first")]
        attempt: u32,
        /// Whether the job lives on when the portal goes down, so that it can be taken up again.
        #[serde(default, skip_serializing_if = "is_false")]
        outlives: bool,
    },
    /// A job's sandbox came one step further towards its first step.
    Reached {
        /// The job.
        job: usize,
        /// How far.
        milestone: Milestone,
        /// When that was by the cluster's clock, in milliseconds since the run was accepted by the portal's, where the
        /// cluster tells. It counts whole seconds, and the two clocks may differ.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reported_ms: Option<i64>,
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
        /// Which parts of it are coloured or set off; in order, without overlap.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        spans: Vec<Span>,
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
        /// What it used, where that was measured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usage: Option<Usage>,
    },
    /// A job handed on a value.
    Output {
        /// The job.
        job: usize,
        /// Its name.
        name: String,
        /// The value, at most [`crate::pipeline::MAX_OUTPUT_BYTES`]. What deceives in it and in the name is made visible.
        value: String,
        /// The name and the value exactly as they were handed on, where that is not how they are shown. Not for showing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exact: Option<(String, String)>,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_false(truth: &bool) -> bool {
    !truth
}

/// Whether an attempt is the first, which goes without saying.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
pub(super) fn is_first(attempt: &u32) -> bool {
    *attempt == 0
}

impl RunFact {
    /// Whether nothing can follow it.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Run { state, .. } if state.is_final())
    }

    /// The job it speaks of.
    pub fn job(&self) -> Option<usize> {
        match self {
            Self::Run { .. } => None,
            Self::Job { job, .. }
            | Self::Placed { job, .. }
            | Self::Reached { job, .. }
            | Self::StepStarted { job, .. }
            | Self::Line { job, .. }
            | Self::StepEnded { job, .. }
            | Self::Output { job, .. } => Some(*job),
        }
    }
}
