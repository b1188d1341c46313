//! Follows a job: turns its frames into events for whoever listens, while its limits are looked at.

use std::collections::VecDeque;
use std::time::Duration;

use regatta_domain::run::{Ending, Milestone, Stream, Usage};
use regatta_runner::{Body, Frame, FrameReader, OutputStream, StepResult};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::conclusion::{Cut, Report};
use super::{LOOK, Sandbox};
use crate::executor::{JobEvent, Limits};

/// Events that wait for their reader; while there are more, the job's output waits too.
const MAX_WAITING: usize = 64;
/// How much of the runner's report is read at once.
const READ: usize = 64 << 10;

/// A job that is followed.
pub struct Follower<'a> {
    limits: &'a Limits,
    reader: FrameReader,
    events: mpsc::Sender<JobEvent>,
    waiting: VecDeque<JobEvent>,
    report: Report,
    held: u64,
}

impl<'a> Follower<'a> {
    /// A follower who has seen nothing yet.
    pub fn new(limits: &'a Limits, reader: FrameReader, events: mpsc::Sender<JobEvent>) -> Self {
        Self { limits, reader, events, waiting: VecDeque::new(), report: Report::default(), held: 0 }
    }

    /// What the sandbox's file systems hold, in bytes, as far as the runner has told.
    pub fn held(&self) -> u64 {
        self.held
    }

    /// What the runner has reported.
    pub fn report(&mut self) -> Report {
        std::mem::take(&mut self.report)
    }

    /// Tells that the sandbox came one step further.
    pub fn reached(&mut self, milestone: Milestone) {
        self.waiting.push_back(JobEvent::Reached(milestone));
    }

    /// Follows the report until it ends, a limit is reached or nobody listens any more.
    pub async fn follow(
        &mut self,
        sandbox: &mut impl Sandbox,
        output: &mut (dyn AsyncRead + Send + Unpin),
    ) -> Cut {
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
            let room = self.limits.output_bytes.saturating_sub(printed);
            let event = self.told(frame.body, room);
            self.waiting.extend(event);
            if length > room {
                return Some(Cut::Stopped(Ending::OutputLimit));
            }
            printed += length;
        }
        error.map(|error| Cut::Unbelievable(error.to_string()))
    }

    /// What a frame means to whoever listens; of output only as many bytes as there is room for.
    fn told(&mut self, body: Body, room: u64) -> Option<JobEvent> {
        match body {
            Body::Hello { .. } => Some(JobEvent::Reached(Milestone::RunnerReady)),
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
            Body::StepEnd(result) => Some(ended(&result)),
            Body::Value { name, value } => Some(JobEvent::HandedOn { name, value }),
            Body::Stat(stat) => {
                self.held = stat.held_bytes;
                None
            }
            Body::Workspace { data } => {
                self.report.workspace.extend(data.0);
                None
            }
            Body::End(end) => {
                self.report.end = Some(end);
                None
            }
        }
    }

    /// Hands over what still waits, and says whether somebody took it in time.
    pub async fn flush(&mut self, patience: Duration) -> bool {
        let waiting = std::mem::take(&mut self.waiting);
        let send = async {
            for event in waiting {
                if self.events.send(event).await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(patience, send).await.is_ok()
    }
}

fn ended(result: &StepResult) -> JobEvent {
    JobEvent::StepEnded {
        step: result.step,
        exit: result.exit,
        took: Duration::from_millis(result.took_ms),
        usage: Some(Usage { cpu_ms: result.cpu_ms, peak_bytes: result.peak_bytes }),
    }
}

fn payload(frame: &Frame) -> u64 {
    match &frame.body {
        Body::Out { data, .. } => data.0.len() as u64,
        _ => 0,
    }
}
