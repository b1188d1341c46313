//! Conducting one run: from its turn to its final event.
//!
//! Two rules keep log and store agreed through any interruption. A run is taken by a compare-and-set before anything
//! is told of it; and its final event is written before its final state, so that a run with a final event can always
//! be settled (see [`crate::recovery`]).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream::{FuturesUnordered, StreamExt};
use regatta_domain::ports::Clock;
use regatta_domain::run::{Ending, JobState, RunFact, RunState, RunView};
use regatta_store::StoreError;
use regatta_store::runs::{RunStore, StoredRun};
use tokio::sync::oneshot;

use crate::exchange::Exchange;
use crate::executor::JobSpec;
use crate::graph::Graph;
use crate::holding::LiveRun;
use crate::job::{self, JobReport};
use crate::journal::{Journal, Pen, RETRIES};
use crate::observer::{self, Observer};
use crate::recovery::{Conclusion, conclude, run_end};
use crate::router::Router;
use crate::settings::PlaygroundSettings;
use crate::spec::{self, Unready};
use crate::stop::StopCause;
use crate::transcript::LogBudget;

/// What a run is conducted with. The run is held already.
pub(crate) struct Conductor {
    pub(crate) store: Arc<dyn RunStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Arc<PlaygroundSettings>,
    pub(crate) router: Arc<Router>,
    pub(crate) live: Arc<LiveRun>,
    pub(crate) run: StoredRun,
    pub(crate) observer: Arc<dyn Observer>,
}

impl Conductor {
    /// Conducts the run to its end.
    pub(crate) async fn conduct(self) -> Result<(), StoreError> {
        let journal = Journal::open(
            Arc::clone(&self.store),
            self.run.id.clone(),
            Arc::clone(&self.live),
            RunView::queued(&self.run.pipeline.plan()),
            age_ms(&self.run, &*self.clock),
        );
        let (begun, begins) = oneshot::channel();
        let stage = Stage::new(&self, journal.pen(), begun);
        stage.pen.tell(RunFact::Run { state: RunState::Starting, reason: None }).await;
        let ((ending, reason), ()) = tokio::join!(stage.play(), self.keep_under_way(begins));
        drop(stage);
        if self.live.stop.cause() == Some(StopCause::Superseded) {
            return self.let_go(journal).await;
        }
        let told = journal.close(RunFact::Run { state: RunState::Ended(ending), reason }).await?;
        let end = run_end(told, self.clock.now());
        if self.store.end_run(&self.run.id, Some(&self.live.holder), &end).await? {
            observer::tell(&*self.observer, &end.summary);
        }
        Ok(())
    }

    /// Stores that the run is under way as soon as its first step begins, while those who watch know already; stops it
    /// where that is not so any more.
    async fn keep_under_way(&self, begins: oneshot::Receiver<String>) {
        // Where no step ever begins there is nothing to keep.
        let Ok(isolation) = begins.await else { return };
        match self.get_under_way(&isolation).await {
            Ok(true) => {}
            Ok(false) => self.live.stop.pull(StopCause::Superseded),
            Err(error) => {
                tracing::error!(run = %self.run.id, %error, "the state of a run cannot be stored");
                self.live.stop.pull(StopCause::LogLost);
            }
        }
    }

    /// Whether the run is stored as under way for this process; tried again where the store does not answer.
    async fn get_under_way(&self, isolation: &str) -> Result<bool, StoreError> {
        let (store, id) = (&*self.store, &self.run.id);
        let mut retries = RETRIES.iter();
        let mut tried = false;
        loop {
            match store.get_under_way(id, &self.live.holder, isolation).await {
                Ok(false) if tried => {
                    // It was stored at an earlier try, whose answer was lost; or it is somebody else's.
                    let run = store.run(id).await?;
                    return Ok(run.is_some_and(|run| run.state == RunState::Running));
                }
                Ok(stored) => return Ok(stored),
                Err(error) => {
                    let Some(pause) = retries.next() else { return Err(error) };
                    tried = true;
                    tokio::time::sleep(*pause).await;
                }
            }
        }
    }

