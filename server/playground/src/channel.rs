//! What all who watch a run share: its latest batches, and the one task that gathers them.
//!
//! A run that this process conducts is heard while it is told; any other is looked for in the store. The task lives while
//! somebody watches.

mod pump;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use regatta_domain::ids::RunId;
use regatta_domain::run::RunEvent;
use regatta_store::runs::RunStore;
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::pump::Pump;
use crate::live::Batch;
use crate::observer::Observer;

/// How many portions the task may be behind the writer of a log before it reads from the store.
const FEED: usize = 64;
/// How many bytes of ready batches are kept for those who are a little behind.
const RING_BYTES: usize = 512 << 10;

/// A run that somebody watches, or that this process writes.
#[derive(Debug)]
pub(crate) struct Channel {
    feed: broadcast::Sender<Arc<[RunEvent]>>,
    /// How many in this process write this run's log: one, or none.
    writers: AtomicUsize,
    /// Who writes, or whether anybody watches, has changed.
    changed: Notify,
    ring: Mutex<Ring>,
    /// The number of the last event in the ring; changes with whatever [`Channel::seek`] depends on.
    news: watch::Sender<u64>,
}

/// The latest batches, without a gap.
#[derive(Debug, Default)]
struct Ring {
    watchers: usize,
    pumped: bool,
    /// The number of the event before the first in the ring, once that is known.
    from: Option<u64>,
    batches: VecDeque<Arc<Batch>>,
    bytes: usize,
    /// Nothing is added any more: the run is over, or its log cannot be read.
    closed: bool,
}

/// Where the next events are.
pub(crate) enum Seek {
    /// In this batch, perhaps after some that are known already.
    Found(Arc<Batch>),
    /// In the store.
    Behind,
    /// Still to come.
    Ahead,
    /// There are none.
    Over,
}

impl Channel {
    fn new() -> Self {
        Self {
            feed: broadcast::Sender::new(FEED),
            writers: AtomicUsize::new(0),
            changed: Notify::new(),
            ring: Mutex::default(),
            news: watch::Sender::new(0),
        }
    }

    /// Tells stored events to whoever gathers them.
    pub(crate) fn tell(&self, events: Arc<[RunEvent]>) {
        // It is no error that nobody listens.
        let _ = self.feed.send(events);
    }

    /// Where the events after `after` are.
    pub(crate) fn seek(&self, after: u64) -> Seek {
        let ring = self.ring();
        match ring.from {
            Some(from) if after < from => Seek::Behind,
            Some(_) => match ring.batches.partition_point(|batch| batch.last <= after) {
                at if at < ring.batches.len() => Seek::Found(Arc::clone(&ring.batches[at])),
                _ if ring.closed => Seek::Over,
                _ => Seek::Ahead,
            },
            None if ring.closed => Seek::Over,
            None => Seek::Ahead,
        }
    }

    /// Changes when it is worth seeking again.
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    fn is_written_here(&self) -> bool {
        self.writers.load(Ordering::Acquire) > 0
    }

    /// Begins the ring after the event with this number.
    fn begin(&self, from: u64) {
        self.ring().from = Some(from);
        self.news.send_replace(from);
    }

    fn publish(&self, events: Vec<RunEvent>) {
        let batch = Arc::new(Batch::new(events));
        let last = batch.last;
        {
            let mut ring = self.ring();
            ring.bytes += batch.json.len();
            ring.batches.push_back(batch);
            while ring.bytes > RING_BYTES && ring.batches.len() > 1 {
                ring.forget_oldest();
            }
        }
        self.news.send_replace(last);
    }

    /// Adds nothing any more. A channel that was closed before its run was over is opened again by the next who watches.
    fn close(&self, over: bool) {
        {
            let mut ring = self.ring();
            ring.closed = true;
            // Of a run that is over there is nothing left to gather.
            ring.pumped = over;
        }
        self.news.send_modify(|_| {});
    }

    /// Whether nobody watches any more; then whoever comes next finds the ring as at the beginning.
    fn is_abandoned(&self) -> bool {
        let mut ring = self.ring();
        if ring.watchers == 0 {
            *ring = Ring::default();
        }
        ring.watchers == 0
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        // No code runs under this lock that could break off half-way.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.batches.pop_front() {
            self.bytes -= oldest.json.len();
            self.from = Some(oldest.last);
        }
    }
}

/// The right to write a run's log in this process; those who watch hear of it at once.
#[derive(Debug)]
pub(crate) struct Desk(Arc<Channel>);

impl Desk {
    pub(crate) fn at(channel: Arc<Channel>) -> Self {
        channel.writers.fetch_add(1, Ordering::AcqRel);
        Self(channel)
    }

    pub(crate) fn channel(&self) -> &Channel {
        &self.0
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.0.writers.fetch_sub(1, Ordering::AcqRel);
        self.0.changed.notify_one();
    }
}

/// The place of somebody who watches.
pub(crate) struct Seat {
    channel: Arc<Channel>,
    observer: Arc<dyn Observer>,
}

impl Seat {
    pub(crate) fn channel(&self) -> &Channel {
        &self.channel
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.observer.watcher_left();
        let mut ring = self.channel.ring();
        ring.watchers -= 1;
        if ring.watchers == 0 {
            drop(ring);
            self.channel.changed.notify_one();
        }
    }
}

/// The channels that anybody has open.
pub(crate) struct Channels {
    open: Mutex<HashMap<RunId, Weak<Channel>>>,
    store: Arc<dyn RunStore>,
    observer: Arc<dyn Observer>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

impl Channels {
    pub(crate) fn new(
        store: Arc<dyn RunStore>,
        observer: Arc<dyn Observer>,
        shutdown: CancellationToken,
        tasks: TaskTracker,
    ) -> Self {
        Self { open: Mutex::default(), store, observer, shutdown, tasks }
    }

    /// The channel of a run.
    pub(crate) fn open(&self, id: &RunId) -> Arc<Channel> {
        // No code runs under this lock that could break off half-way.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = open.get(id).and_then(Weak::upgrade) {
            return channel;
        }
        open.retain(|_, channel| channel.strong_count() > 0);
        let channel = Arc::new(Channel::new());
        open.insert(id.clone(), Arc::downgrade(&channel));
        channel
    }

    /// A place for somebody who watches a run. The first one has its batches gathered from now on.
    pub(crate) fn take_seat(&self, id: &RunId) -> Seat {
        let channel = self.open(id);
        let mut ring = channel.ring();
        ring.watchers += 1;
        if !ring.pumped {
            *ring = Ring { watchers: ring.watchers, pumped: true, ..Ring::default() };
            let (store, shutdown) = (Arc::clone(&self.store), self.shutdown.clone());
            let pump = Pump::new(Arc::clone(&channel), channel.feed.subscribe(), store, id.clone(), shutdown);
            self.tasks.spawn(pump.run());
        }
        drop(ring);
        self.observer.watcher_came();
        Seat { channel, observer: Arc::clone(&self.observer) }
    }
}
