//! What a job tells, as entries of its run's log.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use regatta_domain::run::{ImageState, JobState, Milestone, Placement, RunFact, Stream, Usage};
use tokio::time::Instant;

use crate::conduct::Stage;
use crate::exchange::Handover;
use crate::executor::{JobEvent, JobSpec, JobStep};
use crate::lines::{Line, LineAssembler, shown};
use crate::router::Route;

/// The exit code of a step that was killed with its sandbox: 128 + SIGKILL.
pub(crate) const KILLED: i32 = 137;
/// The exit code of a step that was killed because its own time was over.
const OUT_OF_TIME: i32 = 124;
/// What a line costs of the log's bytes for each part of it that looks different.
const SPAN_BYTES: usize = 16;

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

    fn spend(&self, line: &Line) -> Result<(), LogFull> {
        take(&self.lines, 1)?;
        self.spend_bytes(line.text.len() + 1 + SPAN_BYTES * line.spans.len())
    }

    fn spend_bytes(&self, bytes: usize) -> Result<(), LogFull> {
        take(&self.bytes, bytes)
    }
}

fn take(left: &AtomicUsize, cost: usize) -> Result<(), LogFull> {
    let taken = left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(cost));
    taken.map(|_| ()).map_err(|_| LogFull)
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
    attempt: u32,
    outlives: bool,
    /// How the job is isolated, in words.
    isolation: String,
    /// Where it runs.
    placement: Placement,
    steps: Vec<StepTranscript<'a>>,
    /// How far its sandbox came.
    reached: Option<Milestone>,
    begun: bool,
    handover: Handover,
    /// The log holds all it may; of what still happens only the end of steps under way is told.
    full: bool,
}

struct StepTranscript<'a> {
    step: &'a JobStep,
    progress: Progress,
    out: LineAssembler,
    err: LineAssembler,
}

#[derive(Clone, Copy)]
enum Progress {
    Waiting,
    Running { since: Instant },
    Exited { exit: i32, took: Duration },
}

