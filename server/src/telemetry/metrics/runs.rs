//! What is measured of the playground, as it tells it.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use regatta_domain::run::{Ending, ImageState};
use regatta_playground::observer::ENDED;
use regatta_playground::{ClusterCall, JobMeasure, Observer, RunMeasure};

use super::cluster::ClusterMetrics;

/// From a namespace on this machine to a virtual machine whose image had to be fetched.
const SETUP_SECONDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0];
/// From a single echo to a run that waited for an hour.
const RUN_SECONDS: [f64; 11] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 180.0, 600.0, 3600.0];

/// What becomes of runs and jobs.
#[derive(Clone, Debug)]
pub struct RunMetrics {
    runs: Family<RunEnded, Counter>,
    queued: Histogram,
    took: Family<RunEnded, Histogram, fn() -> Histogram>,
    jobs: Family<JobEnded, Counter>,
    phases: Family<PhaseOver, Histogram, fn() -> Histogram>,
    retries: Family<JobEnded, Counter>,
    handed_over: Family<HandedOver, Counter>,
    watchers: Gauge,
    reaped: Counter,
    cluster: ClusterMetrics,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RunEnded {
    ending: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobEnded {
    executor: String,
    ending: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PhaseOver {
    executor: String,
    image: &'static str,
    phase: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HandedOver {
    how: &'static str,
}

const ADOPTED: HandedOver = HandedOver { how: "adopted" };
const RELEASED: HandedOver = HandedOver { how: "released" };
const LEFT_BEHIND: HandedOver = HandedOver { how: "left_behind" };

impl Default for RunMetrics {
    fn default() -> Self {
        let runs = Family::default();
        for ending in Ending::ALL {
            drop(runs.get_or_create(&RunEnded { ending: ending.as_str() }));
        }
        let handed_over = Family::default();
        for how in [ADOPTED, RELEASED, LEFT_BEHIND] {
            drop(handed_over.get_or_create(&how));
        }
        Self {
            runs,
            queued: Histogram::new(RUN_SECONDS),
            took: Family::new_with_constructor(|| Histogram::new(RUN_SECONDS)),
            jobs: Family::default(),
            phases: Family::new_with_constructor(|| Histogram::new(SETUP_SECONDS)),
            retries: Family::default(),
            handed_over,
            watchers: Gauge::default(),
            reaped: Counter::default(),
            cluster: ClusterMetrics::default(),
        }
    }
}

impl RunMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        self.cluster.register(registry);
        let registry = registry.sub_registry_with_prefix("playground");
        registry.register("runs", "Runs that are over, by how they ended", self.runs.clone());
        registry.register_with_unit(
            "run_queued",
            "From the acceptance of a run until its first sandbox was asked for",
            Unit::Seconds,
            self.queued.clone(),
        );
        registry.register_with_unit(
            "run_duration",
            "From the acceptance of a run to its end, by how it ended",
            Unit::Seconds,
            self.took.clone(),
        );
        registry.register("jobs", "Jobs that are over, by executor and how they ended", self.jobs.clone());
        registry.register_with_unit(
            "job_phase",
            "Each phase of a job from asking for its sandbox to its first step, by the milestone that ended it, the executor \
             and whether the image had to be fetched; by the portal's clock",
            Unit::Seconds,
            self.phases.clone(),
        );
        registry.register(
            "job_retries",
            "Jobs that were tried again before they had begun, by executor and how it failed",
            self.retries.clone(),
        );
        registry.register(
            "runs_handed_over",
            "Runs that changed hands: adopted from another process or an earlier start, released to another, left behind and ended",
            self.handed_over.clone(),
        );
        registry.register("watchers", "People who watch runs at this process", self.watchers.clone());
        registry.register(
            "pods_reaped",
            "Pods that were deleted because nobody came back for them",
            self.reaped.clone(),
        );
    }
}

fn image_label(state: ImageState) -> &'static str {
    match state {
        ImageState::Local => "local",
        ImageState::Cached => "cached",
        ImageState::Fetched => "fetched",
    }
}

impl Observer for RunMetrics {
    fn job_ended(&self, job: &JobMeasure) {
        let executor = job.executor.clone();
        self.jobs.get_or_create(&JobEnded { executor, ending: job.ending.as_str() }).inc();
        // How long its steps take is the pipeline's own doing.
        for (phase, took) in job.phases.iter().filter(|(phase, _)| *phase != ENDED) {
            let (executor, image) = (job.executor.clone(), image_label(job.image_state));
            self.phases.get_or_create(&PhaseOver { executor, image, phase }).observe(took.as_secs_f64());
        }
    }

    fn run_ended(&self, run: &RunMeasure) {
        let ended = RunEnded { ending: run.ending.as_str() };
        self.runs.get_or_create(&ended).inc();
        self.took.get_or_create(&ended).observe(run.total.as_secs_f64());
        if let Some(queued) = run.queued {
            self.queued.observe(queued.as_secs_f64());
        }
    }

    fn job_retried(&self, executor: &str, failure: Ending) {
        let executor = executor.to_owned();
        self.retries.get_or_create(&JobEnded { executor, ending: failure.as_str() }).inc();
    }

    fn run_adopted(&self) {
        self.handed_over.get_or_create(&ADOPTED).inc();
    }

    fn run_released(&self) {
        self.handed_over.get_or_create(&RELEASED).inc();
    }

    fn run_left_behind(&self) {
        self.handed_over.get_or_create(&LEFT_BEHIND).inc();
    }

    fn watcher_came(&self) {
        self.watchers.inc();
    }

    fn watcher_left(&self) {
        self.watchers.dec();
    }

    fn pods_reaped(&self, count: u64) {
        self.reaped.inc_by(count);
    }

    fn cluster_called(&self, call: &ClusterCall) {
        self.cluster.called(call);
    }
}
