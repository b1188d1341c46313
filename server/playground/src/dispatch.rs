//! Giving runs their turn, and letting go of them when nothing runs any more.

use std::sync::Arc;
use std::time::Duration;

use regatta_domain::ids::RunId;
use regatta_domain::run::Ending;
use regatta_store::StoreError;

use crate::availability::Availability;
use crate::conduct::Conductor;
use crate::executor::Executor;
use crate::queue::Waiting;
use crate::recovery::RunEnd;
use crate::service::Playground;
use crate::stop::StopCause;

impl Playground {
    /// Gives runs their turn until the portal goes down.
    pub(crate) async fn dispatch(self: Arc<Self>) {
        loop {
            tokio::select! {
                biased;
                () = self.shutdown.cancelled() => break,
                () = self.turn.notified() => {}
            }
            match self.availability() {
                Availability::Checking => {}
                Availability::Ready(executor) => self.fill_slots(&executor),
                Availability::Off { reason } => self.turn_away(&reason),
            }
        }
        self.go_down();
    }

    fn fill_slots(self: &Arc<Self>, executor: &Arc<dyn Executor>) {
        loop {
            let Some(run) = self.queue().next() else { return };
            let slot = Slot { playground: Arc::clone(self), run };
            let executor = Arc::clone(executor);
            self.tasks.spawn(async move {
                if let Err(error) = slot.conduct(executor).await {
                    tracing::error!(run = %slot.run.id, %error, "a run could not be conducted to its end");
                }
            });
        }
    }

    /// Ends what waits, because nothing runs here any more.
    fn turn_away(self: &Arc<Self>, reason: &str) {
        for Waiting { id, .. } in self.queue().empty() {
            let playground = Arc::clone(self);
            let reason = format!("nothing can be run here: {reason}");
            let end = RunEnd { ending: Ending::InfraError, reason: Some(reason.clone()), of_jobs: reason };
            self.tasks.spawn(async move {
                if let Err(error) = playground.end_waiting(&id, end).await {
                    tracing::error!(run = %id, %error, "a waiting run could not be ended");
                }
            });
        }
    }

    /// Ends a run that was taken out of the queue and never began.
    pub(crate) async fn end_waiting(&self, id: &RunId, end: RunEnd) -> Result<(), StoreError> {
        let ended = match (self.live.find(id), self.store.run(id).await) {
            (Some(live), Ok(Some(run))) => self.conclude(&run, live, end).await,
            (_, Err(error)) => Err(error),
            (None, _) | (_, Ok(None)) => Ok(()),
        };
        self.live.close(id);
        ended
    }

    /// Stops what is under way and lets go of what waits, which the store keeps for the next start.
    fn go_down(&self) {
        for Waiting { id, .. } in self.queue().empty() {
            self.live.close(&id);
        }
        for live in self.live.all() {
            live.stop.pull(StopCause::Shutdown);
        }
    }

    /// Sweeps at the start and then again and again until the portal goes down.
    pub(crate) async fn keep_tidy(self: Arc<Self>) {
        let mut pause = Duration::ZERO;
        loop {
            let next = self.shutdown.run_until_cancelled(tokio::time::sleep(pause)).await;
            if next.is_none() {
                return;
            }
            if let Err(error) = self.sweep().await {
                tracing::error!(%error, "the runs could not be swept");
            }
            pause = self.settings.sweep_every;
        }
    }
}

/// A slot that a run holds; given back whatever happens.
struct Slot {
    playground: Arc<Playground>,
    run: Waiting,
}

impl Slot {
    async fn conduct(&self, executor: Arc<dyn Executor>) -> Result<(), StoreError> {
        let Playground { store, clock, settings, live, .. } = &*self.playground;
        let (Some(live), Some(run)) = (live.find(&self.run.id), store.run(&self.run.id).await?) else {
            return Ok(());
        };
        let conductor = Conductor {
            store: Arc::clone(store),
            clock: Arc::clone(clock),
            settings: Arc::clone(settings),
            executor,
            live,
            run,
        };
        conductor.conduct().await
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.playground.live.close(&self.run.id);
        self.playground.queue().release(&self.run.visitor);
        self.playground.turn.notify_one();
    }
}
