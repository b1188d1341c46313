//! What a job tells, as entries of its run's log.

use std::time::Duration;

use jiff::Timestamp;
use regatta_domain::run::{ImageState, JobState, Milestone, Placement, RunFact, Stream, Usage};
use tokio::time::Instant;

use crate::budget::LogFull;
use crate::conduct::{Conductor, age_ms};
use crate::exchange::Handover;
use crate::executor::{JobEvent, JobSpec, JobStep};
use crate::lines::{Line, LineAssembler, shown};
use crate::past::{JobPast, StepPast, WAITS};
use crate::router::Route;
use crate::stage::Stage;

/// The exit code of a step that was killed with its sandbox: 128 + SIGKILL.
pub(crate) const KILLED: i32 = 137;
/// The exit code of a step that was killed because its own time was over.
const OUT_OF_TIME: i32 = 124;

/// Writes a job's events into the log and remembers what they mean for its ending.
///
/// A job that is taken up tells everything from the first. What is in the log already is understood again but not told
/// again: of each step so many lines, its beginning and its end, so many values, so many milestones. Since lines are made
/// of what was printed and of nothing else, they come in the same order again, also where one was half printed when the
/// process before this one went down.
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
    /// What was told last of why it has no sandbox yet.
    waits: Option<String>,
    begun: bool,
    handover: Handover,
    /// How many values it hands on that are told already.
    outputs_told: usize,
    /// The log holds all it may; of what still happens only the end of steps under way is told.
    full: bool,
}

struct StepTranscript<'a> {
    step: &'a JobStep,
    progress: Progress,
    out: LineAssembler,
    err: LineAssembler,
    /// What is told of it already and still to be understood again.
    told: StepPast,
}

#[derive(Clone, Copy)]
enum Progress {
    Waiting,
    Running { since: Instant },
    Exited { exit: i32, took: Duration },
}

impl<'a> Transcript<'a> {
    pub(crate) fn new(stage: &'a Stage<'a>, spec: &'a JobSpec, route: &Route, past: JobPast) -> Self {
        let mut transcript = Self {
            stage,
            job: spec.job,
            attempt: spec.attempt,
            outlives: route.executor.outlives_portal(),
            isolation: route.executor.isolation().words(),
            placement: route.placement.clone(),
            steps: spec.steps.iter().map(StepTranscript::new).collect(),
            reached: past.reached,
            waits: past.waits,
            begun: past.begun,
            handover: Handover::new(spec.results.clone(), spec.metadata.clone()),
            outputs_told: past.outputs,
            full: past.full,
        };
        for (step, told) in transcript.steps.iter_mut().zip(past.steps) {
            step.told = told;
        }
        if transcript.full {
            // Nothing of it is heard again but that its step under way ends.
            transcript.go_on_with_steps();
        }
        transcript
    }

    /// The steps that are under way by the log are so, although they have not been heard of again.
    fn go_on_with_steps(&mut self) {
        for step in 0..self.steps.len() {
            let StepTranscript { told, progress, .. } = &self.steps[step];
            if told.started_ms.is_some() && !told.ended && matches!(progress, Progress::Waiting) {
                self.steps[step].progress = Progress::Running { since: self.began(step) };
            }
        }
    }

    /// The job is tried again: its new sandbox has everything before it.
    pub(crate) async fn begin_anew(&mut self, spec: &JobSpec) {
        self.attempt = spec.attempt;
        self.reached = None;
        self.waits = None;
        self.reach(Milestone::Asked, None).await;
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
        if milestone > Milestone::Asked && self.waits.take().is_some() {
            self.stage.tell(self.job, JobState::Starting, None).await;
        }
        if self.reached < Some(milestone) {
            self.reached = Some(milestone);
            tracing::debug!("{}", milestone.as_str());
            let accepted = self.stage.conductor.run.accepted_at.as_millisecond();
            let reported_ms = reported.map(|at| at.as_millisecond().saturating_sub(accepted));
            self.stage.pen.tell(RunFact::Reached { job: self.job, milestone, reported_ms }).await;
        }
    }

    /// Tells why the job has no sandbox yet, where that is news.
    async fn wait(&mut self, why: &str) {
        let reason = format!("{WAITS}{}", shown(why));
        let has_sandbox = self.begun || self.reached > Some(Milestone::Asked);
        if !has_sandbox && self.waits.as_ref() != Some(&reason) {
            self.waits = Some(reason.clone());
            self.stage.tell(self.job, JobState::Starting, Some(reason)).await;
        }
    }