    /// Leaves a run to whoever took it over. Where nobody ended it, its log tells an ending that is kept, or this one.
    async fn let_go(self, journal: Journal) -> Result<(), StoreError> {
        // What could not be stored was told elsewhere.
        let _ = journal.abandon().await;
        let end = Conclusion::stopped(StopCause::Superseded);
        match self.store.run(&self.run.id).await? {
            Some(run) if !run.state.is_final() => {
                conclude(&*self.store, &*self.clock, &run, &self.live.holder, end).await
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Milliseconds since a run was accepted.
pub(crate) fn age_ms(run: &StoredRun, clock: &dyn Clock) -> u64 {
    let age = clock.now().as_millisecond() - run.accepted_at.as_millisecond();
    u64::try_from(age).unwrap_or(0)
}

/// A run on stage: what its jobs share.
pub(crate) struct Stage<'a> {
    pub(crate) conductor: &'a Conductor,
    pub(crate) pen: Pen,
    pub(crate) budget: LogBudget,
    exchange: Mutex<Exchange>,
    /// Told how the run is isolated when its first step begins.
    begun: Mutex<Option<oneshot::Sender<String>>>,
}

impl<'a> Stage<'a> {
    fn new(conductor: &'a Conductor, pen: Pen, begun: oneshot::Sender<String>) -> Self {
        let PlaygroundSettings { log_lines, log_bytes, workspace_bytes, .. } = *conductor.settings;
        let exchange = Exchange::new(&conductor.run.pipeline, &conductor.run.arguments, workspace_bytes);
        Self {
            conductor,
            pen,
            budget: LogBudget::new(log_lines, log_bytes),
            exchange: Mutex::new(exchange),
            begun: Mutex::new(Some(begun)),
        }
    }

    /// Runs every job that can run, and tells how the run ended.
    async fn play(&self) -> (Ending, Option<String>) {
        let mut graph = Graph::new(&self.conductor.run.pipeline);
        let mut jobs = FuturesUnordered::new();
        loop {
            while let Some((job, spec)) = self.next_job(&mut graph, jobs.len()).await {
                jobs.push(async move { (job, job::conduct(self, job, spec).await) });
            }
            let Some((job, JobReport { ending, reason })) = jobs.next().await else { break };
            graph.end(job, ending, reason);
            self.exchange().forget_what_nobody_takes(|job| graph.is_over(job));
        }
        // No step begins any more.
        self.begun().take();
        self.leave(&graph).await
    }

    /// The next job to start, where one may; on the way there, those that never will are told.
    async fn next_job(&self, graph: &mut Graph<'_>, under_way: usize) -> Option<(usize, JobSpec)> {
        loop {
            while let Some((job, reason)) = graph.skip_next() {
                self.tell_skipped(job, reason).await;
            }
            if !self.may_start(under_way) {
                return None;
            }
            let job = graph.start_next()?;
            let ready = spec::ready(self.conductor, &self.exchange(), graph, job);
            match ready {
                Ok(spec) => return Some((job, spec)),
                Err(Unready::LeftOut(reason)) => {
                    graph.leave_out(job);
                    self.tell_skipped(job, reason).await;
                }
                Err(Unready::Skipped(reason)) => {
                    graph.skip(job);
                    self.tell_skipped(job, reason).await;
                }
                Err(Unready::Failed(reason)) => {
                    graph.end(job, Ending::Failed, Some(reason.clone()));
                    let state = JobState::Ended(Ending::Failed);
                    self.pen.tell(RunFact::Job { job, state, reason: Some(reason) }).await;
                }
            }
        }
    }

    fn may_start(&self, under_way: usize) -> bool {
        under_way < self.conductor.settings.jobs_per_run.max(1) && self.conductor.live.stop.cause().is_none()
    }

    /// Tells what became of jobs that never had their turn, and how the run ended.
    async fn leave(&self, graph: &Graph<'_>) -> (Ending, Option<String>) {
        let stopped = self.conductor.live.stop.cause();
        let words = stopped.map_or("the jobs it needs wait for it", StopCause::words);
        let mut complete = true;
        for job in graph.waiting() {
            self.tell_skipped(job, words.to_owned()).await;
            complete = false;
        }
        let (ending, reason) = graph.ending();
        match stopped {
            // A run that was complete before it could be stopped ends as it would have anyway.
            Some(cause) if !complete || ending == cause.ending() => (cause.ending(), cause.reason()),
            None if !complete => {
                (Ending::InfraError, Some("some of its jobs wait for each other".to_owned()))
            }
            Some(_) | None => (ending, reason),
        }
    }

    async fn tell_skipped(&self, job: usize, reason: String) {
        self.pen.tell(RunFact::Job { job, state: JobState::Skipped, reason: Some(reason) }).await;
    }

    /// Tells that the run is under way, the first time that a step begins.
    pub(crate) async fn get_under_way(&self, isolation: &str) {
        let begun = self.begun().take();
        if let Some(begun) = begun {
            self.pen.tell(RunFact::Run { state: RunState::Running, reason: None }).await;
            // It is kept by `Conductor::keep_under_way`, which waits for it as long as the play goes on.
            let _ = begun.send(isolation.to_owned());
        }
    }

    /// What its jobs hand to each other.
    pub(crate) fn exchange(&self) -> MutexGuard<'_, Exchange> {
        // No code runs under this lock that could break off half-way.
        self.exchange.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begun(&self) -> MutexGuard<'_, Option<oneshot::Sender<String>>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