impl<'a> Transcript<'a> {
    pub(crate) fn new(stage: &'a Stage<'a>, spec: &'a JobSpec, route: &Route) -> Self {
        let step = |step: &'a JobStep| StepTranscript {
            step,
            progress: Progress::Waiting,
            out: LineAssembler::default(),
            err: LineAssembler::default(),
        };
        Self {
            stage,
            job: spec.job,
            attempt: spec.attempt,
            outlives: route.executor.outlives_portal(),
            isolation: route.executor.isolation().words(),
            placement: route.placement.clone(),
            steps: spec.steps.iter().map(step).collect(),
            reached: None,
            begun: false,
            handover: Handover::new(spec.results.clone(), spec.metadata.clone()),
            full: false,
        }
    }

    /// Writes an event. What cannot be (a step that does not exist, or that ends before it began) is passed over. So is
    /// what follows once the log is full: a step that then began would look as if it had nothing to say.
    pub(crate) async fn take(&mut self, event: JobEvent) -> Result<(), LogFull> {
        match event {
            JobEvent::Waiting { why } => self.wait(&why).await,
            JobEvent::Reached(milestone) => self.reach(milestone, None).await,
            JobEvent::Reported(milestone, at) => self.reach(milestone, Some(at)).await,
            JobEvent::Image(state) => self.find_image(state).await,
            JobEvent::StepStarted { .. } | JobEvent::Output { .. } if self.full => return Err(LogFull),
            JobEvent::StepStarted { step } => self.start(step).await,
            JobEvent::Output { step, stream, bytes } => return self.print(step, stream, &bytes).await,
            JobEvent::StepEnded { step, exit, took, usage } => {
                return self.end(step, exit, took, usage).await;
            }
            JobEvent::HandedOn { name, value } => return self.hand_on(&name, &value).await,
        }
        Ok(())
    }

    /// Tells that the job's sandbox came so far, the first time that it does.
    pub(crate) async fn reach(&mut self, milestone: Milestone, reported: Option<Timestamp>) {
        if self.reached < Some(milestone) {
            self.reached = Some(milestone);
            let accepted = self.stage.conductor.run.accepted_at.as_millisecond();
            let reported_ms = reported.map(|at| at.as_millisecond().saturating_sub(accepted));
            self.stage.pen.tell(RunFact::Reached { job: self.job, milestone, reported_ms }).await;
        }
    }

    /// Tells why the job has no sandbox yet.
    async fn wait(&self, why: &str) {
        if !self.begun {
            let reason = Some(format!("it waits {}", shown(why)));
            self.stage.pen.tell(RunFact::Job { job: self.job, state: JobState::Starting, reason }).await;
        }
    }

    /// Tells that the image had to be fetched, or not, where that was not known before.
    async fn find_image(&mut self, image_state: ImageState) {
        if self.placement.image_state != image_state {
            self.placement.image_state = image_state;
            let placement = self.placement.clone();
            self.stage
                .pen
                .tell(RunFact::Placed {
                    job: self.job,
                    placement,
                    attempt: self.attempt,
                    outlives: self.outlives,
                })
                .await;
        }
    }

    /// Writes what is left: unfinished lines, and the end of steps that went down with their sandbox.
    pub(crate) async fn close(&mut self) {
        for step in 0..self.steps.len() {
            if let Progress::Running { since } = self.steps[step].progress {
                // A full log ends the step without its last words.
                let _ = self.end(step, KILLED, since.elapsed(), None).await;
            } else {
                let _ = self.flush(step).await;
            }
        }
    }

    /// Whether any step began.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether the log holds all it may, so that something of this job is not in it.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    /// What the job hands on.
    pub(crate) fn handover(&self) -> &Handover {
        &self.handover
    }

    /// What the job hands on, once nothing follows.
    pub(crate) fn into_handover(self) -> Handover {
        self.handover
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

    /// Whether every step ran and ended with exit code 0, or another one that is tolerated.
    pub(crate) fn all_succeeded(&self) -> bool {
        self.steps.iter().all(|step| match step.progress {
            Progress::Exited { exit, .. } => exit == 0 || step.step.tolerated,
            Progress::Waiting | Progress::Running { .. } => false,
        })
    }

    /// In words, the first step that failed.
    pub(crate) fn first_failure(&self) -> Option<String> {
        self.steps.iter().find_map(|StepTranscript { step, progress, .. }| match *progress {
            Progress::Exited { exit, took } if exit != 0 && !step.tolerated => Some(match step.timeout {
                Some(timeout) if exit == OUT_OF_TIME && took >= timeout => {
                    format!("step {} took longer than its {} s", step.name, timeout.as_secs_f32())
                }
                _ => format!("step {} ended with exit code {exit}", step.name),
            }),
            Progress::Exited { .. } | Progress::Waiting | Progress::Running { .. } => None,
        })
    }

    async fn start(&mut self, step: usize) {
        if !matches!(self.steps.get(step), Some(StepTranscript { progress: Progress::Waiting, .. })) {
            return;
        }
        self.stage.get_under_way(&self.isolation).await;
        if !std::mem::replace(&mut self.begun, true) {
            let fact = RunFact::Job { job: self.job, state: JobState::Running, reason: None };
            self.stage.pen.tell(fact).await;
        }
        self.steps[step].progress = Progress::Running { since: Instant::now() };
        self.stage.pen.tell(RunFact::StepStarted { job: self.job, step }).await;
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

    async fn end(
        &mut self,
        step: usize,
        exit: i32,
        took: Duration,
        usage: Option<Usage>,
    ) -> Result<(), LogFull> {
        if !matches!(self.steps.get(step), Some(StepTranscript { progress: Progress::Running { .. }, .. })) {
            return Ok(());
        }
        let flushed = self.flush(step).await;
        self.steps[step].progress = Progress::Exited { exit, took };
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.stage.pen.tell(RunFact::StepEnded { job: self.job, step, exit, took_ms, usage }).await;
        flushed
    }

    async fn hand_on(&mut self, name: &str, value: &str) -> Result<(), LogFull> {
        if self.handover.take(name, value) {
            let (name, value) = (shown(name), shown(value));
            if let Err(full) = self.stage.budget.spend_bytes(name.len() + value.len()) {
                self.full = true;
                return Err(full);
            }
            self.stage.pen.tell(RunFact::Output { job: self.job, name, value, exact: None }).await;
        }
        Ok(())
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
        lines: impl IntoIterator<Item = Line>,
    ) -> Result<(), LogFull> {
        for line in lines {
            if self.full {
                return Err(LogFull);
            }
            if let Err(full) = self.stage.budget.spend(&line) {
                self.full = true;
                let limit = format!("a run may write {}", self.stage.budget.words());
                self.write_last_line(step, &limit).await;
                return Err(full);
            }
            let Line { text, spans } = line;
            self.stage.pen.tell(RunFact::Line { job: self.job, step, stream, text, spans }).await;
        }
        Ok(())
    }

    /// The one line that is not the step's own, beyond what the log may hold otherwise.
    async fn write_last_line(&mut self, step: usize, limit: &str) {
        let text = format!("The log ends here: {limit}.");
        let line = RunFact::Line { job: self.job, step, stream: Stream::Err, text, spans: Vec::new() };
        self.stage.pen.tell(line).await;
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
