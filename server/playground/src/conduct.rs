//! Conducting one run: from its turn, or from where another process left it, to its final event.
//!
//! Two rules keep log and store agreed through any interruption. A run is taken by a compare-and-set before anything
//! is told of it; and its final event is written before its final state, so that a run with a final event can always
//! be settled (see [`crate::recovery`]).

use std::sync::Arc;

use regatta_domain::ports::Clock;
use regatta_domain::run::{RunFact, RunState};
use regatta_store::StoreError;
use regatta_store::runs::{RunStore, StoredRun};
use tokio::sync::oneshot;

use crate::budget::LogBudget;
use crate::holding::LiveRun;
use crate::journal::{Journal, RETRIES};
use crate::observer::{self, Observer};
use crate::past::Past;
use crate::recovery::{Conclusion, conclude, run_end};
use crate::router::Router;
use crate::settings::PlaygroundSettings;
use crate::stage::{Played, Props, Stage};
use crate::stop::StopCause;

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
    /// Conducts a run whose turn has come to its end, or leaves it to another process. When its first sandbox is asked for,
    /// `asked` hears of it.
    pub(crate) async fn conduct(self, asked: oneshot::Sender<()>) -> Result<(), StoreError> {
        let past = Past::nothing(&self.run, &self.settings);
        let journal = self.open_journal(&past);
        journal.pen().tell(RunFact::Run { state: RunState::Starting, reason: None }).await;
        let played = self.play(&journal, past, Some(asked)).await;
        self.settle(journal, played).await
    }

    /// Goes on with a run that was taken over, where that can be.
    pub(crate) async fn take_up(self) -> Result<(), StoreError> {
        let past = Past::read(&*self.store, &self.run, &self.settings).await?;
        if past.told.state.is_final() || past.obstacle().is_some() || !past.is_in_reach(&self.router) {
            // It went on, for a moment, between the look at it and its being taken over.
            let end = Conclusion::stopped(StopCause::Abandoned);
            return self.conclude(end).await;
        }
        if past.is_under_way() && self.run.state == RunState::Starting {
            self.catch_up(&past).await?;
        }
        let journal = self.open_journal(&past);
        let played = self.play(&journal, past, None).await;
        self.settle(journal, played).await
    }

    fn open_journal(&self, past: &Past<'_>) -> Journal {
        Journal::open(
            Arc::clone(&self.store),
            self.run.id.clone(),
            Arc::clone(&self.live),
            past.told.clone(),
            age_ms(&self.run, &*self.clock),
        )
    }

    async fn play(&self, journal: &Journal, past: Past<'_>, asked: Option<oneshot::Sender<()>>) -> Played {
        let PlaygroundSettings { log_lines, log_bytes, .. } = *self.settings;
        let (begun, begins) = oneshot::channel();
        let begun = (!past.is_under_way()).then_some(begun);
        let Past { graph, exchange, jobs, spent, .. } = past;
        let budget = LogBudget::new(log_lines, log_bytes).without(spent);
        let stage = Stage::new(self, Props { pen: journal.pen(), budget, exchange, begun, asked });
        let (played, ()) = tokio::join!(stage.play(graph, jobs), self.keep_under_way(begins));
        played
    }

    /// Stores how the run ended, or leaves it as it is.
    async fn settle(self, journal: Journal, played: Played) -> Result<(), StoreError> {
        let (ending, reason) = match played {
            Played::Over(..) if self.live.stop.cause() == Some(StopCause::Superseded) => {
                return self.let_go(journal).await;
            }
            Played::Over(ending, reason) => (ending, reason),
            Played::Left => return self.leave(journal).await,
        };
        let told = journal.close(RunFact::Run { state: RunState::Ended(ending), reason }).await?;
        let end = run_end(told, self.clock.now());
        if self.store.end_run(&self.run.id, Some(&self.live.holder), &end).await? {
            observer::tell(&*self.observer, &self.run.id, &end.summary);
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

    /// Stores that the run is under way, as its log says: whoever wrote that went down before this.
    async fn catch_up(&self, past: &Past<'_>) -> Result<(), StoreError> {
        let first = past.jobs.iter().find(|job| job.begun).and_then(|job| job.placement.as_ref());
        if let Some(placement) = first {
            let words = format!("{}: {}", placement.executor, placement.level.words());
            self.get_under_way(&words).await?;
        }
        Ok(())
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

    /// Leaves the run, whose jobs go on by themselves, to whoever comes first. Where it is another process's already, or
    /// over, it stays so.
    async fn leave(self, journal: Journal) -> Result<(), StoreError> {
        // What could not be stored is told again by whoever takes the run up: its jobs tell everything from the first.
        let _ = journal.abandon().await;
        if self.store.give_up_run(&self.run.id, &self.live.holder).await? {
            tracing::info!(run = %self.run.id, "a run is left for another process to take up");
            self.observer.run_released();
        }
        Ok(())
    }

    /// Leaves a run to whoever took it over. Where nobody ended it, its log tells an ending that is kept, or this one.
    async fn let_go(self, journal: Journal) -> Result<(), StoreError> {
        // What could not be stored was told elsewhere.
        let _ = journal.abandon().await;
        let end = Conclusion::stopped(StopCause::Superseded);
        match self.store.run(&self.run.id).await? {
            Some(run) if !run.state.is_final() => self.conclude(end).await,
            Some(_) | None => Ok(()),
        }
    }

    /// Ends the run without going on with it.
    async fn conclude(&self, end: Conclusion) -> Result<(), StoreError> {
        let ended = conclude(&*self.store, &*self.clock, &self.run, &self.live.holder, end).await?;
        if let Some(told) = ended {
            observer::tell(&*self.observer, &self.run.id, &told);
        }
        Ok(())
    }
}

/// Milliseconds since a run was accepted.
pub(crate) fn age_ms(run: &StoredRun, clock: &dyn Clock) -> u64 {
    let age = clock.now().as_millisecond() - run.accepted_at.as_millisecond();
    u64::try_from(age).unwrap_or(0)
}
