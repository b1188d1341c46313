//! Pods that nobody comes back for, and who takes them away.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::{Arguments, Dialect, Pipeline};
use regatta_domain::run::{Ending, RunState, RunView};
use regatta_playground::Observer;
use regatta_playground::executor::JobEvent;
use regatta_playground::kubernetes::pods::Pods;
use regatta_playground::kubernetes::reaper::Reaper;
use regatta_store::runs::{Admission, RunEnd, RunQuota, RunStore as _, StoredRun};
use regatta_store::sqlite::SqliteStore;
use regatta_trial_cluster::TrialCluster;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::support::{connect, connect_ahead, connect_as, job, play, stage};

/// Says that it runs, and goes on for longer than anybody waits.
const LONG: &str = "echo under way; sleep 50";
/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Default)]
struct Tally(watch::Sender<u64>);

impl Tally {
    async fn comes_to(&self, count: u64) {
        let mut counted = self.0.subscribe();
        let counted = tokio::time::timeout(PATIENCE, counted.wait_for(|counted| *counted == count)).await;
        counted.unwrap().unwrap();
    }
}

impl Observer for Tally {
    fn pods_reaped(&self, count: u64) {
        self.0.send_modify(|counted| *counted += count);
    }
}

/// Runs in a store, and who reaps by it.
struct Ground {
    store: Arc<SqliteStore>,
    tally: Arc<Tally>,
    _folder: TempDir,
}

/// A reaper at work.
struct AtWork {
    shutdown: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl AtWork {
    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(folder.path().join("runs.db")).await.unwrap());
        Self { store, tally: Arc::default(), _folder: folder }
    }

    fn reap(&self, pods: &Arc<Pods>, holder: &str) -> AtWork {
        let reaper = Reaper {
            pods: Arc::clone(pods),
            runs: self.store.clone(),
            leases: self.store.clone(),
            observer: self.tally.clone(),
            holder: holder.to_owned(),
        };
        let shutdown = CancellationToken::new();
        AtWork { task: tokio::spawn(reaper.run(shutdown.clone())), shutdown }
    }

    /// A run that is under way.
    async fn begin(&self, id: &RunId, at: Timestamp) {
        let run = StoredRun {
            id: id.clone(),
            demo: None,
            edited: true,
            hidden: false,
            title: "Your own pipeline".to_owned(),
            dialect: Dialect::Screwdriver,
            source: String::new(),
            arguments: Arguments::default(),
            pipeline: Pipeline::default(),
            isolation: None,
            visitor: "nobody".to_owned(),
            state: RunState::Queued,
            accepted_at: at,
            ended_at: None,
            summary: None,
            log_deleted: false,
        };
        let quota = RunQuota { waiting: 9, unended_per_visitor: 9, recent_per_visitor: 9, since: at };
        assert_eq!(self.store.add_run(&run, &quota).await.unwrap(), Admission::Accepted);
        let hour = at.checked_add(SignedDuration::from_hours(1)).unwrap();
        assert!(self.store.take_run(id, "a portal", hour).await.unwrap().is_some());
    }

    /// A run that ended a minute before `now`.
    async fn end(&self, id: &RunId, now: Timestamp) {
        let at = now.checked_sub(SignedDuration::from_mins(1)).unwrap();
        self.begin(id, at).await;
        let summary = RunView::queued(&Pipeline::default().plan());
        let end = RunEnd { state: RunState::Ended(Ending::Cancelled), at, summary, timing: None };
        assert!(self.store.end_run(id, Some("a portal"), &end).await.unwrap());
    }
}

/// Leaves the pod of a run behind; returns its name.
async fn left_behind(pods: &Arc<Pods>, number: u8) -> String {
    let job = job(number, LONG);
    let name = regatta_playground::kubernetes::pod::name(&job.run, 0, 0);
    let mut play = play(pods, job);
    play.until(|event| matches!(event, JobEvent::Output { .. })).await;
    play.abandon().await;
    name
}

fn names(trial: &TrialCluster) -> Vec<String> {
    let mut names: Vec<String> =
        trial.pods().into_iter().map(|pod| pod.metadata.name.unwrap_or_default()).collect();
    names.sort();
    names
}

/// Returns once exactly these pods are there.
async fn until_only(trial: &TrialCluster, mut wanted: Vec<String>) {
    wanted.sort();
    let mut versions = trial.versions();
    let there = async {
        while names(trial) != wanted {
            versions.changed().await.unwrap();
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, there).await;
    assert!(in_time.is_ok(), "{:?} are there, not {wanted:?}", names(trial));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_comes_back_for_goes_and_nothing_else() {
    let stage = stage().await;
    let ground = Ground::new().await;
    let now = stage.pods.cluster().now();
    // Another portal's, whose runs this one's store has never heard of or knows to be over.
    let neighbour = connect_as(&stage.trial, "another").await;
    let over = left_behind(&stage.pods, 1).await;
    let under_way = left_behind(&stage.pods, 2).await;
    let unknown = left_behind(&stage.pods, 3).await;
    let others = [left_behind(&neighbour, 4).await, left_behind(&neighbour, 5).await];
    ground.end(&job(1, LONG).run, now).await;
    ground.begin(&job(2, LONG).run, now).await;
    ground.end(&job(4, LONG).run, now).await;
    assert!(names(&stage.trial).contains(&over));

    let calls = stage.trial.calls();
    let second = connect(&stage.trial).await;
    let [one, other] = [ground.reap(&stage.pods, "one"), ground.reap(&second, "other")];
    let stays = |more: &[&String]| others.iter().chain(more.iter().copied()).cloned().collect::<Vec<_>>();
    until_only(&stage.trial, stays(&[&under_way, &unknown])).await;
    ground.tally.comes_to(1).await;
    one.stop().await;
    other.stop().await;
    assert_eq!(stage.trial.calls().since(&calls).of("delete", "pods"), 1, "only one of them has the lease");

    // Their deadline is 60 s from when they were made.
    let late = connect_ahead(&stage.trial, SignedDuration::from_secs(70)).await;
    let heir = ground.reap(&late, "heir");
    until_only(&stage.trial, stays(&[])).await;
    ground.tally.comes_to(3).await;
    heir.stop().await;
}
