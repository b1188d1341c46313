//! What a job tells, as entries of its run's log.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use regatta_domain::pipeline::Step;
use regatta_domain::run::{JobState, RunFact, Stream};
use tokio::time::Instant;

use crate::conduct::Stage;
use crate::executor::JobEvent;
use crate::lines::LineAssembler;

/// The exit code of a step that was killed with its sandbox: 128 + SIGKILL.
pub(crate) const KILLED: i32 = 137;

/// What the log of a run may still hold.
pub(crate) struct LogBudget {
    lines: AtomicUsize,
    bytes: AtomicUsize,
}

/// The log of the run holds all it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogFull;

impl LogBudget {
    pub(crate) fn new(lines: usize, bytes: usize) -> Self {
        Self { lines: AtomicUsize::new(lines), bytes: AtomicUsize::new(bytes) }
    }

    fn spend(&self, line: &str) -> Result<(), LogFull> {
        let take = |left: &AtomicUsize, cost: usize| {
            left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(cost)).is_ok()
        };
        if take(&self.lines, 1) && take(&self.bytes, line.len() + 1) { Ok(()) } else { Err(LogFull) }
    }
}

/// Writes a job's events into the log and remembers what they mean for its ending.
pub(crate) struct Transcript<'a> {
    stage: &'a Stage<'a>,
    job: usize,
    steps: Vec<StepTranscript<'a>>,
    begun: bool,
    full: bool,
}

struct StepTranscript<'a> {
    name: &'a str,
    progress: Progress,
    out: LineAssembler,
    err: LineAssembler,
}

#[derive(Clone, Copy)]
enum Progress {
    Waiting,
    Running { since: Instant },
    Exited(i32),
}

impl<'a> Transcript<'a> {
    pub(crate) fn new(stage: &'a Stage<'a>, job: usize, steps: &'a [Step]) -> Self {
        let step = |step: &'a Step| StepTranscript {
            name: &step.name,
            progress: Progress::Waiting,
            out: LineAssembler::default(),
            err: LineAssembler::default(),
        };
        Self { stage, job, steps: steps.iter().map(step).collect(), begun: false, full: false }
    }

    /// Writes an event. What cannot be (a step that does not exist, or that ends before it began) is passed over, and
    /// so is output once the log is full.
    pub(crate) async fn take(&mut self, event: JobEvent) -> Result<(), LogFull> {
        match event {
            // A job is told to run from its first step on.
            JobEvent::Ready => {}
            JobEvent::StepStarted { step } => self.start(step).await,
            JobEvent::Output { step, stream, bytes } => return self.print(step, stream, &bytes).await,
            JobEvent::StepEnded { step, exit, took } => return self.end(step, exit, took).await,
        }
        Ok(())
    }

    /// Writes what is left: unfinished lines, and the end of steps that went down with their sandbox.
    pub(crate) async fn close(&mut self) {
        for step in 0..self.steps.len() {
            if let Progress::Running { since } = self.steps[step].progress {
                // A full log ends the step without its last words.
                let _ = self.end(step, KILLED, since.elapsed()).await;
            } else {
                let _ = self.flush(step).await;
            }
        }
    }

    /// Whether every step ran and ended with exit code 0.
    pub(crate) fn all_succeeded(&self) -> bool {
        self.steps.iter().all(|step| matches!(step.progress, Progress::Exited(0)))
    }

    /// In words, the first step that failed.
    pub(crate) fn first_failure(&self) -> Option<String> {
        self.steps.iter().find_map(|step| match step.progress {
            Progress::Exited(0) | Progress::Waiting | Progress::Running { .. } => None,
            Progress::Exited(exit) => Some(format!("step {} ended with exit code {exit}", step.name)),
        })
    }

    async fn start(&mut self, step: usize) {
        if !matches!(self.steps.get(step), Some(StepTranscript { progress: Progress::Waiting, .. })) {
            return;
        }
        let first_of_run = self.stage.get_under_way().await;
        if !std::mem::replace(&mut self.begun, true) {
            let fact = RunFact::Job { job: self.job, state: JobState::Running, reason: None };
            self.stage.pen.tell(fact).await;
        }
        self.steps[step].progress = Progress::Running { since: Instant::now() };
        self.stage.pen.tell(RunFact::StepStarted { job: self.job, step }).await;
        if first_of_run {
            // Only now, so that those who watch do not wait for the store a second time.
            self.stage.keep_under_way().await;
        }
    }

    async fn print(&mut self, step: usize, stream: Stream, bytes: &[u8]) -> Result<(), LogFull> {
        let Some(transcript) = self.steps.get_mut(step) else { return Ok(()) };
        if matches!(transcript.progress, Progress::Waiting) {
            return Ok(());
        }
        let lines = match stream {
            Stream::Out => transcript.out.feed(bytes),
            Stream::Err => transcript.err.feed(bytes),
        };
        self.write(step, stream, lines).await
    }

    async fn end(&mut self, step: usize, exit: i32, took: Duration) -> Result<(), LogFull> {
        if !matches!(self.steps.get(step), Some(StepTranscript { progress: Progress::Running { .. }, .. })) {
            return Ok(());
        }
        let flushed = self.flush(step).await;
        self.steps[step].progress = Progress::Exited(exit);
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.stage.pen.tell(RunFact::StepEnded { job: self.job, step, exit, took_ms }).await;
        flushed
    }

    async fn flush(&mut self, step: usize) -> Result<(), LogFull> {
        let transcript = &mut self.steps[step];
        let (out, err) = (transcript.out.finish(), transcript.err.finish());
        self.write(step, Stream::Out, out).await?;
        self.write(step, Stream::Err, err).await
    }

    async fn write(
        &mut self,
        step: usize,
        stream: Stream,
        lines: impl IntoIterator<Item = String>,
    ) -> Result<(), LogFull> {
        for text in lines {
            if self.full {
                return Err(LogFull);
            }
            if let Err(full) = self.stage.budget.spend(&text) {
                self.full = true;
                return Err(full);
            }
            self.stage.pen.tell(RunFact::Line { job: self.job, step, stream, text }).await;
        }
        Ok(())
    }
}
