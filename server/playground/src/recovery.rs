//! Putting right what an interruption left behind, and deleting what is old.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use regatta_domain::ids::RunId;
use regatta_domain::ports::Clock;
use regatta_domain::run::{Ending, JobState, RunEvent, RunFact, RunState, RunView, StepState};
use regatta_store::StoreError;
use regatta_store::runs::{Hold, RunEnd, RunStore, StoredRun};

use crate::availability::Availability;
use crate::conduct::age_ms;
use crate::holding::held_until;
use crate::observer;
use crate::past::Past;
use crate::reading;
use crate::router::Router;
use crate::service::Playground;
use crate::settings::PlaygroundSettings;
use crate::stop::StopCause;
use crate::transcript::KILLED;

/// How long a run may wait where nothing runs, before it is told so.
const WAIT_FOR_NOTHING: SignedDuration = SignedDuration::from_mins(10);
/// How long beyond its jobs' time a run that nobody keeps is silent before its executors are waited for no longer: by then
/// what ran there is over and gone.
const WAIT_FOR_EXECUTORS: Duration = Duration::from_mins(5);

impl Playground {
    /// Takes up or ends what was under way and is nobody's any more, which takes several looks, and deletes what is old.
    /// Harmless in any number of processes.
    pub async fn sweep(self: &Arc<Self>) -> Result<(), StoreError> {
        self.look_after_lapsed().await?;
        self.turn_away_old().await?;
        let PlaygroundSettings { keep_logs, keep_edited, .. } = &*self.settings;
        let logs = self.store.delete_logs_before(self.ago(*keep_logs)).await?;
        let edited = self.store.delete_edited_before(self.ago(*keep_edited)).await?;
        if logs + edited > 0 {
            tracing::info!(logs, edited, "old logs and old runs of visitors' own texts were deleted");
        }
        Ok(())
    }

    /// Takes up or ends the runs that a process which is gone left behind.
    pub(crate) async fn look_after_lapsed(self: &Arc<Self>) -> Result<(), StoreError> {
        let live = self.live.all();
        let mut holds = self.store.holds().await?;
        for (id, live) in &live {
            if !holds.iter().any(|hold| hold.run == *id && *hold.holder == *live.holder) {
                // It stood still for long, and another process took the run for left behind; or the run is just over.
                live.stop.pull(StopCause::Superseded);
            }
        }
        holds.retain(|hold| self.live.find(&hold.run).is_none());
        let own = self.live.holders();
        for hold in self.sightings.look(holds, |hold| own.contains(hold.holder.as_str())) {
            self.look_after(&hold).await;
        }
        Ok(())
    }

    /// Takes up the runs that another process, or this one before it was restarted, left to whoever comes first.
    pub(crate) async fn take_up_given_up(self: &Arc<Self>) {
        match self.store.holds().await {
            Ok(holds) => {
                for hold in holds.iter().filter(|hold| hold.is_given_up()) {
                    self.look_after(hold).await;
                }
            }
            Err(error) => tracing::warn!(%error, "runs that were left cannot be looked for"),
        }
    }

    /// Takes a run up that nobody keeps, where that can be, or ends it. One that fails keeps nobody from the others.
    async fn look_after(self: &Arc<Self>, hold: &Hold) {
        if self.shutdown.is_cancelled() {
            return;
        }
        let looked_after = match self.prospect(hold).await {
            Ok(Prospect::GoesOn(router)) => self.take_up(hold, &router).await,
            Ok(Prospect::Waits) => Ok(()),
            Ok(Prospect::Ends(why)) => self.end_left_behind(hold, why).await,
            Err(error) => Err(error),
        };
        if let Err(error) = looked_after {
            tracing::error!(run = %hold.run, %error, "a run that was left behind cannot be looked after");
        }
    }

    /// What can become of a run that nobody keeps.
    async fn prospect(&self, hold: &Hold) -> Result<Prospect, StoreError> {
        let abandoned = || Prospect::Ends(StopCause::Abandoned.words().to_owned());
        let Some(run) = self.store.run(&hold.run).await? else { return Ok(abandoned()) };
        let past = Past::read(&*self.store, &run, &self.settings).await?;
        if past.told.state.is_final() {
            return Ok(abandoned());
        }
        if let Some(obstacle) = past.obstacle() {
            return Ok(Prospect::Ends(obstacle.words()));
        }
        let router = match self.availability() {
            // Nothing is left to run: all that is missing is to say how it ended.
            _ if past.is_complete() => Some(Arc::new(Router::new(vec![], vec![], vec![]))),
            Availability::Ready(router) if past.is_in_reach(&router) => Some(router),
            Availability::Ready(_) | Availability::Checking | Availability::Off { .. } => None,
        };
        if let Some(router) = router {
            return Ok(Prospect::GoesOn(router));
        }
        let silent = Duration::from_millis(age_ms(&run, &*self.clock).saturating_sub(past.told.at_ms));
        let patience = self.settings.limits.time.saturating_add(WAIT_FOR_EXECUTORS);
        Ok(if silent < patience { Prospect::Waits } else { abandoned() })
    }

