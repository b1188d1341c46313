//! Conducting one run: from its turn in the queue to its final event.
//!
//! Two rules keep log and store agreed through any interruption. A run is taken by a compare-and-set before anything
//! is told of it; and its final event is written before its final state, so that a run with a final event can always
//! be settled (see [`crate::recovery`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::stream::{FuturesUnordered, StreamExt};
use regatta_domain::ports::Clock;
use regatta_domain::run::{Ending, JobState, RunFact, RunState};
use regatta_store::StoreError;
use regatta_store::runs::{RunStore, StoredRun};

use crate::executor::Executor;
use crate::graph::Graph;
use crate::job::{self, JobReport};
use crate::journal::{Journal, Pen, Place};
use crate::live::LiveRun;
use crate::settings::PlaygroundSettings;
use crate::stop::StopCause;
use crate::transcript::LogBudget;

/// What a run is conducted with.
pub(crate) struct Conductor {
    pub(crate) store: Arc<dyn RunStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Arc<PlaygroundSettings>,
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) live: Arc<LiveRun>,
    pub(crate) run: StoredRun,
}

impl Conductor {
    /// Conducts the run to its end. Where somebody else has taken it, nothing happens.
    pub(crate) async fn conduct(self) -> Result<(), StoreError> {
        let starting = RunState::Starting;
        let now = self.clock.now();
        if !self.store.change_run_state(&self.run.id, self.run.state, starting, now).await? {
            return Ok(());
        }
        let journal = Journal::open(
            Arc::clone(&self.store),
            self.run.id.clone(),
            Arc::clone(&self.live),
            Place { seq: 0, at_ms: age_ms(&self.run, &*self.clock) },
        );
        let stage = Stage::new(&self, journal.pen());
        stage.pen.tell(RunFact::Run { state: starting, reason: None }).await;
        let ((ending, reason), ()) = tokio::join!(stage.play(), self.keep_isolation());
        let reached = stage.reached();
        drop(stage);
        if self.live.stop.cause() == Some(StopCause::Superseded) {
            return journal.abandon().await;
        }
        journal.close(RunFact::Run { state: RunState::Ended(ending), reason }).await?;
        let end = RunState::Ended(ending);
        self.store.change_run_state(&self.run.id, reached, end, self.clock.now()).await?;
        Ok(())
    }

    async fn keep_isolation(&self) {
        let words = self.executor.isolation().words();
        if let Err(error) = self.store.set_run_isolation(&self.run.id, &words).await {
            tracing::warn!(run = %self.run.id, %error, "the isolation of a run cannot be stored");
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
    under_way: AtomicBool,
}

impl<'a> Stage<'a> {
    fn new(conductor: &'a Conductor, pen: Pen) -> Self {
        let budget = LogBudget::new(conductor.settings.log_lines, conductor.settings.log_bytes);
        Self { conductor, pen, budget, under_way: AtomicBool::new(false) }
    }

    /// Runs every job that can run, and tells how the run ended.
    async fn play(&self) -> (Ending, Option<String>) {
        let mut graph = Graph::new(&self.conductor.run.pipeline);
        let mut jobs = FuturesUnordered::new();
        loop {
            while let Some((job, reason)) = graph.skip_next() {
                self.tell_skipped(job, reason).await;
            }
            while self.may_start(jobs.len())
                && let Some(job) = graph.start_next()
            {
                jobs.push(async move { (job, job::conduct(self, job).await) });
            }
            let Some((job, JobReport { ending, reason })) = jobs.next().await else { break };
            graph.end(job, ending, reason);
        }
        self.leave(&graph).await
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

    /// Tells that the run is under way, the first time; `true` where [`Stage::keep_under_way`] has to follow.
    pub(crate) async fn get_under_way(&self) -> bool {
        let first = !self.under_way.swap(true, Ordering::AcqRel);
        if first {
            self.pen.tell(RunFact::Run { state: RunState::Running, reason: None }).await;
        }
        first
    }

    /// Stores that the run is under way; stops it where that is not so any more.
    pub(crate) async fn keep_under_way(&self) {
        let Conductor { store, run, clock, live, .. } = self.conductor;
        let (from, to) = (RunState::Starting, RunState::Running);
        match store.change_run_state(&run.id, from, to, clock.now()).await {
            Ok(true) => {}
            Ok(false) => live.stop.pull(StopCause::Superseded),
            Err(error) => {
                tracing::error!(run = %run.id, %error, "the state of a run cannot be stored");
                live.stop.pull(StopCause::LogLost);
            }
        }
    }

    /// The state that the store has.
    fn reached(&self) -> RunState {
        if self.under_way.load(Ordering::Acquire) { RunState::Running } else { RunState::Starting }
    }
}
