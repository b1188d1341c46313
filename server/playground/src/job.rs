//! Conducting one job: the executor runs it, its events become the log, its outcome is believed only where they agree.

use std::panic::AssertUnwindSafe;
use std::pin::pin;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use regatta_domain::pipeline::Job;
use regatta_domain::run::{Ending, JobState, Milestone, RunFact};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::amount::bytes_in_words;
use crate::budget::{LogBudget, LogFull};
use crate::conduct::Conductor;
use crate::exchange::Handover;
use crate::executor::{JobEvent, JobOutcome, JobSpec};
use crate::past::JobPast;
use crate::patience::Patience;
use crate::router::{NoRoute, Route};
use crate::stage::Stage;
use crate::transcript::Transcript;

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

/// How a job comes to its executor.
#[derive(Clone, Copy)]
enum Manner {
    /// It is started, or found where it was started before.
    Run,
    /// It is found, or lost.
    TakeUp,
}

/// Runs a job that is ready, or goes on with one of which the `past` tells more, to its end.
#[tracing::instrument(name = "job", skip_all, fields(job = job))]
pub(crate) async fn conduct(stage: &Stage<'_>, job: usize, past: JobPast) -> JobReport {
    let Some(mut spec) = past.spec.clone() else {
        return JobReport::infra("it was never made ready");
    };
    let (report, handover) = match route(stage, job, &past) {
        Ok(route) => {
            spec.image.clone_from(&route.alias);
            let (report, handover) = conduct_on(stage, &route, &spec, past).await;
            (report, Some(handover))
        }
        Err(NoRoute { image, instead, .. }) => {
            (JobReport::infra(&format!("the image {image} is not to be had. {instead}")), None)
        }
    };
    tracing::info!(ending = report.ending.as_str(), "a job is over");
    stage.tell(job, JobState::Ended(report.ending), report.reason.clone()).await;
    // After its end is told: whoever reads the log finds what others knew of it when they were made ready.
    if let Some((outputs, knew)) = handover.map(Handover::into_parts) {
        stage.exchange().keep(job, outputs, knew.as_ref());
    }
    report
}

fn route(stage: &Stage<'_>, job: usize, past: &JobPast) -> Result<Route, NoRoute> {
    let Conductor { router, run, .. } = stage.conductor;
    let Job { name, image, executor, .. } = &run.pipeline.jobs[job];
    let back = past.placement.as_ref().and_then(|placement| router.back_to(placement, image));
    back.map_or_else(|| router.route(name, image, executor.as_deref()), Ok)
}

/// Runs a job where it was placed.
async fn conduct_on(
    stage: &Stage<'_>,
    route: &Route,
    spec: &JobSpec,
    past: JobPast,
) -> (JobReport, Handover) {
    let JobPast { begun, lacks_workspace, .. } = past;
    let is_placed = past.placement.is_some();
    tracing::info!(executor = route.placement.executor, attempt = spec.attempt, "a job begins");
    let mut transcript = Transcript::new(stage, spec, route, past);
    if !is_placed {
        stage.pen.tell(placed(route, spec)).await;
    }
    stage.place(spec.job, route.executor.outlives_portal());
    transcript.reach(Milestone::Asked, None).await;
    let manner = if begun || lacks_workspace { Manner::TakeUp } else { Manner::Run };
    let mut work = run(stage, route, spec, manner, &mut transcript).await;
    if let Some((ending, failure)) = worth_another_try(&work)
        && spec.attempt == 0
        && !transcript.has_begun()
        && !lacks_workspace
        && may_go_on(stage).await
    {
        stage.conductor.observer.job_retried(&route.placement.executor, ending);
        let again = JobSpec { attempt: spec.attempt + 1, ..spec.clone() };
        let reason = Some(format!("tried again, because {failure}"));
        let starting = RunFact::Job { job: spec.job, state: JobState::Starting, reason };
        stage.pen.tell_both(starting, placed(route, &again)).await;
        transcript.begin_anew(&again).await;
        work = run(stage, route, &again, Manner::Run, &mut transcript).await;
    }
    if matches!(&work, Work::Done(JobOutcome { ending: Ending::OutputLimit, .. })) {
        let limit = bytes_in_words(spec.limits.output_bytes);
        transcript.cut_short(&format!("a job may print {limit}")).await;
    }
    transcript.close().await;
    settle(stage, spec, transcript, work)
}