    async fn end_left_behind(&self, hold: &Hold, why: String) -> Result<(), StoreError> {
        let holder = self.holder.for_once();
        if !self.store.take_over_run(hold, &holder, held_until(self.clock.now())).await? {
            return Ok(());
        }
        tracing::warn!(run = %hold.run, why, "a run was left behind and is ended");
        self.observer.run_left_behind();
        let Some(run) = self.store.run(&hold.run).await? else { return Ok(()) };
        let end = if self.store.asked_to_cancel(&holder).await?.is_empty() {
            Conclusion { ending: Ending::InfraError, reason: Some(why.clone()), of_jobs: why }
        } else {
            Conclusion::stopped(StopCause::Cancelled)
        };
        self.conclude(&run, &holder, end).await
    }

    async fn conclude(&self, run: &StoredRun, holder: &str, end: Conclusion) -> Result<(), StoreError> {
        if let Some(told) = conclude(&*self.store, &*self.clock, run, holder, end).await? {
            observer::tell(&*self.observer, &run.id, &told);
        }
        Ok(())
    }

    /// Ends runs that wait and will not be run, because nothing runs here.
    pub(crate) async fn turn_away(&self, runs: &[RunId], reason: &str) -> Result<(), StoreError> {
        for id in runs {
            let (holder, until) = (self.holder.for_once(), held_until(self.clock.now()));
            if let Some(run) = self.store.take_run(id, &holder, until).await? {
                let reason = format!("nothing can be run here: {reason}");
                let end =
                    Conclusion { ending: Ending::InfraError, reason: Some(reason.clone()), of_jobs: reason };
                self.conclude(&run, &holder, end).await?;
            }
        }
        Ok(())
    }

    /// Turns away what has waited for long, also for another process, where this one runs nothing.
    async fn turn_away_old(&self) -> Result<(), StoreError> {
        let Availability::Off { reason } = self.availability() else { return Ok(()) };
        let mut old = Vec::new();
        for waiting in self.store.line_up().await?.waiting {
            let run = self.store.run(&waiting.id).await?;
            let waits = run.map(|run| self.clock.now().duration_since(run.accepted_at));
            if waits.is_some_and(|waits| waits > WAIT_FOR_NOTHING) {
                old.push(waiting.id);
            }
        }
        self.turn_away(&old, &reason).await
    }

    fn ago(&self, time: Duration) -> Timestamp {
        let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
        self.clock.now().checked_sub(time).unwrap_or(Timestamp::MIN)
    }
}

/// What can become of a run that nobody keeps.
enum Prospect {
    /// It goes on here, on these executors.
    GoesOn(Arc<Router>),
    /// It may go on, but its executors are not there yet.
    Waits,
    /// It ends, for this reason.
    Ends(String),
}

/// How a run ends that nobody conducts.
pub(crate) struct Conclusion {
    pub(crate) ending: Ending,
    /// What there is to say beside the ending.
    pub(crate) reason: Option<String>,
    /// What is said of its jobs that are not over.
    pub(crate) of_jobs: String,
}

impl Conclusion {
    pub(crate) fn stopped(cause: StopCause) -> Self {
        Self { ending: cause.ending(), reason: cause.reason(), of_jobs: cause.words().to_owned() }
    }
}

/// Ends a run that `holder` holds and nobody conducts: first in its log, then in its state. Where its log tells an ending
/// already, that one counts. Returns what its log tells, where it was not over before.
pub(crate) async fn conclude(
    store: &dyn RunStore,
    clock: &dyn Clock,
    run: &StoredRun,
    holder: &str,
    end: Conclusion,
) -> Result<Option<RunView>, StoreError> {
    let mut told = reading::fold(store, run, 0).await?;
    if !told.state.is_final() {
        let at_ms = told.at_ms.max(age_ms(run, clock));
        let mut facts = loose_ends(&told, &end, at_ms);
        facts.push(RunFact::Run { state: RunState::Ended(end.ending), reason: end.reason });
        let numbered = (told.seq + 1..).zip(facts);
        let events: Vec<RunEvent> = numbered.map(|(seq, what)| RunEvent { seq, at_ms, what }).collect();
        store.append_events(&run.id, &events).await?;
        for event in &events {
            told.apply(event);
        }
    }
    let end = run_end(told, clock.now());
    let ended = store.end_run(&run.id, Some(holder), &end).await?;
    Ok(ended.then_some(end.summary))
}

/// The end of a run whose whole log is folded into `told`.
pub(crate) fn run_end(told: RunView, at: Timestamp) -> RunEnd {
    RunEnd { state: told.state, at, timing: told.timing(), summary: told }
}

/// The facts without which jobs and steps would seem to go on after the end of their run.
fn loose_ends(told: &RunView, end: &Conclusion, at_ms: u64) -> Vec<RunFact> {
    let mut facts = Vec::new();
    for (at, job) in told.jobs.iter().enumerate() {
        let state = match job.state {
            JobState::Ended(_) | JobState::Skipped | JobState::LeftOut => continue,
            JobState::Waiting => JobState::Skipped,
            JobState::Starting | JobState::Running => JobState::Ended(end.ending),
        };
        for (number, step) in job.steps.iter().enumerate() {
            if step.state == StepState::Running {
                // It went on until its portal was gone, which nobody saw; what it told last is what is known.
                let began = step.started_ms.unwrap_or(at_ms);
                let took_ms = told.at_ms.saturating_sub(began);
                facts.push(RunFact::StepEnded { job: at, step: number, exit: KILLED, took_ms, usage: None });
            }
        }
        facts.push(RunFact::Job { job: at, state, reason: Some(end.of_jobs.clone()) });
    }
    facts
}
