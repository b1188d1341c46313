//! A cluster, pods in it, and jobs for them.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use regatta_domain::ids::RunId;
use regatta_domain::ports::{Clock, Entropy};
use regatta_domain::run::{Milestone, Stream};
use regatta_playground::Unobserved;
use regatta_playground::executor::{JobEvent, JobOutcome, JobSpec, JobStep, Limits};
use regatta_playground::kubernetes::cluster::{Cluster, ClusterParts};
use regatta_playground::kubernetes::pods::Pods;
use regatta_playground::kubernetes::settings::ClusterSettings;
use regatta_trial_cluster::{TrialCluster, TrialOptions};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// The real time, or so much later.
struct WallClock(SignedDuration);

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "the cluster goes by the real time, too")]
    fn now(&self) -> Timestamp {
        Timestamp::now().checked_add(self.0).unwrap()
    }
}

/// Bytes that are never twice the same within a test.
struct Counting(std::sync::atomic::AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let count = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            *byte = u8::try_from(count.wrapping_mul(197) % 251).unwrap();
        }
    }
}

/// A cluster and whoever runs jobs in it.
pub struct Stage {
    pub trial: TrialCluster,
    pub pods: Arc<Pods>,
}

/// A cluster as it comes.
pub async fn stage() -> Stage {
    stage_with(TrialOptions::default()).await
}

pub async fn stage_with(options: TrialOptions) -> Stage {
    let trial = TrialCluster::start(options);
    let pods = connect(&trial).await;
    Stage { trial, pods }
}

/// A portal's connection to a cluster; each is as good as another process.
pub async fn connect(trial: &TrialCluster) -> Arc<Pods> {
    open(settings(trial), SignedDuration::ZERO).await
}

/// The connection of another portal that shares the cluster.
pub async fn connect_as(trial: &TrialCluster, instance: &str) -> Arc<Pods> {
    open(ClusterSettings { instance: Some(instance.to_owned()), ..settings(trial) }, SignedDuration::ZERO)
        .await
}

/// The connection of a portal for which so much time has passed already.
pub async fn connect_ahead(trial: &TrialCluster, time: SignedDuration) -> Arc<Pods> {
    open(settings(trial), time).await
}

async fn open(settings: ClusterSettings, ahead: SignedDuration) -> Arc<Pods> {
    let parts = ClusterParts {
        settings,
        secret: [7; 32],
        limits: limits(),
        clock: Arc::new(WallClock(ahead)),
        entropy: Arc::new(Counting(0.into())),
        observer: Arc::new(Unobserved),
    };
    Pods::start(Arc::new(Cluster::connect(parts).await.unwrap()))
}

fn settings(trial: &TrialCluster) -> ClusterSettings {
    trial.settings().unwrap()
}

fn limits() -> Limits {
    Limits { time: Duration::from_secs(20), memory_bytes: 512 << 20, ..Limits::default() }
}

/// A job of one step; each `number` is another run.
pub fn job(number: u8, script: &str) -> JobSpec {
    JobSpec {
        run: run(number),
        job: 0,
        attempt: 0,
        image: "host-tools".into(),
        environment: [].into(),
        steps: vec![JobStep { name: "one".into(), script: script.into(), ..JobStep::default() }],
        limits: limits(),
        results: vec![],
        metadata: None,
        unpack: vec![],
        pack: false,
    }
}

fn run(number: u8) -> RunId {
    let letter = |digit: u8| char::from(b'a' + digit);
    let text: String = [letter(number / 26), letter(number % 26)].into_iter().chain(['a'; 24]).collect();
    text.parse().unwrap()
}

/// A job under way, and what is heard of it.
pub struct Play {
    pub events: mpsc::Receiver<JobEvent>,
    pub cancel: CancellationToken,
    task: tokio::task::JoinHandle<JobOutcome>,
}

/// Starts a job.
pub fn play(pods: &Arc<Pods>, job: JobSpec) -> Play {
    start(pods, job, false)
}

/// Takes up a job that was left.
pub fn take_up(pods: &Arc<Pods>, job: JobSpec) -> Play {
    start(pods, job, true)
}

fn start(pods: &Arc<Pods>, job: JobSpec, left: bool) -> Play {
    let (sender, events) = mpsc::channel(1 << 12);
    let (cancel, pods) = (CancellationToken::new(), Arc::clone(pods));
    let stop = cancel.clone();
    let task = tokio::spawn(async move {
        let conclusion = if left {
            pods.take_up(&job, sender, &stop).await
        } else {
            pods.conclude(&job, sender, &stop).await
        };
        conclusion.outcome
    });
    Play { events, cancel, task }
}

impl Play {
    /// Its end, and all that was heard of it.
    pub async fn over(mut self) -> (JobOutcome, Vec<JobEvent>) {
        let mut all = Vec::new();
        let outcome = tokio::time::timeout(PATIENCE, async {
            while let Some(event) = self.events.recv().await {
                all.push(event);
            }
            self.task.await.unwrap()
        });
        let outcome = outcome.await.unwrap_or_else(|_| panic!("it goes on and on"));
        (outcome, all)
    }

    /// Returns once an event is as wanted.
    pub async fn until(&mut self, wanted: impl Fn(&JobEvent) -> bool) {
        let heard = async {
            while let Some(event) = self.events.recv().await {
                if wanted(&event) {
                    return;
                }
            }
            panic!("it is over without that");
        };
        tokio::time::timeout(PATIENCE, heard).await.unwrap();
    }

    /// Forgets the job, as a portal that goes down does.
    pub async fn abandon(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

/// What steps printed.
pub fn printed(events: &[JobEvent]) -> String {
    let bytes = events.iter().filter_map(|event| match event {
        JobEvent::Output { stream: Stream::Out, bytes, .. } => Some(bytes.clone()),
        _ => None,
    });
    String::from_utf8(bytes.flatten().collect()).unwrap()
}

/// The milestones in the order in which they were told.
pub fn milestones(events: &[JobEvent]) -> Vec<Milestone> {
    let reached = events.iter().filter_map(|event| match event {
        JobEvent::Reached(milestone) | JobEvent::Reported(milestone, _) => Some(*milestone),
        _ => None,
    });
    reached.collect()
}

/// Returns once nothing of any pod is left.
pub async fn until_clean(trial: &TrialCluster) {
    let mut versions = trial.versions();
    let clean = async {
        while !trial.pods().is_empty() || trial.processes() > 0 {
            // Processes end a little after their pod.
            let _ = tokio::time::timeout(Duration::from_millis(200), versions.changed()).await;
        }
    };
    tokio::time::timeout(PATIENCE, clean).await.unwrap();
}
