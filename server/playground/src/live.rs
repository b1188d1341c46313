//! Watching a run while it happens, from any place in its log, without a gap and without a double.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use regatta_domain::ids::RunId;
use regatta_domain::run::RunEvent;
use regatta_store::runs::RunStore;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use crate::journal::is_final;
use crate::stop::StopSwitch;

/// How many batches a watcher may be behind before it reads from the store again.
const FEED_BATCHES: usize = 64;
/// The time between two batches to one watcher in the long run.
const TELL_EVERY: Duration = Duration::from_millis(50);
/// How many batches may be told at once after a pause, so that a run's first words come without delay.
const BURST: u32 = 4;
/// How many events are read from the store at once, and told at once.
const PAGE: u32 = 500;

/// A run that waits or is under way in this process.
#[derive(Debug)]
pub(crate) struct LiveRun {
    feed: broadcast::Sender<Arc<[RunEvent]>>,
    /// Stops it.
    pub(crate) stop: StopSwitch,
}

impl LiveRun {
    fn new() -> Self {
        Self { feed: broadcast::Sender::new(FEED_BATCHES), stop: StopSwitch::default() }
    }

    /// Tells stored events to all who watch.
    pub(crate) fn tell(&self, events: Vec<RunEvent>) {
        // It is no error that nobody watches.
        let _ = self.feed.send(events.into());
    }
}

/// Every run that waits or is under way in this process.
#[derive(Debug, Default)]
pub(crate) struct LiveRuns(Mutex<HashMap<RunId, Arc<LiveRun>>>);

impl LiveRuns {
    /// Opens a run; `None` where it is open already.
    pub(crate) fn open(&self, id: &RunId) -> Option<Arc<LiveRun>> {
        let mut runs = self.lock();
        if runs.contains_key(id) {
            return None;
        }
        let live = Arc::new(LiveRun::new());
        runs.insert(id.clone(), Arc::clone(&live));
        Some(live)
    }

    pub(crate) fn find(&self, id: &RunId) -> Option<Arc<LiveRun>> {
        self.lock().get(id).map(Arc::clone)
    }

    pub(crate) fn close(&self, id: &RunId) {
        self.lock().remove(id);
    }

    pub(crate) fn all(&self) -> Vec<Arc<LiveRun>> {
        self.lock().values().map(Arc::clone).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Arc<LiveRun>>> {
        // No code runs under this lock that could break off half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The events of a run after `after`, in order, until its final event.
///
/// The order of the two sources is what makes it complete: listen first, read the store second, then pass over what
/// was read already. Who cannot keep up is sent back to the store instead of losing anything.
pub(crate) fn watch(
    store: Arc<dyn RunStore>,
    live: Option<&LiveRun>,
    id: RunId,
    after: u64,
) -> BoxStream<'static, Vec<RunEvent>> {
    let feed = live.map(|live| live.feed.subscribe());
    let watcher = Watcher { store, id, after, feed, source: Source::Store, paced: Instant::now() };
    stream::unfold(watcher, |mut watcher| async move {
        let batch = watcher.next().await?;
        Some((batch, watcher))
    })
    .boxed()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Store,
    Feed,
    Over,
}

struct Watcher {
    store: Arc<dyn RunStore>,
    id: RunId,
    after: u64,
    feed: Option<broadcast::Receiver<Arc<[RunEvent]>>>,
    source: Source,
    /// When the batches told so far would have been told, had they been evenly spaced.
    paced: Instant,
}

impl Watcher {
    async fn next(&mut self) -> Option<Vec<RunEvent>> {
        loop {
            let batch = match self.source {
                Source::Store => self.read().await,
                Source::Feed => self.listen().await,
                Source::Over => return None,
            };
            if let Some(last) = batch.last() {
                self.after = last.seq;
                if is_final(last) {
                    self.source = Source::Over;
                }
                self.paced = self.paced.max(Instant::now()) + TELL_EVERY;
                return Some(batch);
            }
        }
    }

    /// The next stored events; where there are none left the feed goes on from here.
    async fn read(&mut self) -> Vec<RunEvent> {
        match self.store.events_after(&self.id, self.after, PAGE).await {
            Ok(events) => {
                if events.is_empty() {
                    self.source = if self.feed.is_some() { Source::Feed } else { Source::Over };
                }
                events
            }
            Err(error) => {
                // The watcher comes back with the last number it has.
                tracing::warn!(run = %self.id, %error, "the log of a run cannot be read");
                self.source = Source::Over;
                Vec::new()
            }
        }
    }

    /// What the feed brings, gathered so that a flood of small batches becomes a few large ones.
    async fn listen(&mut self) -> Vec<RunEvent> {
        let mut gathered = Vec::new();
        let heard = self.hear(&mut gathered).await;
        let ahead = self.paced.saturating_duration_since(Instant::now());
        let due = Instant::now() + ahead.saturating_sub(TELL_EVERY * (BURST - 1));
        let mut goes_on = heard && !gathered.is_empty();
        while goes_on && gathered.len() < PAGE as usize && !gathered.last().is_some_and(is_final) {
            goes_on = matches!(tokio::time::timeout_at(due, self.hear(&mut gathered)).await, Ok(true));
        }
        gathered
    }

    /// Adds the feed's next batch to `gathered`; `false` where the store has to be asked next.
    async fn hear(&mut self, gathered: &mut Vec<RunEvent>) -> bool {
        let Some(feed) = &mut self.feed else {
            self.source = Source::Over;
            return false;
        };
        let reached = gathered.last().map_or(self.after, |last| last.seq);
        match feed.recv().await {
            Ok(batch) => {
                let fresh = batch.iter().filter(|event| event.seq > reached);
                let mut fresh = fresh.peekable();
                if fresh.peek().is_some_and(|event| event.seq != reached + 1) {
                    self.source = Source::Store;
                    return false;
                }
                gathered.extend(fresh.cloned());
                true
            }
            Err(RecvError::Lagged(_)) => {
                self.source = Source::Store;
                false
            }
            Err(RecvError::Closed) => {
                self.feed = None;
                self.source = Source::Store;
                false
            }
        }
    }
}
