//! Jobs in bubblewrap: name spaces, a system call filter, limits, and a user without rights.
//!
//! - [`command`] says what a sandbox is, [`seccomp`] what it refuses, [`cgroup`] and [`watchdog`] what it may use,
//!   [`uids`] who it runs as.
//! - [`spawn`] and [`process`] make one, [`remains`] takes it away, [`job`] follows one, [`trials`] attack one before any
//!   is trusted.
//! - [`engine`] is where kinds of sandboxes differ: [`crate::gvisor`] puts its kernel inside the same walls.
//!
//! The portal never opens a path inside a sandbox: all it learns comes through the runner's pipe.

pub(crate) mod bubblewrap;
mod cgroup;
pub(crate) mod command;
pub(crate) mod engine;
pub(crate) mod host;
pub(crate) mod job;
mod probe;
mod process;
mod remains;
pub(crate) mod seccomp;
mod spawn;
mod status;
pub(crate) mod system;
mod tools;
pub(crate) mod trials;
mod uids;
mod watchdog;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use regatta_domain::ports::Entropy;
use regatta_domain::run::Ending;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::host::Host;
use crate::executor::{Executor, ImageMeaning, Isolation, JobEvent, JobOutcome, JobSpec};

pub use self::tools::HOST_TOOLS;
pub use self::uids::DEFAULT_BASE;

/// The static program that runs steps, as the build made it.
pub const RUNNER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/regatta-runner"));

/// What an executor on this machine needs to know.
#[derive(Clone)]
pub struct SandboxConfig {
    /// The program; where there is none, the executor's own (`bwrap`, `runsc`) is looked for in `PATH`.
    pub program: Option<PathBuf>,
    /// The first of 64 user ids that sandboxes of a portal that runs as root take; see [`DEFAULT_BASE`].
    pub first_user_id: u32,
    /// Whether limits are set by control groups where that is possible.
    pub control_groups: bool,
    /// Where keys come from.
    pub entropy: Arc<dyn Entropy>,
}

/// Why there can be no sandbox on this machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}. {fix}")]
pub struct Unavailable {
    /// What is missing or does not hold; a sentence but for its capital and its full stop.
    pub reason: String,
    /// What an operator can do about it; whole sentences but for the last full stop.
    pub fix: String,
}

/// What makes of a failed trial that there can be no sandbox.
pub(crate) fn breached(reason: &str) -> Unavailable {
    let fix =
        "Pipelines stay off on this machine. See what differs from a plain Debian, or use another executor";
    Unavailable { reason: reason.to_owned(), fix: fix.to_owned() }
}

/// What makes of an error that there can be no sandbox.
pub(crate) fn broken<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> Unavailable {
    move |error| breached(&format!("{what}: {error}"))
}

/// Runs each job in a bubblewrap sandbox of its own. Exists only where [`BubblewrapExecutor::probe`] found that its
/// sandboxes hold.
pub struct BubblewrapExecutor {
    host: Arc<Host>,
    isolation: Isolation,
    host_tools: ImageMeaning,
}

impl BubblewrapExecutor {
    /// Looks for bubblewrap, attacks a sandbox of its own with it, and returns an executor only if that held.
    pub async fn probe(config: SandboxConfig) -> Result<Self, Unavailable> {
        let (host, isolation, host_tools) = probe::probe(config).await?;
        Ok(Self { host: Arc::new(host), isolation, host_tools })
    }
}

#[async_trait]
impl Executor for BubblewrapExecutor {
    fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    fn image(&self, alias: &str) -> Result<&ImageMeaning, String> {
        host_tools(alias, &self.host_tools)
    }

    fn images(&self) -> Vec<&str> {
        vec![HOST_TOOLS]
    }

    async fn run(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome {
        match self.image(&job.image) {
            Ok(_) => run(&self.host, job, events, cancel).await,
            Err(instead) => not_to_be_had(job, &instead),
        }
    }
}

/// The one image that sandboxes of this machine have, if `alias` is its name.
pub(crate) fn host_tools<'a>(alias: &str, meaning: &'a ImageMeaning) -> Result<&'a ImageMeaning, String> {
    let instead = || format!("With `image: {HOST_TOOLS}`, steps use the commands of this machine.");
    if alias == HOST_TOOLS { Ok(meaning) } else { Err(instead()) }
}

/// The outcome of a job whose image there is not.
pub(crate) fn not_to_be_had(job: &JobSpec, instead: &str) -> JobOutcome {
    let reason = format!("the image {} is not to be had. {instead}", job.image);
    JobOutcome::new(Ending::InfraError, Some(reason))
}

/// Runs a job on `host`. It is followed by a task of its own, which also cleans up when this future is dropped.
pub(crate) async fn run(
    host: &Arc<Host>,
    job: &JobSpec,
    events: mpsc::Sender<JobEvent>,
    cancel: CancellationToken,
) -> JobOutcome {
    let stop = cancel.child_token();
    let _stopped_when_dropped = stop.clone().drop_guard();
    let (host, job) = (Arc::clone(host), job.clone());
    let task = tokio::spawn(async move { job::run(&host, &job, events, &stop).await.outcome });
    task.await.unwrap_or_else(|error| {
        JobOutcome::new(Ending::InfraError, Some(format!("the job could not be followed: {error}")))
    })
}
