//! What can be measured of the playground, told to whoever counts it.

use std::time::Duration;

use regatta_domain::ids::RunId;
use regatta_domain::run::{Ending, ImageState, JobState, JobView, Milestone, RunState, RunView};

/// What became of a job whose sandbox was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobMeasure {
    /// The executor's name in the configuration.
    pub executor: String,
    /// Whether its image had to be fetched.
    pub image_state: ImageState,
    /// How it ended.
    pub ending: Ending,
    /// How often it was tried; at least once. The phases of several tries run into each other.
    pub attempts: u32,
    /// Its phases in order, each by the name of what ended it and with the time since the one before: the milestones after
    /// [`Milestone::Asked`] by [`Milestone::as_str`], then [`FIRST_STEP`], then [`ENDED`]. By the portal's clock.
    pub phases: Vec<(&'static str, Duration)>,
}

/// The phase that ends when a job's first step begins.
pub const FIRST_STEP: &str = "first_step";
/// The phase that ends with the job.
pub const ENDED: &str = "ended";

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunMeasure {
    /// How it ended.
    pub ending: Ending,
    /// From its acceptance until its first sandbox was asked for; `None` where none ever was.
    pub queued: Option<Duration>,
    /// From its acceptance to its end.
    pub total: Duration,
}

/// One call of a cluster's API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterCall {
    /// What was asked for, in the words of its API: `create`, `watch`, `logs` … or `version`.
    pub verb: &'static str,
    /// The status of the answer (HTTP); `None` where none came.
    pub status: Option<u16>,
    /// Until the answer began; streams go on afterwards.
    pub took: Duration,
}

/// Somebody who counts. Every method returns at once and never fails; none does anything unless it is made to.
pub trait Observer: Send + Sync {
    /// A job is over whose sandbox was asked for. Told once its run is over, by the process that ended the run.
    fn job_ended(&self, _job: &JobMeasure) {}

    /// A run is over, and that is stored.
    fn run_ended(&self, _run: &RunMeasure) {}

    /// A job is tried again, because this executor failed in this way before the job had begun.
    fn job_retried(&self, _executor: &str, _failure: Ending) {}

    /// A run that another process conducted, or this one before it was restarted, is conducted here from now on.
    fn run_adopted(&self) {}

    /// A run is left to another process, because this one goes down.
    fn run_released(&self) {}

    /// A run is ended because the process that conducted it is gone and nothing of it can be taken up.
    fn run_left_behind(&self) {}

    /// Somebody watches a run from now on.
    fn watcher_came(&self) {}

    /// Somebody who watched a run does so no longer.
    fn watcher_left(&self) {}

    /// So many pods were deleted that nobody came back for.
    fn pods_reaped(&self, _count: u64) {}

    /// A cluster's API server was asked something, and has answered, or will not.
    fn cluster_called(&self, _call: &ClusterCall) {}
}

/// Nobody counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// Tells `observer`, and the log, what a run that is over was like, and its jobs.
pub(crate) fn tell(observer: &dyn Observer, run: &RunId, told: &RunView) {
    let RunState::Ended(ending) = told.state else { return };
    tracing::info!(%run, ending = ending.as_str(), "a run is over");
    for measure in told.jobs.iter().filter_map(measure) {
        observer.job_ended(&measure);
    }
    let asked = told.jobs.iter().filter_map(|job| job.reached(Milestone::Asked)).min();
    let total = Duration::from_millis(told.at_ms);
    observer.run_ended(&RunMeasure { ending, queued: asked.map(Duration::from_millis), total });
}

fn measure(job: &JobView) -> Option<JobMeasure> {
    let JobState::Ended(ending) = job.state else { return None };
    let placement = job.placement.as_ref()?;
    let mut before = job.reached(Milestone::Asked)?;
    let began = job.steps.iter().filter_map(|step| step.started_ms).min();
    let milestones = job.milestones.iter().filter(|(milestone, _)| *milestone > Milestone::Asked);
    let reached = milestones.map(|(milestone, at_ms)| (milestone.as_str(), *at_ms));
    let later = [(FIRST_STEP, began), (ENDED, job.ended_ms)];
    let later = later.into_iter().filter_map(|(name, at_ms)| Some((name, at_ms?)));
    let phases = reached.chain(later).map(|(name, at_ms)| {
        let took = at_ms.saturating_sub(std::mem::replace(&mut before, at_ms));
        (name, Duration::from_millis(took))
    });
    Some(JobMeasure {
        executor: placement.executor.clone(),
        image_state: placement.image_state,
        ending,
        attempts: job.attempt + 1,
        phases: phases.collect(),
    })
}
