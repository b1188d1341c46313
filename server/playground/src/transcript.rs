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
    words: String,
}

/// The log of the run holds all it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogFull;

impl LogBudget {
    pub(crate) fn new(lines: usize, bytes: usize) -> Self {
        let words = format!("{} lines or {}", grouped(lines), bytes_in_words(bytes as u64));
        Self { lines: AtomicUsize::new(lines), bytes: AtomicUsize::new(bytes), words }
    }

    /// What it held at first: "40,000 lines or 4 MiB".
    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    fn spend(&self, line: &str) -> Result<(), LogFull> {
        let take = |left: &AtomicUsize, cost: usize| {
            left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(cost)).is_ok()
        };
        if take(&self.lines, 1) && take(&self.bytes, line.len() + 1) { Ok(()) } else { Err(LogFull) }
    }
}

/// A number with its thousands apart: "40,000".
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number of bytes in the largest unit in which it is whole: "4 MiB".
pub(crate) fn bytes_in_words(bytes: u64) -> String {
    const UNITS: [(u32, &str); 3] = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let whole = |(shift, _): &&(u32, &str)| bytes > 0 && bytes.trailing_zeros() >= *shift;
    UNITS
        .iter()
        .find(whole)
        .map_or_else(|| format!("{bytes} bytes"), |(shift, unit)| format!("{} {unit}", bytes >> shift))
}

/// Writes a job's events into the log and remembers what they mean for its ending.
pub(crate) struct Transcript<'a> {
    stage: &'a Stage<'a>,
    job: usize,
    steps: Vec<StepTranscript<'a>>,
    begun: bool,
    /// The log holds all it may; of what still happens only the end of steps under way is told.
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

    /// Writes an event. What cannot be (a step that does not exist, or that ends before it began) is passed over. So is
    /// what follows once the log is full: a step that then began would look as if it had nothing to say.
    pub(crate) async fn take(&mut self, event: JobEvent) -> Result<(), LogFull> {
        match event {
            // A job is told to run from its first step on.
            JobEvent::Ready => {}
            JobEvent::StepStarted { .. } | JobEvent::Output { .. } if self.full => return Err(LogFull),
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

    /// Whether the log holds all it may, so that something of this job is not in it.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    /// Tells in the step under way that its output goes on, but not here, because of `limit`.
    pub(crate) async fn cut_short(&mut self, limit: &str) {
        let running = |step: &StepTranscript<'_>| matches!(step.progress, Progress::Running { .. });
        let Some(step) = self.steps.iter().position(running) else { return };
        // A full log has its last line already.
        if !self.full && self.flush(step).await.is_ok() {
            self.write_last_line(step, limit).await;
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
                let limit = format!("a run may write {}", self.stage.budget.words());
                self.write_last_line(step, &limit).await;
                return Err(full);
            }
            self.stage.pen.tell(RunFact::Line { job: self.job, step, stream, text }).await;
        }
        Ok(())
    }

    /// The one line that is not the step's own, beyond what the log may hold otherwise.
    async fn write_last_line(&mut self, step: usize, limit: &str) {
        let text = format!("The log ends here: {limit}.");
        self.stage.pen.tell(RunFact::Line { job: self.job, step, stream: Stream::Err, text }).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told_in_words() {
        assert_eq!(LogBudget::new(40_000, 4 << 20).words(), "40,000 lines or 4 MiB");
        assert_eq!(LogBudget::new(3, 1000).words(), "3 lines or 1000 bytes");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes_in_words(0), "0 bytes");
        assert_eq!(bytes_in_words(1536 << 10), "1536 KiB");
    }
}
