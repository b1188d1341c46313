//! The border between a run and what isolates it.
//!
//! An executor runs one job at a time in a sandbox of its own and tells what happens. It never decides what a run
//! means: the [`crate::service`] does, from the [`JobOutcome`] alone.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::Step;
use regatta_domain::run::{Ending, Stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How jobs are kept from the machine and from each other, in words a visitor reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Isolation {
    /// The executor's name in the configuration: `bubblewrap`.
    pub executor: String,
    /// What it is, truthfully: "process isolation, shared kernel".
    pub kind: String,
    /// What the start-up probe showed, one finding a line.
    pub findings: Vec<String>,
}

impl Isolation {
    /// Executor and kind in a line, as it is kept with a run.
    pub fn words(&self) -> String {
        format!("{}: {}", self.executor, self.kind)
    }
}

/// What an image's alias means to an executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageMeaning {
    /// In words: "host tools: a listed part of this machine's /usr".
    pub description: String,
    /// The tools in it with their versions.
    pub tools: Vec<Tool>,
}

/// A program that steps can call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its command.
    pub name: String,
    /// Its version as it tells it.
    pub version: String,
}

/// What a job may use. Reaching a limit ends the job with that limit's [`Ending`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the start of the sandbox to the end of the last step.
    pub time: Duration,
    /// Memory of all its processes and memory files together, in bytes.
    pub memory_bytes: u64,
    /// Processes and threads at once.
    pub processes: u64,
    /// The workspace, in bytes.
    pub disk_bytes: u64,
    /// What all its steps print, in bytes.
    pub output_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_mins(1),
            memory_bytes: 512 << 20,
            processes: 128,
            disk_bytes: 128 << 20,
            output_bytes: 4 << 20,
        }
    }
}

/// One job, ready to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSpec {
    /// The run it belongs to.
    pub run: RunId,
    /// Its place in the plan.
    pub job: usize,
    /// The alias of its image; the executor has a meaning for it.
    pub image: String,
    /// Variables that its steps see, beside those of the executor.
    pub environment: BTreeMap<String, String>,
    /// Its steps in order.
    pub steps: Vec<Step>,
    /// What it may use.
    pub limits: Limits,
}

/// What a job tells while it runs. Steps are named by their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEvent {
    /// The sandbox stands and the runner has said hello.
    Ready,
    /// A step began.
    StepStarted {
        /// The step.
        step: usize,
    },
    /// A step printed something; not necessarily whole lines or whole characters.
    Output {
        /// The step.
        step: usize,
        /// Where to.
        stream: Stream,
        /// What.
        bytes: Vec<u8>,
    },
    /// A step ended.
    StepEnded {
        /// The step.
        step: usize,
        /// Its exit code, 128 + n when signal n ended it.
        exit: i32,
        /// How long it ran.
        took: Duration,
    },
}

/// How a job came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOutcome {
    /// The ending; [`Ending::Succeeded`] only from the runner's authenticated end.
    pub ending: Ending,
    /// Why, where there is more to say than the ending does.
    pub reason: Option<String>,
}

/// Runs jobs in sandboxes.
#[async_trait]
pub trait Executor: Send + Sync {
    /// How it isolates, after its probe.
    fn isolation(&self) -> &Isolation;

    /// What `alias` means here; where it is not to be had, what is, in a sentence for the visitor.
    fn image(&self, alias: &str) -> Result<&ImageMeaning, String>;

    /// Runs a job to its end and tells what happens on `events`. When `cancel` is cancelled the job is stopped within a
    /// second. When this returns, nothing of the job is left: no process, mount, control group or folder; where the
    /// system is slow to let go, what is left is followed until it is gone, and nothing of it (a user id, a group) is
    /// given to another job before. Dropping the returned future must leave nothing behind either.
    async fn run(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome;
}
