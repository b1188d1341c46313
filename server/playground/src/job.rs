//! Conducting one job: the executor runs it, its events become the log, its outcome is believed only where they agree.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use regatta_domain::pipeline::Job;
use regatta_domain::run::{Ending, JobState, Milestone, RunFact};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::conduct::{Conductor, Stage};
use crate::executor::{JobEvent, JobOutcome, JobSpec};
use crate::router::{NoRoute, Route};
use crate::transcript::{LogBudget, LogFull, Transcript, bytes_in_words};

/// How many events an executor may be ahead of the log.
const EVENTS_AHEAD: usize = 256;
/// What is said of an executor that failed in the middle of its work.
const BROKE_DOWN: &str = "the sandbox broke down";

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

/// Runs a job that is ready to its end.
pub(crate) async fn conduct(stage: &Stage<'_>, job: usize, mut spec: JobSpec) -> JobReport {
    tell(stage, job, JobState::Starting, None).await;
    let report = match route(stage, job) {
        Ok(route) => {
            spec.image.clone_from(&route.alias);
            conduct_on(stage, &route, &spec).await
        }
        Err(NoRoute { image, instead, .. }) => {
            JobReport::infra(&format!("the image {image} is not to be had. {instead}"))
        }
    };
    tell(stage, job, JobState::Ended(report.ending), report.reason.clone()).await;
    report
}

async fn tell(on: &Stage<'_>, job: usize, state: JobState, reason: Option<String>) {
    on.pen.tell(RunFact::Job { job, state, reason }).await;
}

fn route(stage: &Stage<'_>, job: usize) -> Result<Route, NoRoute> {
    let Conductor { router, run, .. } = stage.conductor;
    let Job { name, image, executor, .. } = &run.pipeline.jobs[job];
    router.route(name, image, executor.as_deref())
}

/// Runs a job where it was placed.
async fn conduct_on(stage: &Stage<'_>, route: &Route, spec: &JobSpec) -> JobReport {
    let job = spec.job;
    stage
        .pen
        .tell(RunFact::Placed {
            job,
            placement: route.placement.clone(),
            attempt: spec.attempt,
            outlives: route.executor.outlives_portal(),
        })
        .await;
    let mut transcript = Transcript::new(stage, spec, route);
    transcript.reach(Milestone::Asked, None).await;
    let mut work = run(stage, route, spec, &mut transcript).await;
    if let Some(failure) = failure_of_infrastructure(&work)
        && !transcript.has_begun()
        && stage.conductor.live.stop.cause().is_none()
    {
        tell(stage, job, JobState::Starting, Some(format!("tried again, because {failure}"))).await;
        let again = JobSpec { attempt: spec.attempt + 1, ..spec.clone() };
        work = run(stage, route, &again, &mut transcript).await;
    }
    if matches!(&work, Work::Done(JobOutcome { ending: Ending::OutputLimit, .. })) {
        let limit = bytes_in_words(spec.limits.output_bytes);
        transcript.cut_short(&format!("a job may print {limit}")).await;
    }
    transcript.close().await;
    settle(stage, spec, transcript, work)
}

/// Why a job is worth a second try: the infrastructure failed, for which the job is not to blame.
fn failure_of_infrastructure(work: &Work) -> Option<&str> {
    match work {
        Work::Done(JobOutcome { ending, reason, .. }) if ending.is_infrastructure() => {
            Some(reason.as_deref().unwrap_or("the sandbox failed"))
        }
        Work::Panicked => Some(BROKE_DOWN),
        // It had its time already.
        Work::Done(_) | Work::Stuck => None,
    }
}

/// How the job ended, and what of it is kept for later jobs.
fn settle(stage: &Stage<'_>, spec: &JobSpec, transcript: Transcript<'_>, mut work: Work) -> JobReport {
    let workspace = match &mut work {
        Work::Done(outcome) => outcome.workspace.take(),
        Work::Panicked | Work::Stuck => None,
    };
    let mut report =
        if transcript.is_full() { log_full(&stage.budget) } else { judge(stage, &transcript, work) };
    let mut exchange = stage.exchange();
    if report.ending == Ending::Succeeded && spec.pack {
        let kept = match workspace {
            Some(packed) => exchange.keep_workspace(spec.job, packed),
            None => Err("its workspace was not handed on".to_owned()),
        };
        if let Err(reason) = kept {
            report = JobReport { ending: Ending::Failed, reason: Some(reason) };
        }
    }
    let (outputs, knew) = transcript.into_handover().into_parts();
    exchange.keep(spec.job, outputs, knew.as_ref());
    report
}

async fn run(stage: &Stage<'_>, route: &Route, spec: &JobSpec, transcript: &mut Transcript<'_>) -> Work {
    let conductor = stage.conductor;
    let cancel = conductor.live.stop.token();
    let (sender, mut events) = mpsc::channel(EVENTS_AHEAD);
    let work = {
        let work = route.executor.run(spec, sender, cancel.clone());
        let mut work = pin!(AssertUnwindSafe(work).catch_unwind());
        let time = spec.limits.time.saturating_add(route.executor.setup_time());
        let patience = patience(time, conductor.settings.stop_grace, &cancel);
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
        Work::Panicked => return JobReport::infra(BROKE_DOWN),
        Work::Stuck => return JobReport::infra("the sandbox did not end in time and was dropped"),
    };
    match outcome.ending {
        Ending::Succeeded if !transcript.all_succeeded() => {
            JobReport::infra("the sandbox told of success, but not of every step's")
        }
        Ending::Succeeded => match transcript.handover().fault() {
            Some(fault) => JobReport { ending: Ending::Failed, reason: Some(fault.to_owned()) },
            None => JobReport { ending: Ending::Succeeded, reason: None },
        },
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
