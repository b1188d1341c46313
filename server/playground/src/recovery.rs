//! Putting right what an interruption left behind, and deleting what is old.

use std::collections::HashMap;
use std::sync::Arc;

use regatta_domain::run::{Ending, JobState, RunFact, RunState, RunView, StepState};
use regatta_store::StoreError;
use regatta_store::runs::{RunStore, StoredRun};

use crate::conduct::age_ms;
use crate::journal::{Journal, Place};
use crate::live::LiveRun;
use crate::queue::Waiting;
use crate::service::Playground;
use crate::stop::StopCause;
use crate::transcript::KILLED;

/// How many events are read at once to find the end of a log.
const PAGE: u32 = 1000;

impl Playground {
    /// Takes up the queue where it was left, ends what was under way and is nobody's any more, and deletes runs whose
    /// time is over. Harmless at any moment: what is open in this process is left alone.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let _sweeping = self.sweeping.lock().await;
        for run in self.store.unfinished_runs().await? {
            if let Some(live) = self.live.open(&run.id) {
                let ended = self.conclude(&run, live, RunEnd::stopped(StopCause::Shutdown)).await;
                self.live.close(&run.id);
                ended?;
            }
        }
        let most = u32::try_from(self.settings.max_queued).unwrap_or(u32::MAX);
        for run in self.store.queued_runs(most).await? {
            if self.live.open(&run.id).is_some() {
                self.enqueue(Waiting { id: run.id, visitor: run.visitor });
            }
        }
        let keep = jiff::SignedDuration::try_from(self.settings.keep).unwrap_or(jiff::SignedDuration::MAX);
        if let Ok(before) = self.clock.now().checked_sub(keep) {
            let deleted = self.store.delete_runs_before(before).await?;
            if deleted > 0 {
                tracing::info!(deleted, "old runs were deleted");
            }
        }
        Ok(())
    }

    /// Ends a run that nobody conducts: first in its log, then in its state. Where its log tells an ending already, that one counts.
    pub(crate) async fn conclude(
        &self,
        run: &StoredRun,
        live: Arc<LiveRun>,
        end: RunEnd,
    ) -> Result<(), StoreError> {
        let told = Told::read(&*self.store, run).await?;
        let ending = if let RunState::Ended(ending) = told.view.state {
            ending
        } else {
            let place = Place { seq: told.view.seq, at_ms: told.view.at_ms.max(age_ms(run, &*self.clock)) };
            let journal = Journal::open(Arc::clone(&self.store), run.id.clone(), live, place);
            let pen = journal.pen();
            for fact in told.loose_ends(&end) {
                pen.tell(fact).await;
            }
            drop(pen);
            let state = RunState::Ended(end.ending);
            journal.close(RunFact::Run { state, reason: end.reason }).await?;
            end.ending
        };
        let now = self.clock.now();
        self.store.change_run_state(&run.id, run.state, RunState::Ended(ending), now).await?;
        Ok(())
    }
}

/// How a run ends that nobody conducts.
pub(crate) struct RunEnd {
    pub(crate) ending: Ending,
    /// What there is to say beside the ending.
    pub(crate) reason: Option<String>,
    /// What is said of its jobs that are not over.
    pub(crate) of_jobs: String,
}

impl RunEnd {
    pub(crate) fn stopped(cause: StopCause) -> Self {
        Self { ending: cause.ending(), reason: cause.reason(), of_jobs: cause.words().to_owned() }
    }
}

/// What the log of a run tells so far.
struct Told {
    view: RunView,
    /// When each step began, in milliseconds since the run was accepted.
    begun: HashMap<(usize, usize), u64>,
}

impl Told {
    async fn read(store: &dyn RunStore, run: &StoredRun) -> Result<Self, StoreError> {
        let mut told = Self { view: RunView::queued(&run.pipeline.plan()), begun: HashMap::new() };
        loop {
            let events = store.events_after(&run.id, told.view.seq, PAGE).await?;
            if events.is_empty() {
                return Ok(told);
            }
            for event in &events {
                told.view.apply(event);
                if let RunFact::StepStarted { job, step } = event.what {
                    told.begun.insert((job, step), event.at_ms);
                }
            }
        }
    }

    /// The facts without which jobs and steps would seem to go on after the end of their run.
    fn loose_ends(&self, end: &RunEnd) -> Vec<RunFact> {
        let mut facts = Vec::new();
        for (at, job) in self.view.jobs.iter().enumerate() {
            let state = match job.state {
                JobState::Ended(_) | JobState::Skipped => continue,
                JobState::Waiting => JobState::Skipped,
                JobState::Starting | JobState::Running => JobState::Ended(end.ending),
            };
            let open = job.steps.iter().enumerate().filter(|(_, step)| step.state == StepState::Running);
            facts.extend(open.map(|(step, _)| self.killed(at, step)));
            facts.push(RunFact::Job { job: at, state, reason: Some(end.of_jobs.clone()) });
        }
        facts
    }

    fn killed(&self, job: usize, step: usize) -> RunFact {
        let begun = self.begun.get(&(job, step)).copied().unwrap_or(self.view.at_ms);
        let took_ms = self.view.at_ms.saturating_sub(begun);
        RunFact::StepEnded { job, step, exit: KILLED, took_ms }
    }
}
