//! A playground on a real store, with an executor that does as it is told.

pub mod cluster;
pub mod scripted;
pub mod tally;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use jiff::{SignedDuration, Timestamp};
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::{Arguments, Dialect, Job, Needs, Pipeline, Step};
use regatta_domain::ports::{Clock, Entropy};
use regatta_domain::run::{JobState, RunEvent, RunFact, RunState};
use regatta_playground::executor::Executor;
use regatta_playground::{
    Availability, Batch, NewRun, Observer, Playground, PlaygroundParts, PlaygroundSettings, Router,
};
use regatta_store::Store;
use regatta_store::runs::{RunStore, StoredRun};
use regatta_trial_database::TrialServer;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::tally::Tally;

/// A clock that stands still until it is moved.
pub struct Hand(Mutex<Timestamp>);

impl Hand {
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(by).unwrap();
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Never the same bytes twice.
#[derive(Default)]
pub struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (at, byte) in bytes.iter_mut().rev().enumerate() {
            *byte = count.len().checked_sub(at + 1).map_or(0, |from| count[from]);
        }
    }
}

/// A playground, and what it stands on.
pub struct Ground {
    pub playground: Arc<Playground>,
    pub store: Arc<dyn Store>,
    pub clock: Arc<Hand>,
    pub entropy: Arc<Counting>,
    pub observer: Arc<Tally>,
    pub shutdown: CancellationToken,
    pub tasks: TaskTracker,
    database: Arc<Database>,
}

/// Where the database is, for as long as anybody needs it.
struct Database {
    url: String,
    _folder: TempDir,
}

impl Ground {
    pub async fn new() -> Self {
        Self::with(PlaygroundSettings::default()).await
    }

    pub async fn with(settings: PlaygroundSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("regatta.db").display());
        Self::at(url, folder, settings).await
    }

    /// As [`Ground::new`], on PostgreSQL.
    pub async fn on_postgres() -> Self {
        let url = TrialServer::shared().database().await;
        Self::at(url, tempfile::tempdir().unwrap(), PlaygroundSettings::default()).await
    }

    async fn at(url: String, folder: TempDir, settings: PlaygroundSettings) -> Self {
        let database = Arc::new(Database { url, _folder: folder });
        let store = regatta_store::open(&database.url).await.unwrap();
        let clock = Arc::new(Hand(Mutex::new("2026-11-22T12:00:00Z".parse().unwrap())));
        Self::on(database, store, clock, Arc::default(), settings)
    }

    /// A playground that starts on what this one left.
    pub fn successor(&self) -> Self {
        let settings = self.playground.settings().clone();
        let (database, store) = (Arc::clone(&self.database), Arc::clone(&self.store));
        Self::on(database, store, Arc::clone(&self.clock), Arc::clone(&self.entropy), settings)
    }

    /// Another process on the same store, with an executor of its own.
    pub fn replica(&self, executor: &Arc<impl Executor + 'static>) -> Self {
        let replica = self.successor();
        replica.ready(executor);
        replica
    }

    /// As [`Ground::successor`], with a connection to the database of its own.
    pub async fn successor_on_reopened(&self) -> Self {
        let settings = self.playground.settings().clone();
        let store = regatta_store::open(&self.database.url).await.unwrap();
        let database = Arc::clone(&self.database);
        Self::on(database, store, Arc::clone(&self.clock), Arc::clone(&self.entropy), settings)
    }

    fn on(
        database: Arc<Database>,
        store: Arc<dyn Store>,
        clock: Arc<Hand>,
        entropy: Arc<Counting>,
        settings: PlaygroundSettings,
    ) -> Self {
        let (shutdown, tasks) = (CancellationToken::new(), TaskTracker::new());
        let observer = Arc::new(Tally::default());
        let playground = Playground::start(PlaygroundParts {
            store: Arc::clone(&store) as Arc<dyn RunStore>,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            entropy: Arc::clone(&entropy) as Arc<dyn Entropy>,
            settings,
            shutdown: shutdown.clone(),
            tasks: tasks.clone(),
            observer: Arc::clone(&observer) as Arc<dyn Observer>,
        });
        Self { playground, store, clock, entropy, observer, shutdown, tasks, database }
    }

    pub fn ready(&self, executor: &Arc<impl Executor + 'static>) {
        let executor = Arc::clone(executor) as Arc<dyn Executor>;
        let router = Router::new(vec![executor], vec![], vec![]);
        self.playground.set_availability(Availability::Ready(Arc::new(router)));
    }

    /// Every event of a run, until its stream ends.
    pub async fn log(&self, id: &RunId) -> Vec<RunEvent> {
        soon(events(self.playground.subscribe(id, 0))).await
    }

    /// The log of a run in words, once it is over and that is stored.
    pub async fn story(&self, id: &RunId) -> Vec<String> {
        let log = self.log(id).await;
        assert_whole(&log);
        self.ended(id).await;
        words(&log)
    }

    /// Returns the run once its end is stored.
    pub async fn ended(&self, id: &RunId) -> StoredRun {
        self.until(id, |run| run.state.is_final()).await
    }

    /// Looks for what was left behind, as often as it takes to believe it.
    pub async fn look_often(&self) {
        for _ in 0..4 {
            self.playground.sweep().await.unwrap();
        }
    }

    /// Returns the run once it is as wanted.
    pub async fn until(&self, id: &RunId, wanted: impl Fn(&StoredRun) -> bool) -> StoredRun {
        let look = async {
            loop {
                let run = self.stored(id).await;
                if wanted(&run) {
                    return run;
                }
            }
        };
        soon(look).await
    }

    /// Accepts a run of `pipeline`.
    pub async fn submit(&self, pipeline: Pipeline) -> RunId {
        self.playground.submit(wish(pipeline, "ada")).await.unwrap()
    }

    /// The place in line.
    pub async fn position(&self, id: &RunId) -> Option<usize> {
        self.playground.turn(id).await.unwrap().map(|turn| turn.position)
    }

    pub async fn stored(&self, id: &RunId) -> StoredRun {
        self.store.run(id).await.unwrap().unwrap()
    }

    pub async fn go_down(&self) {
        self.shutdown.cancel();
        self.tasks.close();
        soon(self.tasks.wait()).await;
    }
}