    /// Tells that the image had to be fetched, or not, where that was not known before.
    async fn find_image(&mut self, image_state: ImageState) {
        if self.placement.image_state != image_state {
            self.placement.image_state = image_state;
            let (job, placement) = (self.job, self.placement.clone());
            let Self { attempt, outlives, .. } = *self;
            self.stage.pen.tell(RunFact::Placed { job, placement, attempt, outlives }).await;
        }
    }

    /// Writes what is left: unfinished lines, and the end of steps that went down with their sandbox.
    pub(crate) async fn close(&mut self) {
        self.go_on_with_steps();
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
        if !self.full && self.flush(step).await.is_ok() && !self.steps[step].told.takes_line(Stream::Err) {
            self.stage.pen.tell(self.last_line(step, limit)).await;
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
        self.steps[step].progress = Progress::Running { since: self.began(step) };
        if self.steps[step].told.started_ms.take().is_some() {
            return;
        }
        self.stage.get_under_way(&self.isolation).await;
        if !std::mem::replace(&mut self.begun, true) {
            self.stage.tell(self.job, JobState::Running, None).await;
        }
        self.stage.pen.tell(RunFact::StepStarted { job: self.job, step }).await;
    }

    /// When a step began: now, or when the log says.
    fn began(&self, step: usize) -> Instant {
        let Conductor { run, clock, .. } = self.stage.conductor;
        let told_ms = self.steps[step].told.started_ms;
        let ago_ms = told_ms.map_or(0, |told_ms| age_ms(run, &**clock).saturating_sub(told_ms));
        let now = Instant::now();
        now.checked_sub(Duration::from_millis(ago_ms)).unwrap_or(now)
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
        if !std::mem::take(&mut self.steps[step].told.ended) {
            let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            self.stage.pen.tell(RunFact::StepEnded { job: self.job, step, exit, took_ms, usage }).await;
        }
        flushed
    }

    async fn hand_on(&mut self, name: &str, value: &str) -> Result<(), LogFull> {
        if !self.handover.take(name, value) {
            return Ok(());
        }
        if let Some(left) = self.outputs_told.checked_sub(1) {
            self.outputs_told = left;
            return Ok(());
        }
        let told = (shown(name), shown(value));
        let exact = (told.0 != name || told.1 != value).then(|| (name.to_owned(), value.to_owned()));
        let fact = RunFact::Output { job: self.job, name: told.0, value: told.1, exact };
        if self.stage.budget.spend(&fact).is_err() {
            let begun = |step: &StepTranscript<'_>| !matches!(step.progress, Progress::Waiting);
            return Err(self.fill(self.steps.iter().rposition(begun).unwrap_or(0)).await);
        }
        self.stage.pen.tell(fact).await;
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
        for Line { text, spans } in lines {
            if self.steps[step].told.takes_line(stream) {
                continue;
            }
            if self.full {
                return Err(LogFull);
            }
            let fact = RunFact::Line { job: self.job, step, stream, text, spans };
            if self.stage.budget.spend(&fact).is_err() {
                return Err(self.fill(step).await);
            }
            self.stage.pen.tell(fact).await;
        }
        Ok(())
    }

    /// Tells that the log holds all it may, at `step`.
    async fn fill(&mut self, step: usize) -> LogFull {
        self.full = true;
        let words = self.stage.budget.words();
        let reason = Some(format!("the log of the run is full: {words}"));
        let running = RunFact::Job { job: self.job, state: JobState::Running, reason };
        let last = self.last_line(step, &format!("a run may write {words}"));
        // Together: of who takes the job up, nobody shall wonder whose line that is.
        self.stage.pen.tell_both(running, last).await;
        LogFull
    }

    /// The one line that is not the step's own, beyond what the log may hold otherwise.
    fn last_line(&self, step: usize, limit: &str) -> RunFact {
        let text = format!("The log ends here: {limit}.");
        RunFact::Line { job: self.job, step, stream: Stream::Err, text, spans: Vec::new() }
    }
}

impl<'a> StepTranscript<'a> {
    fn new(step: &'a JobStep) -> Self {
        Self {
            step,
            progress: Progress::Waiting,
            out: LineAssembler::default(),
            err: LineAssembler::default(),
            told: StepPast::default(),
        }
    }
}
