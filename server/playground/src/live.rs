//! Watching a run while it happens, from any place in its log, without a gap and without a double.
//!
//! All who watch a run share the same batches, ready to be sent: a watcher is a place in the log and little else. Who
//! cannot keep up reads from the store what the others have seen, and never holds anybody up.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use regatta_domain::ids::RunId;
use regatta_domain::run::RunEvent;
use regatta_store::runs::RunStore;
use tokio::sync::watch;

use crate::channel::{Channel, Seat, Seek};

/// How many events are read from the store at once, and told at once.
const PAGE: u32 = 1000;

/// Events that follow each other, as they are told to everybody who watches.
pub struct Batch {
    /// The events, at least one, in order.
    pub events: Vec<RunEvent>,
    /// The same as a JSON list on one line.
    pub json: Arc<str>,
    /// The number of the last event.
    pub last: u64,
    frame: OnceLock<Bytes>,
}

impl Batch {
    pub(crate) fn new(events: Vec<RunEvent>) -> Self {
        // Events are made of numbers and texts only: they always have a JSON form.
        let json = serde_json::to_string(&events).unwrap_or_default().into();
        let last = events.last().map_or(0, |event| event.seq);
        Self { events, json, last, frame: OnceLock::new() }
    }

    /// Whether nothing can follow it.
    pub fn is_final(&self) -> bool {
        self.events.last().is_some_and(|event| event.what.is_final())
    }

    /// The batch as it goes over the wire: made by the first who asks, shared by all others.
    pub fn framed(&self, make: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.frame.get_or_init(|| make(self)).clone()
    }

    /// The events after `after`, where there are others too.
    fn after(&self, after: u64) -> Self {
        Self::new(self.events.iter().filter(|event| event.seq > after).cloned().collect())
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Batch").field("events", &self.events).finish_non_exhaustive()
    }
}

/// The events of a run after `after`, in order, until its final event.
pub(crate) fn watch(
    store: Arc<dyn RunStore>,
    id: RunId,
    seat: Seat,
    after: u64,
) -> BoxStream<'static, Arc<Batch>> {
    let news = seat.channel().news();
    let watcher = Watcher { store, id, seat, news, after };
    stream::unfold(watcher, |mut watcher| async move {
        let batch = watcher.next().await?;
        Some((batch, watcher))
    })
    .boxed()
}

struct Watcher {
    store: Arc<dyn RunStore>,
    id: RunId,
    seat: Seat,
    news: watch::Receiver<u64>,
    after: u64,
}

impl Watcher {
    async fn next(&mut self) -> Option<Arc<Batch>> {
        let batch = loop {
            // What comes after this look is news.
            self.news.mark_unchanged();
            match self.channel().seek(self.after) {
                Seek::Found(batch) => break batch,
                Seek::Behind => break self.read().await?,
                Seek::Ahead => self.news.changed().await.ok()?,
                Seek::Over => return None,
            }
        };
        let begins_earlier = batch.events.first().is_some_and(|first| first.seq <= self.after);
        let batch = if begins_earlier { Arc::new(batch.after(self.after)) } else { batch };
        self.after = batch.last;
        Some(batch)
    }

    fn channel(&self) -> &Channel {
        self.seat.channel()
    }

    /// The next stored events; `None` where there are none, so that the watcher comes back with the last number it has.
    async fn read(&self) -> Option<Arc<Batch>> {
        match self.store.events_after(&self.id, self.after, PAGE).await {
            Ok(events) if events.is_empty() => None,
            Ok(events) => Some(Arc::new(Batch::new(events))),
            Err(error) => {
                tracing::warn!(run = %self.id, %error, "the log of a run cannot be read");
                None
            }
        }
    }
}