/// What comes soon, or the test fails instead of hanging.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("this takes too long")
}

/// What a stream brings until it ends.
pub async fn events(stream: BoxStream<'static, Arc<Batch>>) -> Vec<RunEvent> {
    let batches: Vec<Arc<Batch>> = stream.collect().await;
    batches.iter().flat_map(|batch| batch.events.clone()).collect()
}

/// A job of two steps.
pub fn job(name: &str) -> Job {
    Job::new(name, "shell", vec![Step::new("one", "true"), Step::new("two", "true")])
}

/// A pipeline of jobs with these names, needs and alternatives, each of two steps.
pub fn pipeline(jobs: &[(&str, &[usize], &[usize])]) -> Pipeline {
    let jobs = jobs.iter().map(|(name, all, any)| Job { needs: Needs::successes(all, any), ..job(name) });
    of_jobs(jobs.collect())
}

pub fn of_jobs(jobs: Vec<Job>) -> Pipeline {
    Pipeline { jobs, ..Pipeline::default() }
}

pub fn wish(pipeline: Pipeline, visitor: &str) -> NewRun {
    NewRun {
        demo: None,
        edited: false,
        title: "A run".into(),
        dialect: Dialect::Screwdriver,
        source: "jobs: {}".into(),
        pipeline,
        arguments: Arguments::default(),
        visitor: visitor.into(),
    }
}

/// A wish for a run of a single job.
pub fn single(visitor: &str) -> NewRun {
    wish(pipeline(&[("build", &[], &[])]), visitor)
}

/// A log in words, one line an event.
pub fn words(log: &[RunEvent]) -> Vec<String> {
    let because =
        |reason: &Option<String>| reason.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
    let told = |event: &RunEvent| match &event.what {
        RunFact::Run { state, reason } => format!("run {}{}", state.as_str(), because(reason)),
        RunFact::Job { job, state, reason } => format!("{job} {}{}", state.as_str(), because(reason)),
        RunFact::Placed { job, placement, attempt: 0, .. } => format!("{job} on {}", placement.executor),
        RunFact::Placed { job, placement, attempt, .. } => {
            format!("{job} on {} (attempt {attempt})", placement.executor)
        }
        RunFact::Reached { job, milestone, .. } => format!("{job} {milestone:?}"),
        RunFact::StepStarted { job, step } => format!("{job}.{step} started"),
        RunFact::Line { job, step, stream, text, .. } => format!("{job}.{step} {stream:?} {text}"),
        RunFact::StepEnded { job, step, exit, .. } => format!("{job}.{step} exit {exit}"),
        RunFact::Output { job, name, value, .. } => format!("{job} handed on {name}={value}"),
    };
    log.iter().map(told).collect()
}

/// Fails unless the log is whole: numbered from 1 without gaps, in order of time, with one final event, at its end.
pub fn assert_whole(log: &[RunEvent]) {
    let numbers: Vec<u64> = log.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=log.len() as u64).collect::<Vec<_>>());
    assert!(log.is_sorted_by_key(|event| event.at_ms));
    let mut finals =
        log.iter().map(|event| matches!(event.what, RunFact::Run { state: RunState::Ended(_), .. }));
    assert_eq!(finals.clone().filter(|is_final| *is_final).count(), 1, "{:?}", words(log));
    assert_eq!(finals.next_back(), Some(true));
}

/// The place of a job's entry into `state` in the log.
pub fn entered(log: &[RunEvent], job: usize, state: JobState) -> usize {
    let is = |event: &RunEvent| matches!(&event.what, RunFact::Job { job: j, state: s, .. } if *j == job && *s == state);
    log.iter().position(is).unwrap_or_else(|| panic!("job {job} never became {state:?}: {:?}", words(log)))
}
