//! Cancelling a run, from whatever process.

use regatta_domain::ids::RunId;
use regatta_domain::ports::Clock;
use regatta_domain::run::RunState;
use regatta_store::StoreError;
use regatta_store::runs::RunStore;

use crate::holding::held_until;
use crate::observer::{self, Observer, Unobserved};
use crate::recovery::{Conclusion, conclude};
use crate::service::Playground;
use crate::stop::StopCause;

/// What became of the wish to cancel a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancellation {
    /// It waited and is over now.
    Over,
    /// It is under way and being stopped; its final event says so.
    Stopping,
    /// It was over before.
    TooLate,
    /// There is no such run.
    Unknown,
}

/// Cancels a run that waits, or asks the process that conducts it to stop it, which takes at most a second. For commands
/// that have no playground of their own.
pub async fn cancel(store: &dyn RunStore, clock: &dyn Clock, id: &RunId) -> Result<Cancellation, StoreError> {
    cancel_counted(store, clock, &Unobserved, id).await
}

async fn cancel_counted(
    store: &dyn RunStore,
    clock: &dyn Clock,
    observer: &dyn Observer,
    id: &RunId,
) -> Result<Cancellation, StoreError> {
    match store.run(id).await?.map(|run| run.state) {
        None => return Ok(Cancellation::Unknown),
        Some(RunState::Ended(_)) => return Ok(Cancellation::TooLate),
        Some(RunState::Queued) => {
            // Whoever takes it ends it: nobody else can start it then. No other deed bears this name.
            let holder = format!("cancel-{id}");
            if let Some(run) = store.take_run(id, &holder, held_until(clock.now())).await? {
                let end = Conclusion::stopped(StopCause::Cancelled);
                if let Some(told) = conclude(store, clock, &run, &holder, end).await? {
                    observer::tell(observer, id, &told);
                }
                return Ok(Cancellation::Over);
            }
        }
        Some(RunState::Starting | RunState::Running) => {}
    }
    let asked = store.ask_to_cancel(id).await?;
    Ok(if asked { Cancellation::Stopping } else { Cancellation::TooLate })
}

impl Playground {
    /// Cancels a run that waits or is under way, here or in another process.
    pub async fn cancel(&self, id: &RunId) -> Result<Cancellation, StoreError> {
        if let Some(live) = self.live.find(id) {
            live.stop.pull(StopCause::Cancelled);
            // For whoever takes the run up, should this process go down before it is over.
            if let Err(error) = self.store.ask_to_cancel(id).await {
                tracing::warn!(run = %id, %error, "the wish to cancel a run cannot be kept");
            }
            return Ok(Cancellation::Stopping);
        }
        let done = cancel_counted(&*self.store, &*self.clock, &*self.observer, id).await?;
        if done == Cancellation::Over {
            drop(self.spans.take(id));
            self.turn.notify_one();
        }
        Ok(done)
    }
}
