//! Giving runs their turn, and letting go of them when nothing runs any more.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use regatta_domain::ids::RunId;
use regatta_store::StoreError;
use regatta_store::runs::{Hold, StoredRun};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::availability::Availability;
use crate::conduct::Conductor;
use crate::holding::{LiveRun, held_until};
use crate::router::Router;
use crate::service::Playground;
use crate::stop::StopCause;

/// How often it is looked for runs that other processes accepted.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked for runs that a process which is gone left behind.
pub(crate) const RECOVER_EVERY: Duration = Duration::from_secs(5);

impl Playground {
    /// Gives runs their turn until the portal goes down: at once when something changed here, and again and again for
    /// what other processes accepted.
    pub(crate) async fn dispatch(self: Arc<Self>) {
        while !self.shutdown.is_cancelled() {
            if let Err(error) = self.give_turns().await {
                tracing::warn!(%error, "waiting runs cannot be looked for");
            }
            tokio::select! {
                () = self.shutdown.cancelled() => {}
                () = self.turn.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        for (_, live) in self.live.all() {
            live.stop.pull(StopCause::Shutdown);
        }
    }

    async fn give_turns(self: &Arc<Self>) -> Result<(), StoreError> {
        match self.availability() {
            Availability::Checking => Ok(()),
            Availability::Ready(router) => {
                self.take_unchecked();
                self.fill_slots(&router).await
            }
            Availability::Off { reason } => self.turn_away(&self.take_unchecked(), &reason).await,
        }
    }

    async fn fill_slots(self: &Arc<Self>, router: &Arc<Router>) -> Result<(), StoreError> {
        while self.starts_runs()
            && !self.shutdown.is_cancelled()
            && self.live.count() < self.settings.concurrent_runs.max(1)
        {
            let line = self.store.line_up().await?;
            let Some(next) = line.next(self.slots(&line)) else { return Ok(()) };
            let holder = self.holder.name();
            let taken = self.store.take_run(&next.id, &holder, held_until(self.clock.now())).await;
            match taken {
                Ok(Some(run)) => {
                    let (asked, is_asked) = oneshot::channel();
                    self.give_slot(run, holder, router, |conductor| conductor.conduct(asked));
                    // Sandboxes are asked for in the order of turns, also where there are more slots than there is room. A
                    // run that needs none hangs up.
                    let _ = is_asked.await;
                }
                // Another process was faster.
                Ok(None) => {}
                Err(error) => {
                    self.holder.rename();
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn give_slot<C>(
        self: &Arc<Self>,
        run: StoredRun,
        holder: Arc<str>,
        router: &Arc<Router>,
        conduct: impl FnOnce(Conductor) -> C,
    ) where
        C: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let span = self.spans.take(&run.id);
        let live = Arc::new(LiveRun::new(self.channels.open(&run.id), holder));
        self.live.open(&run.id, Arc::clone(&live));
        let mut slot = Slot { playground: Arc::clone(self), run: run.id.clone(), settled: false };
        let conducted = conduct(Conductor {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            settings: Arc::clone(&self.settings),
            router: Arc::clone(router),
            live,
            run,
            observer: Arc::clone(&self.observer),
        });
        let conducted = async move {
            tracing::info!("a run has its turn");
            slot.settle(conducted.await);
        };
        self.tasks.spawn(conducted.instrument(span));
    }

    /// Takes a run over from whoever had this `hold` on it and goes on with it, whatever slots are taken: what runs of it
    /// runs already.
    pub(crate) async fn take_up(
        self: &Arc<Self>,
        hold: &Hold,
        router: &Arc<Router>,
    ) -> Result<(), StoreError> {
        let holder = self.holder.name();
        match self.store.take_over_run(hold, &holder, held_until(self.clock.now())).await {
            Ok(true) => {}
            // Another process was faster, or it was kept after all.
            Ok(false) => return Ok(()),
            Err(error) => {
                self.holder.rename();
                return Err(error);
            }
        }
        match self.taken_over(&hold.run, &holder).await {
            Ok(Some((run, is_to_cancel))) => {
                tracing::info!(run = %run.id, "a run is taken up where another process left it");
                self.observer.run_adopted();
                self.give_slot(run, holder, router, |conductor| {
                    if is_to_cancel {
                        conductor.live.stop.pull(StopCause::Cancelled);
                    }
                    conductor.take_up()
                });
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error) => {
                // Its hold is kept no longer, so that somebody else takes it up.
                self.holder.rename();
                Err(error)
            }
        }
    }

    /// A run that `holder` has just taken over, and whether somebody asked to cancel it meanwhile.
    async fn taken_over(&self, id: &RunId, holder: &str) -> Result<Option<(StoredRun, bool)>, StoreError> {
        let run = self.store.run(id).await?;
        let is_to_cancel = self.store.asked_to_cancel(holder).await?.contains(id);
        Ok(run.map(|run| (run, is_to_cancel)))
    }

    /// Takes up or ends what was left behind and deletes what is old, again and again until the portal goes down.
    pub(crate) async fn keep_tidy(self: Arc<Self>) {
        let mut executors = self.availability_changes();
        let mut swept: Option<Instant> = None;
        loop {
            let due = swept.is_none_or(|swept| swept.elapsed() >= self.settings.sweep_every);
            let tidied = if due {
                swept = Some(Instant::now());
                self.sweep().await
            } else {
                self.look_after_lapsed().await
            };
            if let Err(error) = tidied {
                tracing::error!(%error, "the runs could not be swept");
            }
            let mut pause = pin!(tokio::time::sleep(RECOVER_EVERY));
            loop {
                tokio::select! {
                    () = self.shutdown.cancelled() => return,
                    () = &mut pause => break,
                    // Its sender is a part of the playground: it lives as long as this task.
                    _ = executors.changed() => self.take_up_given_up().await,
                }
            }
        }
    }
}

/// A slot that a run holds; given back whatever happens.
struct Slot {
    playground: Arc<Playground>,
    run: RunId,
    /// The store knows how the run ended.
    settled: bool,
}

impl Slot {
    fn settle(&mut self, conducted: Result<(), StoreError>) {
        self.settled = conducted.is_ok();
        if let Err(error) = conducted {
            tracing::error!(run = %self.run, %error, "a run could not be conducted to its end");
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.settled {
            // Its hold is kept no longer, so that somebody ends it.
            self.playground.holder.rename();
        }
        self.playground.live.close(&self.run);
        self.playground.turn.notify_one();
    }
}
