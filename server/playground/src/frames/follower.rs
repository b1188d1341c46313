//! Follows a job: turns its frames into events for whoever listens, and tells how far it has come.

use std::collections::VecDeque;
use std::time::Duration;

use regatta_domain::run::{Ending, Milestone, Stream, Usage};
use regatta_runner::{Body, Frame, FrameReader, OutputStream, StepResult};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::conclusion::{Cut, Report};
use crate::executor::{JobEvent, Limits};

/// Events that wait for their reader; while there are more, the job's output waits too.
const MAX_WAITING: usize = 64;
/// How much of the runner's report is read at once.
const READ: usize = 64 << 10;

/// How far a job has come, for those who look after its limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// What the sandbox's file systems hold, in bytes.
    pub held: u64,
    /// The most memory that it was seen to use, in bytes: of its processes, and of file systems, which may be in memory.
    pub memory: u64,
    /// What its kernel has of memory in all, in bytes; 0 where that was not told.
    pub memory_total: u64,
    /// Whether its kernel has killed one of its processes because there was no more memory.
    pub memory_gone: bool,
    /// Since when its runner runs at the latest: the runner's own clock says how long it does, whenever that is heard.
    pub since: Option<Instant>,
    /// How long its runner had run when that was heard which was heard last, by the runner's own clock.
    pub ran: Duration,
    /// When something of it was heard last.
    pub heard: Option<Instant>,
}

/// A job that is followed.
pub struct Follower<'a> {
    limits: &'a Limits,
    reader: FrameReader,
    events: mpsc::Sender<JobEvent>,
    waiting: VecDeque<JobEvent>,
    report: Report,
    progress: watch::Sender<Progress>,
    stops_at_end: bool,
}

impl<'a> Follower<'a> {
    /// A follower who has seen nothing yet.
    pub fn new(limits: &'a Limits, reader: FrameReader, events: mpsc::Sender<JobEvent>) -> Self {
        Self {
            limits,
            reader,
            events,
            waiting: VecDeque::new(),
            report: Report::default(),
            progress: watch::Sender::default(),
            stops_at_end: false,
        }
    }

    /// The same follower for a report whose source stays open after its end: the authentic end is the end.
    #[must_use]
    pub fn stopping_at_end(self) -> Self {
        Self { stops_at_end: true, ..self }
    }

    /// How far the job has come, as far as the runner has told.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// What the runner has reported.
    pub fn report(&mut self) -> Report {
        std::mem::take(&mut self.report)
    }

    /// Tells that the sandbox came one step further.
    pub fn reached(&mut self, milestone: Milestone) {
        self.waiting.push_back(JobEvent::Reached(milestone));
    }

    /// Follows the report until it ends, more is printed than may be or nobody listens any more.
    pub async fn follow(&mut self, output: &mut (dyn AsyncRead + Send + Unpin)) -> Cut {
        let mut buffer = vec![0; READ];
        let events = self.events.clone();
        loop {
            tokio::select! {
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
            self.go_on(&frame);
            let event = self.told(frame.body, room);
            self.waiting.extend(event);
            if length > room {
                return Some(Cut::Stopped(Ending::OutputLimit));
            }
            printed += length;
        }
        let ended = self.stops_at_end && self.report.end.is_some();
        error.map(|error| Cut::Unbelievable(error.to_string())).or_else(|| ended.then_some(Cut::Closed))
    }

    /// Tells how far a frame takes the job.
    fn go_on(&self, frame: &Frame) {
        let now = Instant::now();
        let ran = Duration::from_millis(frame.ms);
        let since = now.checked_sub(ran).unwrap_or(now);
        self.progress.send_modify(|progress| {
            progress.since = Some(progress.since.map_or(since, |before| before.min(since)));
            progress.ran = ran;
            progress.heard = Some(now);
            if let Body::Stat(stat) = &frame.body {
                progress.held = stat.held_bytes;
                let memory = stat.peak_bytes.max(stat.memory_bytes).saturating_add(stat.held_bytes);
                progress.memory = progress.memory.max(memory);
                progress.memory_total = stat.memory_total;
                progress.memory_gone |= stat.memory_kills > 0;
            }
        });
    }

    /// What a frame means to whoever listens; of output only as many bytes as there is room for.
    fn told(&mut self, body: Body, room: u64) -> Option<JobEvent> {
        match body {
            Body::Hello { wall, .. } => {
                tracing::debug!(?wall, "a runner is ready");
                Some(JobEvent::Reached(Milestone::RunnerReady))
            }
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
            Body::Stat(_) => None,
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