fn placed(route: &Route, spec: &JobSpec) -> RunFact {
    RunFact::Placed {
        job: spec.job,
        placement: route.placement.clone(),
        attempt: spec.attempt,
        outlives: route.executor.outlives_portal(),
    }
}

/// Whether nothing keeps a job from being tried again. Where the run is being left, this never returns: whoever takes it
/// up tries again.
async fn may_go_on(stage: &Stage<'_>) -> bool {
    let stop = &stage.conductor.live.stop;
    stop.decided().await;
    stop.cause().is_none()
}

/// Why a job is worth a second try: the infrastructure failed, for which the job is not to blame. An image that was not to
/// be had was waited for already.
fn worth_another_try(work: &Work) -> Option<(Ending, &str)> {
    match work {
        Work::Done(JobOutcome { ending: Ending::ImagePull, .. }) => None,
        Work::Done(JobOutcome { ending, reason, .. }) if ending.is_infrastructure() => {
            Some((*ending, reason.as_deref().unwrap_or("the sandbox failed")))
        }
        Work::Panicked => Some((Ending::InfraError, BROKE_DOWN)),
        // It had its time already.
        Work::Done(_) | Work::Stuck => None,
    }
}

/// How the job ended and what it hands on; its workspace is kept for later jobs.
fn settle(
    stage: &Stage<'_>,
    spec: &JobSpec,
    transcript: Transcript<'_>,
    mut work: Work,
) -> (JobReport, Handover) {
    let workspace = match &mut work {
        Work::Done(outcome) => outcome.workspace.take(),
        Work::Panicked | Work::Stuck => None,
    };
    let mut report =
        if transcript.is_full() { log_full(&stage.budget) } else { judge(stage, &transcript, work) };
    if report.ending == Ending::Succeeded && spec.pack {
        let kept = match workspace {
            Some(packed) => stage.exchange().keep_workspace(spec.job, packed),
            None => Err("its workspace was not handed on".to_owned()),
        };
        if let Err(reason) = kept {
            report = JobReport { ending: Ending::Failed, reason: Some(reason) };
        }
    }
    (report, transcript.into_handover())
}

async fn run(
    stage: &Stage<'_>,
    route: &Route,
    spec: &JobSpec,
    manner: Manner,
    transcript: &mut Transcript<'_>,
) -> Work {
    let conductor = stage.conductor;
    let cancel = conductor.live.stop.token();
    if transcript.is_full() {
        // It was being stopped for that when the process before this one went down.
        cancel.cancel();
    }
    let (sender, mut events) = mpsc::channel(EVENTS_AHEAD);
    let time = spec.limits.time.saturating_add(route.executor.setup_time());
    let mut patience = Patience::new(time, conductor.settings.stop_grace);
    let work = {
        let work: BoxFuture<'_, JobOutcome> = match manner {
            Manner::Run => route.executor.run(spec, sender, cancel.clone()),
            Manner::TakeUp => route.executor.take_up(spec, sender, cancel.clone()),
        };
        let mut work = pin!(AssertUnwindSafe(work).catch_unwind());
        loop {
            tokio::select! {
                biased;
                outcome = &mut work => break outcome.map_or(Work::Panicked, Work::Done),
                Some(event) = events.recv() => {
                    patience.heed(&event);
                    take(transcript, event, &cancel).await;
                }
                () = patience.ends(&cancel) => break Work::Stuck,
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

/// How the job ended. Once it was told to stop, only success still counts: then it was over before.
fn judge(stage: &Stage<'_>, transcript: &Transcript<'_>, work: Work) -> JobReport {
    let succeeded = matches!(&work, Work::Done(outcome) if outcome.ending == Ending::Succeeded);
    if let Some(cause) = stage.conductor.live.stop.halted_by()
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
