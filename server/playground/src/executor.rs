//! The border between a run and what isolates it.
//!
//! An executor runs one job at a time in a sandbox of its own and tells what happens. It never decides what a run
//! means: the [`crate::service`] does, from the [`JobOutcome`] alone. Which executor runs a job is decided by the
//! [`crate::router`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::{Manner, Outputs};
use regatta_domain::run::{Ending, ImageState, IsolationLevel, Milestone, Stream, Usage};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How jobs are kept from the machine and from each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Isolation {
    /// The executor's name in the configuration: `bubblewrap`, `gvisor`, `kubernetes`.
    pub executor: String,
    /// What it is, truthfully.
    pub level: IsolationLevel,
    /// What the start-up probe showed, one finding a line.
    pub findings: Vec<String>,
}

impl Isolation {
    /// Executor and level in a line, as it is kept with a run.
    pub fn words(&self) -> String {
        format!("{}: {}", self.executor, self.level.words())
    }
}

/// What an image's alias means to an executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageMeaning {
    /// In words: "host tools: a listed part of this machine's /usr".
    pub description: String,
    /// The tools in it with their versions.
    pub tools: Vec<Tool>,
    /// Whether it is there.
    pub state: ImageState,
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

/// One job, ready to be run: every template is filled, every alias resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSpec {
    /// The run it belongs to.
    pub run: RunId,
    /// Its place in the plan.
    pub job: usize,
    /// Counts from 0 how often it was tried; part of what the runner's end vouches for.
    pub attempt: u32,
    /// The alias of its image; the executor has a meaning for it.
    pub image: String,
    /// Variables that its steps see, beside those of the executor.
    pub environment: BTreeMap<String, String>,
    /// Its steps in order.
    pub steps: Vec<JobStep>,
    /// What it may use.
    pub limits: Limits,
    /// The names of the results that it may hand on.
    pub results: Vec<String>,
    /// The metadata that its command `meta` begins with, as JSON by first key; `None` where it has no such command.
    pub metadata: Option<Outputs>,
    /// Packed workspaces that are unpacked in its own, in this order, as [`JobOutcome::workspace`] had them.
    pub unpack: Vec<Arc<[u8]>>,
    /// Whether its workspace is packed when its steps are over.
    pub pack: bool,
}

/// One step of a [`JobSpec`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobStep {
    /// Its name.
    pub name: String,
    /// What it runs.
    pub script: String,
    /// How it runs.
    pub manner: Manner,
    /// Runs whatever became of the steps before it.
    pub always: bool,
    /// Its failure is none of the job's.
    pub tolerated: bool,
    /// Variables that this step alone sees.
    pub environment: BTreeMap<String, String>,
    /// The folder it starts in, absolute or below the workspace.
    pub directory: Option<String>,
    /// The most it may take; beyond, it is killed and its exit code is 124.
    pub timeout: Option<Duration>,
}

/// What a job tells while it runs. Steps are named by their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEvent {
    /// There is no room for its sandbox yet: for this reason, in words for the visitor that follow "it waits". Until the next
    /// event its time stands still; it ends only when it is told to.
    Waiting {
        /// Why: "for room in the cluster".
        why: String,
    },
    /// Its sandbox came one step further. [`Milestone::RunnerReady`] comes before all below.
    Reached(Milestone),
    /// The same, told by a cluster that says when it was by its own clock, to the second.
    Reported(Milestone, Timestamp),
    /// Whether the image had to be fetched, once that is known.
    Image(ImageState),
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
        /// What it used.
        usage: Option<Usage>,
    },
    /// The job hands on a value, within [`regatta_domain::pipeline::MAX_OUTPUT_BYTES`]. It comes from the steps: nobody has
    /// checked what it says.
    HandedOn {
        /// Its name.
        name: String,
        /// The value.
        value: String,
    },
}

/// How a job came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOutcome {
    /// The ending; [`Ending::Succeeded`] only from the runner's authenticated end.
    pub ending: Ending,
    /// Why, where there is more to say than the ending does.
    pub reason: Option<String>,
    /// The packed workspace of a job that succeeded, where it was asked for: bytes that only another sandbox may open.
    pub workspace: Option<Arc<[u8]>>,
}

impl JobOutcome {
    /// An outcome without a workspace.
    pub fn new(ending: Ending, reason: Option<String>) -> Self {
        Self { ending, reason, workspace: None }
    }
}

/// Runs jobs in sandboxes.
#[async_trait]
pub trait Executor: Send + Sync {
    /// How it isolates, after its probe.
    fn isolation(&self) -> &Isolation;

    /// What `alias` means here; where it is not to be had, what is, in a sentence for the visitor.
    fn image(&self, alias: &str) -> Result<&ImageMeaning, String>;

    /// The aliases it has a meaning for, for showing.
    fn images(&self) -> Vec<&str>;

    /// How much longer than its limit a job may take, because its sandbox has to be waited for.
    fn setup_time(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether its jobs live on without this process. Then dropping the future of [`Executor::run`] leaves a job to itself,
    /// and running the same job (run, place and attempt) again, here or at another process that shares this one's secret,
    /// finds it and tells all of its events from the first. What nobody comes back for ends by its deadline.
    fn outlives_portal(&self) -> bool {
        false
    }

    /// Takes up a job that has begun already, as its log says: as [`Executor::run`], and with all of its events from the
    /// first, but where nothing is left of the job none is made again, because its steps would run twice: then it ends as
    /// [`Ending::Vanished`]. The job has nothing to unpack any more. Only asked of executors whose jobs outlive the portal.
    async fn take_up(
        &self,
        _job: &JobSpec,
        _events: mpsc::Sender<JobEvent>,
        _cancel: CancellationToken,
    ) -> JobOutcome {
        let gone = "its sandbox went down with the portal that ran it";
        JobOutcome::new(Ending::Vanished, Some(gone.to_owned()))
    }

    /// Runs a job to its end and tells what happens on `events`. When `cancel` is cancelled the job is stopped within a
    /// second. When this returns, nothing of the job is left: no process, mount, control group or folder; where the
    /// system is slow to let go, what is left is followed until it is gone, and nothing of it (a user id, a group) is
    /// given to another job before. Dropping the returned future must leave nothing behind either, but see
    /// [`Executor::outlives_portal`].
    async fn run(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome;
}
