//! One job from its start to its outcome: frames in, events out, limits in view.

use std::collections::VecDeque;
use std::time::Duration;

use regatta_domain::pipeline::Step;
use regatta_domain::run::{Ending, Stream};
use regatta_runner::frame::{self, End, Frame};
use regatta_runner::{Body, FrameReader, OutputStream, Spec, SpecStep, Stop};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::ChildStdin;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::command::{SHARED_MEMORY, STATE, TEMPORARY, WORKSPACE};
use super::host::Host;
use super::process::{Closed, Pipes, Sandbox};
use crate::executor::{JobEvent, JobOutcome, JobSpec};

/// How often limits are looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Events that wait for their reader; while there are more, the job's output waits too.
const MAX_WAITING: usize = 64;
/// How much of the runner's report is read at once.
const READ: usize = 64 << 10;
/// How long the reader of events may take for the last of them once the job is over.
const FLUSH: Duration = Duration::from_secs(5);

/// How many files each of a job's file systems may hold.
const MAX_FILES: u64 = 65_536;

/// What became of a job.
pub struct Conclusion {
    /// How it ended, in words that a visitor may read.
    pub outcome: JobOutcome,
    /// What bubblewrap or the runner complained of. It may name places of this machine: for operators only.
    pub complaint: String,
}

/// Why following a job ended.
enum Cut {
    /// The runner's pipe is closed.
    Closed,
    /// A limit was reached or somebody stopped it.
    Stopped(Ending),
    /// What came cannot be believed.
    Unbelievable(String),
}

/// A job that is followed.
struct Follower<'a> {
    job: &'a JobSpec,
    reader: FrameReader,
    events: mpsc::Sender<JobEvent>,
    waiting: VecDeque<JobEvent>,
    end: Option<End>,
    /// What the sandbox's file systems hold, in bytes, as far as the runner has told.
    held: u64,
}

/// Runs `job` in a sandbox of its own until it is over or `stop` is cancelled. Nothing of it runs afterwards; what the
/// kernel takes long to free is followed by a task.
pub async fn run(
    host: &Host,
    job: &JobSpec,
    events: mpsc::Sender<JobEvent>,
    stop: &CancellationToken,
) -> Conclusion {
    let deadline = Instant::now() + job.limits.time;
    let key = host.new_key();
    let specification = match specification(job).with_key(&key) {
        Ok(bytes) => bytes,
        Err(error) => return infra(format!("the job cannot be described: {error}")).into(),
    };
    let (mut sandbox, pipes) = match Sandbox::start(host, &job.limits).await {
        Ok(started) => started,
        Err(reason) => return infra(reason).into(),
    };
    let reader = FrameReader::new(key, &job.run.to_string(), job.job as u64);
    let mut follower = Follower { job, reader, events, waiting: VecDeque::new(), end: None, held: 0 };
    let Pipes { input, mut output } = pipes;
    let cut = tokio::select! {
        cut = follower.follow(&mut sandbox, &mut output) => cut,
        never = hand_over(input, specification) => match never {},
        () = tokio::time::sleep_until(deadline) => Cut::Stopped(Ending::TimedOut),
        () = stop.cancelled() => Cut::Stopped(Ending::Cancelled),
    };
    let exceeded = sandbox.exceeded(follower.held);
    let Closed { complaint, exceeded: at_last } = sandbox.close().await;
    if !complaint.is_empty() {
        tracing::info!(run = %job.run, complaint, "a sandbox complained");
    }
    let outcome = follower.conclude(cut, exceeded.or(at_last));
    follower.flush(stop).await;
    Conclusion { outcome, complaint }
}

impl From<JobOutcome> for Conclusion {
    fn from(outcome: JobOutcome) -> Self {
        Self { outcome, complaint: String::new() }
    }
}

/// Gives the runner its specification, then waits for ever. A runner that takes none says by its end what is wrong.
async fn hand_over(mut input: ChildStdin, specification: Vec<u8>) -> std::convert::Infallible {
    if let Err(error) = input.write_all(&specification).await {
        tracing::debug!(%error, "the runner does not take its specification");
    }
    drop(input);
    std::future::pending().await
}

fn specification(job: &JobSpec) -> Spec {
    let step =
        |step: &Step| SpecStep { name: step.name.clone(), script: step.script.clone(), always: step.always };
    Spec {
        run: job.run.to_string(),
        job: job.job as u64,
        steps: job.steps.iter().map(step).collect(),
        environment: job.environment.clone(),
        shell: "/bin/sh".into(),
        workspace: WORKSPACE.into(),
        state: STATE.into(),
        watched: [WORKSPACE, TEMPORARY, SHARED_MEMORY, STATE].map(Into::into).to_vec(),
        files: Some(MAX_FILES),
        processes: Some(job.limits.processes),
    }
}

