//! Conducting one job: the executor runs it, its events become the log, its outcome is believed only where they agree.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use regatta_domain::run::{Ending, JobState, RunFact};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::conduct::Stage;
use crate::executor::{JobEvent, JobOutcome, JobSpec};
use crate::transcript::{LogBudget, LogFull, Transcript, bytes_in_words};

/// How many events an executor may be ahead of the log.
const EVENTS_AHEAD: usize = 256;

/// How a job ended, as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JobReport {
    pub(crate) ending: Ending,
    pub(crate) reason: Option<String>,
}

impl JobReport {
    fn infra(reason: &str) -> Self {
        Self { ending: Ending::InfraError, reason: Some(reason.to_owned()) }
    }
}

/// What became of the executor's work.
enum Work {
    Done(JobOutcome),
    Panicked,
    /// It neither ended in time nor stopped when told to, and was dropped.
    Stuck,
}

/// Runs job number `job` to its end.
pub(crate) async fn conduct(stage: &Stage<'_>, job: usize) -> JobReport {
    stage.pen.tell(RunFact::Job { job, state: JobState::Starting, reason: None }).await;
    let steps = &stage.conductor.run.pipeline.jobs[job].steps;
    let mut transcript = Transcript::new(stage, job, steps);
    let work = run(stage, job, &mut transcript).await;
    if matches!(&work, Work::Done(JobOutcome { ending: Ending::OutputLimit, .. })) {
        let limit = bytes_in_words(stage.conductor.settings.limits.output_bytes);
        transcript.cut_short(&format!("a job may print {limit}")).await;
    }
    transcript.close().await;
    let report = if transcript.is_full() { log_full(&stage.budget) } else { judge(stage, &transcript, work) };
    let over = JobState::Ended(report.ending);
    stage.pen.tell(RunFact::Job { job, state: over, reason: report.reason.clone() }).await;
    report
}

async fn run(stage: &Stage<'_>, job: usize, transcript: &mut Transcript<'_>) -> Work {
    let conductor = stage.conductor;
    let spec = spec(stage, job);
    if let Err(instead) = conductor.executor.image(&spec.image) {
        let reason = Some(format!("the image {} is not to be had. {instead}", spec.image));
        return Work::Done(JobOutcome { ending: Ending::InfraError, reason });
    }
    let cancel = conductor.live.stop.token();
    let (sender, mut events) = mpsc::channel(EVENTS_AHEAD);
    let work = {
        let work = conductor.executor.run(&spec, sender, cancel.clone());
        let mut work = pin!(AssertUnwindSafe(work).catch_unwind());
        let patience = patience(spec.limits.time, conductor.settings.stop_grace, &cancel);
        let mut patience = pin!(patience);
        loop {
            tokio::select! {
                biased;
                outcome = &mut work => break outcome.map_or(Work::Panicked, Work::Done),
                Some(event) = events.recv() => take(transcript, event, &cancel).await,
                () = &mut patience => break Work::Stuck,
            }
        }
    };
    // What was told before the end but not yet heard.
    events.close();
    while let Some(event) = events.recv().await {
        take(transcript, event, &cancel).await;
    }
    work
}

async fn take(transcript: &mut Transcript<'_>, event: JobEvent, cancel: &CancellationToken) {
    if let Err(LogFull) = transcript.take(event).await {
        cancel.cancel();
    }
}

fn spec(stage: &Stage<'_>, at: usize) -> JobSpec {
    let job = &stage.conductor.run.pipeline.jobs[at];
    JobSpec {
        run: stage.conductor.run.id.clone(),
        job: at,
        image: job.image.clone(),
        environment: job.environment.clone(),
        steps: job.steps.clone(),
        limits: stage.conductor.settings.limits.clone(),
    }
}

/// Ends when an executor had its time and more, or did not stop when it was told to.
async fn patience(time: Duration, grace: Duration, cancel: &CancellationToken) {
    // The executor keeps the time limit itself; twice the grace leaves it room to make and unmake its sandbox.
    let overrun = time.saturating_add(grace.saturating_mul(2));
    let _ = tokio::time::timeout(overrun, cancel.cancelled()).await;
    cancel.cancel();
    tokio::time::sleep(grace).await;
}

/// How the job ended. Once it was told to stop, only success still counts: then it was over before.
fn judge(stage: &Stage<'_>, transcript: &Transcript<'_>, work: Work) -> JobReport {
    let succeeded = matches!(&work, Work::Done(outcome) if outcome.ending == Ending::Succeeded);
    if let Some(cause) = stage.conductor.live.stop.cause()
        && !succeeded
    {
        return JobReport { ending: cause.ending(), reason: Some(cause.words().to_owned()) };
    }
    let outcome = match work {
        Work::Done(outcome) => outcome,
        Work::Panicked => return JobReport::infra("the sandbox broke down"),
        Work::Stuck => return JobReport::infra("the sandbox did not end in time and was dropped"),
    };
    match outcome.ending {
        Ending::Succeeded if !transcript.all_succeeded() => {
            JobReport::infra("the sandbox told of success, but not of every step's")
        }
        Ending::Cancelled => JobReport::infra("the sandbox stopped without being asked to"),
        Ending::Failed => {
            let reason = outcome.reason.or_else(|| transcript.first_failure());
            JobReport { ending: Ending::Failed, reason }
        }
        ending => JobReport { ending, reason: outcome.reason },
    }
}

fn log_full(budget: &LogBudget) -> JobReport {
    let reason = format!("the log of the run is full: {}", budget.words());
    JobReport { ending: Ending::OutputLimit, reason: Some(reason) }
}
