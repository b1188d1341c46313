//! One job from its start to its outcome, whatever its sandbox is made of: frames in, events out, limits in view.
//!
//! An executor makes a [`Sandbox`] with the runner in it and hands over its [`Pipes`]; [`run`] does the rest.
//! [`specification`] says what the runner is told, [`follower`] how its frames become events, [`conclusion`] what became
//! of the job.

pub(crate) mod conclusion;
pub(crate) mod follower;
pub(crate) mod specification;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use regatta_domain::run::{Ending, Milestone};
use regatta_runner::{FrameReader, RunKey, Walls};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use self::conclusion::{Conclusions, Cut};
use self::follower::{Follower, Progress};
use crate::executor::{JobEvent, JobOutcome, JobSpec};

/// How often limits are looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How long the reader of events may take for the last of them once the job is over.
pub const FLUSH: Duration = Duration::from_secs(5);

/// A sandbox that has been started, however it was made.
pub trait Sandbox: Send {
    /// The limit that has been reached, if one has. `held` is what the sandbox's file systems hold, in bytes, as far as
    /// the runner has told. Asked every 50 ms.
    fn exceeded(&mut self, held: u64) -> Option<Ending>;

    /// Kills what runs and takes away what is left, within a second; what does not go so soon is followed by a task that
    /// nobody waits for.
    fn close(self) -> impl Future<Output = Closed> + Send;
}

/// What came to light when a sandbox was taken away.
#[derive(Debug, Default)]
pub struct Closed {
    /// What its maker or the runner complained of. It may name places of this machine: for operators only.
    pub complaint: String,
    /// The limit that was seen to have been reached.
    pub exceeded: Option<Ending>,
}

/// The runner's end of its pipes.
pub struct Pipes {
    /// Where its specification goes.
    pub input: Box<dyn AsyncWrite + Send + Unpin>,
    /// Where its frames come from, each once.
    pub output: Box<dyn AsyncRead + Send + Unpin>,
}

/// What a sandbox looks like from inside. Its paths are the sandbox's.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The shell that runs steps.
    pub shell: PathBuf,
    /// Where steps start and may write.
    pub workspace: PathBuf,
    /// Where the runner keeps what it carries from step to step; no quoting is needed for it in a shell.
    pub state: PathBuf,
    /// Every folder that steps may write to and whose file system must not become full.
    pub watched: Vec<PathBuf>,
    /// How many files each of those file systems may hold.
    pub files: u64,
    /// What the runner puts around steps itself, where the sandbox around it is none of the portal's making: see
    /// [`specification::walls`]. There it also keeps the job's limit of disk.
    pub walls: Option<Walls>,
}

/// What became of a job.
#[derive(Debug)]
pub struct Conclusion {
    /// How it ended, in words that a visitor may read.
    pub outcome: JobOutcome,
    /// What the sandbox's maker or the runner complained of. It may name places of this machine: for operators only.
    pub complaint: String,
}

/// Runs `job` in the sandbox that `start` makes, whose runner is told `key`, until it is over or `stop` is cancelled.
/// When this returns, the sandbox has been closed. Where `start` fails, its reason is one that a visitor may read.
pub async fn run<S: Sandbox>(
    job: &JobSpec,
    key: RunKey,
    layout: &Layout,
    start: impl Future<Output = Result<(S, Pipes), String>> + Send,
    events: mpsc::Sender<JobEvent>,
    stop: &CancellationToken,
) -> Conclusion {
    let deadline = Instant::now() + job.limits.time;
    let conclusions = Conclusions { job, files: layout.files };
    let specification = match specification::of(job, layout).with_key(&key) {
        Ok(bytes) => bytes,
        Err(error) => return conclusion::infra(format!("the job cannot be described: {error}")).into(),
    };
    // Nobody who listens is told by the next event.
    let _ = events.send(JobEvent::Reached(Milestone::Asked)).await;
    let (mut sandbox, pipes) = match start.await {
        Ok(started) => started,
        Err(reason) => return conclusion::infra(reason).into(),
    };
    let reader = FrameReader::new(key, specification::identity(job), job.steps.len());
    let mut follower = Follower::new(&job.limits, reader, events);
    follower.reached(Milestone::SandboxStarted);
    let progress = follower.progress();
    let Pipes { input, mut output } = pipes;
    let cut = tokio::select! {
        cut = follower.follow(&mut *output) => cut,
        ending = look_after(&mut sandbox, &progress) => Cut::Stopped(ending),
        never = hand_over(input, specification, &job.unpack) => match never {},
        () = tokio::time::sleep_until(deadline) => Cut::Stopped(Ending::TimedOut),
        () = stop.cancelled() => Cut::Stopped(Ending::Cancelled),
    };
    let held = progress.borrow().held;
    let exceeded = sandbox.exceeded(held);
    let Closed { complaint, exceeded: at_last } = sandbox.close().await;
    if !complaint.is_empty() {
        tracing::info!(run = %job.run, complaint, "a sandbox complained");
    }
    let outcome = conclusions.of(cut, exceeded.or(at_last), follower.report());
    if !follower.flush(if stop.is_cancelled() { LOOK } else { FLUSH }).await {
        tracing::warn!(run = %job.run, "the last events of a job were not taken");
    }
    Conclusion { outcome, complaint }
}

impl From<JobOutcome> for Conclusion {
    fn from(outcome: JobOutcome) -> Self {
        Self { outcome, complaint: String::new() }
    }
}

/// Ends with the limit that the sandbox has reached.
async fn look_after(sandbox: &mut impl Sandbox, progress: &watch::Receiver<Progress>) -> Ending {
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        let held = progress.borrow().held;
        if let Some(ending) = sandbox.exceeded(held) {
            return ending;
        }
    }
}

/// Gives the runner its specification and the packed workspaces, then waits for ever. A runner that takes none says by
/// its end what is wrong.
async fn hand_over(
    mut input: Box<dyn AsyncWrite + Send + Unpin>,
    specification: Vec<u8>,
    packed: &[Arc<[u8]>],
) -> Infallible {
    let pieces = std::iter::once(specification.as_slice()).chain(packed.iter().map(|packed| &packed[..]));
    for piece in pieces {
        if let Err(error) = input.write_all(piece).await {
            tracing::debug!(%error, "the runner does not take its specification");
            break;
        }
    }
    if let Err(error) = input.shutdown().await {
        tracing::debug!(%error, "the runner's input cannot be closed");
    }
    drop(input);
    std::future::pending().await
}
