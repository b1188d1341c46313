//! Putting right what an interruption left behind, and deleting what is old.

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
use crate::reading;
use crate::service::Playground;
use crate::settings::PlaygroundSettings;
use crate::stop::StopCause;
use crate::transcript::KILLED;

/// How long a run may wait where nothing runs, before it is told so.
const WAIT_FOR_NOTHING: SignedDuration = SignedDuration::from_mins(10);

impl Playground {
    /// Ends what was under way and is nobody's any more, which takes several looks, and deletes what is old. Harmless in
    /// any number of processes.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        self.end_lapsed().await?;
        self.turn_away_old().await?;
        let PlaygroundSettings { keep_logs, keep_edited, .. } = &*self.settings;
        let logs = self.store.delete_logs_before(self.ago(*keep_logs)).await?;
        let edited = self.store.delete_edited_before(self.ago(*keep_edited)).await?;
        if logs + edited > 0 {
            tracing::info!(logs, edited, "old logs and old runs of visitors' own texts were deleted");
        }
        Ok(())
    }

    /// Ends the runs that a process which is gone left behind.
    pub(crate) async fn end_lapsed(&self) -> Result<(), StoreError> {
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
            // One that cannot be ended yet keeps nobody from ending the others.
            if let Err(error) = self.end_left_behind(&hold).await {
                tracing::error!(run = %hold.run, %error, "a run that was left behind cannot be ended");
            }
        }
        Ok(())
    }

    async fn end_left_behind(&self, hold: &Hold) -> Result<(), StoreError> {
        let holder = self.holder.for_once();
        if !self.store.take_over_run(hold, &holder, held_until(self.clock.now())).await? {
            return Ok(());
        }
        tracing::warn!(run = %hold.run, "a run was left behind and is ended");
        match self.store.run(&hold.run).await? {
            Some(run) => {
                let end = Conclusion::stopped(StopCause::Abandoned);
                conclude(&*self.store, &*self.clock, &run, &holder, end).await
            }
            None => Ok(()),
        }
    }

    /// Ends runs that wait and will not be run, because nothing runs here.
    pub(crate) async fn turn_away(&self, runs: &[RunId], reason: &str) -> Result<(), StoreError> {
        for id in runs {
            let (holder, until) = (self.holder.for_once(), held_until(self.clock.now()));
            if let Some(run) = self.store.take_run(id, &holder, until).await? {
                let reason = format!("nothing can be run here: {reason}");
                let end =
                    Conclusion { ending: Ending::InfraError, reason: Some(reason.clone()), of_jobs: reason };
                conclude(&*self.store, &*self.clock, &run, &holder, end).await?;
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
/// already, that one counts.
pub(crate) async fn conclude(
    store: &dyn RunStore,
    clock: &dyn Clock,
    run: &StoredRun,
    holder: &str,
    end: Conclusion,
) -> Result<(), StoreError> {
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
    store.end_run(&run.id, Some(holder), &run_end(told, clock.now())).await?;
    Ok(())
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