impl Follower<'_> {
    async fn follow(&mut self, sandbox: &mut Sandbox, output: &mut tokio::process::ChildStdout) -> Cut {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut buffer = vec![0; READ];
        let events = self.events.clone();
        loop {
            tokio::select! {
                _ = look.tick() => if let Some(ending) = sandbox.exceeded(self.held) {
                    return Cut::Stopped(ending);
                },
                permit = events.reserve(), if !self.waiting.is_empty() => match (permit, self.waiting.pop_front()) {
                    (Ok(permit), Some(event)) => permit.send(event),
                    // Nobody listens any more.
                    _ => return Cut::Stopped(Ending::Cancelled),
                },
                read = output.read(&mut buffer), if self.waiting.len() < MAX_WAITING => match read {
                    Ok(0) | Err(_) => return Cut::Closed,
                    Ok(read) => if let Some(cut) = self.take(&buffer[..read]) {
                        return cut;
                    },
                },
            }
        }
    }

    /// Takes in a piece of the runner's report.
    fn take(&mut self, bytes: &[u8]) -> Option<Cut> {
        let (frames, error) = self.reader.push(bytes);
        let mut printed = self.reader.output_bytes() - frames.iter().map(payload).sum::<u64>();
        for frame in frames {
            let length = payload(&frame);
            let room = self.job.limits.output_bytes.saturating_sub(printed);
            self.tell(frame, room);
            if length > room {
                return Some(Cut::Stopped(Ending::OutputLimit));
            }
            printed += length;
        }
        error.map(|error| Cut::Unbelievable(error.to_string()))
    }

    /// Turns a frame into an event; of output only as many bytes as there is room for.
    fn tell(&mut self, frame: Frame, room: u64) {
        self.waiting.extend(match frame.body {
            Body::Hello { .. } => Some(JobEvent::Ready),
            Body::StepStart { step } => Some(JobEvent::StepStarted { step }),
            Body::Out { step, stream, data } => {
                let mut bytes = data.0;
                bytes.truncate(usize::try_from(room).unwrap_or(usize::MAX));
                let stream = match stream {
                    OutputStream::Out => Stream::Out,
                    OutputStream::Err => Stream::Err,
                };
                (!bytes.is_empty()).then_some(JobEvent::Output { step, stream, bytes })
            }
            Body::StepEnd(result) => Some(JobEvent::StepEnded {
                step: result.step,
                exit: result.exit,
                took: Duration::from_millis(result.took_ms),
            }),
            Body::Stat(stat) => {
                self.held = stat.held_bytes;
                None
            }
            Body::End(end) => {
                self.end = Some(end);
                None
            }
        });
    }

    /// What became of the job. `exceeded` is the limit that was reached at last look. A job that was killed for its
    /// memory may have met any other end in consequence.
    fn conclude(&mut self, cut: Cut, exceeded: Option<Ending>) -> JobOutcome {
        match (cut, exceeded, self.end.take()) {
            (Cut::Stopped(Ending::Cancelled), ..) => reached(self.job, Ending::Cancelled),
            (_, Some(Ending::OutOfMemory), _) => reached(self.job, Ending::OutOfMemory),
            (Cut::Unbelievable(reason), ..) => {
                infra(format!("the runner's report is not to be believed: {reason}"))
            }
            (Cut::Stopped(ending), ..) | (Cut::Closed, Some(ending), _) => reached(self.job, ending),
            (Cut::Closed, None, Some(end)) => ended(self.job, &end),
            (Cut::Closed, None, None) => infra("the sandbox ended without an authentic report".to_owned()),
        }
    }

    /// Hands over what still waits, as long as somebody takes it.
    async fn flush(&mut self, stop: &CancellationToken) {
        let waiting = std::mem::take(&mut self.waiting);
        let send = async {
            for event in waiting {
                if self.events.send(event).await.is_err() {
                    return;
                }
            }
        };
        let patience = if stop.is_cancelled() { LOOK } else { FLUSH };
        if tokio::time::timeout(patience, send).await.is_err() {
            tracing::warn!(run = %self.job.run, "the last events of a job were not taken");
        }
    }
}

fn payload(frame: &Frame) -> u64 {
    match &frame.body {
        Body::Out { data, .. } => data.0.len() as u64,
        _ => 0,
    }
}

fn infra(reason: String) -> JobOutcome {
    JobOutcome { ending: Ending::InfraError, reason: Some(reason) }
}

/// The outcome of a job that was stopped from outside.
fn reached(job: &JobSpec, ending: Ending) -> JobOutcome {
    let limits = &job.limits;
    let reason = match ending {
        Ending::TimedOut => Some(format!("more than {} s", limits.time.as_secs_f32())),
        Ending::OutOfMemory => Some(format!("more than {} MiB of memory", limits.memory_bytes >> 20)),
        Ending::ProcessLimit => Some(format!("more than {} processes at once", limits.processes)),
        Ending::OutputLimit => Some(format!("more than {} KiB of output", limits.output_bytes >> 10)),
        Ending::DiskLimit => Some(format!(
            "the workspace ({} MiB) or /tmp was full, or held more than {MAX_FILES} files",
            limits.disk_bytes >> 20
        )),
        _ => None,
    };
    JobOutcome { ending, reason }
}

/// The outcome of a job whose runner reported its authentic end.
fn ended(job: &JobSpec, end: &End) -> JobOutcome {
    match end.stopped {
        Some(Stop::Disk) => return reached(job, Ending::DiskLimit),
        Some(Stop::Processes) => return reached(job, Ending::ProcessLimit),
        Some(Stop::Signal) => return infra("the runner was asked to end from outside".to_owned()),
        None => {}
    }
    if let Some(failed) = end.results.iter().find(|result| result.exit != 0) {
        let name = job.steps.get(failed.step).map_or("?", |step| step.name.as_str());
        let reason = format!("step {name} ended with exit code {}", failed.exit);
        return JobOutcome { ending: Ending::Failed, reason: Some(reason) };
    }
    if !all_ran(job, &end.results) {
        return infra("the runner left out a step without saying why".to_owned());
    }
    JobOutcome { ending: Ending::Succeeded, reason: None }
}

fn all_ran(job: &JobSpec, results: &[frame::StepResult]) -> bool {
    results.iter().map(|result| result.step).eq(0..job.steps.len())
}
