//! The runs that this process conducts, and its hold on them in the store.
//!
//! A process keeps its hold by saying so again and again. One that is gone stops saying it, and others end what it left
//! behind, or take it up where it still runs ([`crate::lapse`], [`crate::recovery`]). Where the store's answer was lost
//! and it is not known what this process holds, it goes on under another name, so that the hold in question lapses too.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use regatta_domain::ids::RunId;
use regatta_domain::ports::Entropy;
use regatta_domain::run::RunEvent;
use regatta_store::StoreError;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::channel::{Channel, Desk};
use crate::service::Playground;
use crate::stop::{StopCause, StopSwitch};

/// Until when a hold says that it lasts. Others go by whether it is kept.
const HOLD: SignedDuration = SignedDuration::from_secs(15);
/// How often the hold is kept.
const KEEP_EVERY: Duration = Duration::from_secs(5);
/// How often it is asked whether somebody at another process cancelled a run.
const HEED_EVERY: Duration = Duration::from_millis(250);

/// Until when what is taken at `now` is held.
pub(crate) fn held_until(now: Timestamp) -> Timestamp {
    now.checked_add(HOLD).unwrap_or(Timestamp::MAX)
}

/// The name under which this process holds runs.
pub(crate) struct Holder {
    name: Mutex<Arc<str>>,
    entropy: Arc<dyn Entropy>,
}

impl Holder {
    pub(crate) fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { name: Mutex::new(name(&*entropy)), entropy }
    }

    pub(crate) fn name(&self) -> Arc<str> {
        Arc::clone(&self.name.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes another name, because it is not known what this one holds.
    pub(crate) fn rename(&self) {
        *self.name.lock().unwrap_or_else(PoisonError::into_inner) = name(&*self.entropy);
    }

    /// A name for a single deed, whose hold is never kept.
    pub(crate) fn for_once(&self) -> Arc<str> {
        name(&*self.entropy)
    }
}

fn name(entropy: &dyn Entropy) -> Arc<str> {
    format!("portal-{}", RunId::random(entropy)).into()
}

/// A run that this process conducts.
#[derive(Debug)]
pub(crate) struct LiveRun {
    desk: Desk,
    /// The name under which it is held.
    pub(crate) holder: Arc<str>,
    /// Stops it.
    pub(crate) stop: StopSwitch,
}

impl LiveRun {
    pub(crate) fn new(channel: Arc<Channel>, holder: Arc<str>) -> Self {
        Self { desk: Desk::at(channel), holder, stop: StopSwitch::default() }
    }

    /// Tells stored events to all who watch.
    pub(crate) fn tell(&self, events: Arc<[RunEvent]>) {
        self.desk.channel().tell(events);
    }
}

/// Every run that this process conducts.
#[derive(Debug, Default)]
pub(crate) struct LiveRuns {
    runs: Mutex<HashMap<RunId, Arc<LiveRun>>>,
    count: watch::Sender<usize>,
}

impl LiveRuns {
    pub(crate) fn open(&self, id: &RunId, live: Arc<LiveRun>) {
        self.change(|runs| runs.insert(id.clone(), live));
    }

    pub(crate) fn close(&self, id: &RunId) {
        self.change(|runs| runs.remove(id));
    }

    pub(crate) fn find(&self, id: &RunId) -> Option<Arc<LiveRun>> {
        self.lock().get(id).map(Arc::clone)
    }

    pub(crate) fn all(&self) -> Vec<(RunId, Arc<LiveRun>)> {
        self.lock().iter().map(|(id, live)| (id.clone(), Arc::clone(live))).collect()
    }

    pub(crate) fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// The names under which this process holds runs.
    pub(crate) fn holders(&self) -> BTreeSet<Arc<str>> {
        self.lock().values().map(|live| Arc::clone(&live.holder)).collect()
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<RunId, Arc<LiveRun>>) -> T) {
        let mut runs = self.lock();
        change(&mut runs);
        self.count.send_replace(runs.len());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Arc<LiveRun>>> {
        // No code runs under this lock that could break off half-way.
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Playground {
    /// Keeps the hold on what is under way, and heeds wishes to cancel that reached other processes, until the portal goes
    /// down.
    pub(crate) async fn keep_holding(self: Arc<Self>) {
        let mut busy = self.live.count.subscribe();
        let mut kept: Option<Instant> = None;
        loop {
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                // Its sender is a part of the playground: it lives as long as this task.
                _ = busy.wait_for(|count| *count > 0) => {}
            }
            if self.shutdown.run_until_cancelled(tokio::time::sleep(HEED_EVERY)).await.is_none() {
                return;
            }
            let now = Instant::now();
            let due = kept.is_none_or(|kept| now.duration_since(kept) >= KEEP_EVERY);
            let mut all_kept = due;
            for holder in self.live.holders() {
                if let Err(error) = self.heed(&holder, due).await {
                    tracing::warn!(%error, "the hold on runs cannot be kept");
                    all_kept = false;
                }
            }
            // What could not be kept is tried again at once.
            if all_kept {
                kept = Some(now);
            }
        }
    }

    /// Stops the runs of `holder` that somebody asked to cancel; keeps its hold where that is `due`.
    async fn heed(&self, holder: &str, due: bool) -> Result<(), StoreError> {
        let asked = if due {
            self.store.keep_hold(holder, held_until(self.clock.now())).await?
        } else {
            self.store.asked_to_cancel(holder).await?
        };
        for id in asked {
            if let Some(live) = self.live.find(&id) {
                live.stop.pull(StopCause::Cancelled);
            }
        }
        Ok(())
    }
}
