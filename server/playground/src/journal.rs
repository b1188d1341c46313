//! Writing the log of a run: one writer gives every fact its number and its time, stores it, then tells it.
//!
//! Facts are stored in batches, but never late: the first after a pause goes out at once. What is told to those who
//! watch is stored already, so that nobody ever sees an event that a reload would not show.

use std::sync::Arc;
use std::time::Duration;

use regatta_domain::ids::RunId;
use regatta_domain::run::{RunEvent, RunFact, RunState};
use regatta_store::StoreError;
use regatta_store::runs::RunStore;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::live::LiveRun;
use crate::stop::StopCause;

/// The least time between two batches.
const BATCH_EVERY: Duration = Duration::from_millis(25);
/// A batch of this many bytes of lines goes out without waiting.
const BATCH_BYTES: usize = 32 << 10;
/// What an event costs in a batch beside its text.
const EVENT_BYTES: usize = 48;
/// How many facts may wait for the writer before those who tell them wait too.
const BACKLOG: usize = 1024;
/// How long to wait before storing a batch again that the store refused.
const RETRIES: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(400), Duration::from_secs(2)];

/// Where a log goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The number of the last event, 0 where there is none.
    pub(crate) seq: u64,
    /// Milliseconds since the run was accepted.
    pub(crate) at_ms: u64,
}

/// Tells facts to the writer of a run's log.
#[derive(Clone, Debug)]
pub(crate) struct Pen(mpsc::Sender<RunFact>);

impl Pen {
    /// Tells a fact. Where the log was lost the fact is too; the run is being stopped then.
    pub(crate) async fn tell(&self, fact: RunFact) {
        let _ = self.0.send(fact).await;
    }
}

/// The open log of a run.
pub(crate) struct Journal {
    run: RunId,
    pen: Pen,
    writer: JoinHandle<Result<(), StoreError>>,
}

impl Journal {
    /// Opens the log of `run` at `place`. The run is stopped where the store takes no events any more.
    pub(crate) fn open(store: Arc<dyn RunStore>, run: RunId, live: Arc<LiveRun>, place: Place) -> Self {
        let (facts, told) = mpsc::channel(BACKLOG);
        let writer =
            Writer { store, run: run.clone(), live, place, opened: Instant::now(), offset: place.at_ms };
        Self { run, pen: Pen(facts), writer: tokio::spawn(writer.write(told)) }
    }

    pub(crate) fn pen(&self) -> Pen {
        self.pen.clone()
    }

    /// Writes the final event, after which nothing follows, and returns when it is stored.
    pub(crate) async fn close(self, last: RunFact) -> Result<(), StoreError> {
        self.pen.tell(last).await;
        self.abandon().await
    }

    /// Stores what was told and leaves the log open-ended.
    pub(crate) async fn abandon(self) -> Result<(), StoreError> {
        drop(self.pen);
        match self.writer.await {
            Ok(written) => written,
            Err(broken) => Err(StoreError::Inconsistent {
                what: "log",
                id: self.run.to_string(),
                why: format!("its writer broke: {broken}"),
            }),
        }
    }
}

struct Writer {
    store: Arc<dyn RunStore>,
    run: RunId,
    live: Arc<LiveRun>,
    place: Place,
    opened: Instant,
    offset: u64,
}

impl Writer {
    async fn write(mut self, mut told: mpsc::Receiver<RunFact>) -> Result<(), StoreError> {
        let mut due = Instant::now();
        while let Some(fact) = told.recv().await {
            let mut batch = Batch::default();
            let mut over = batch.add(self.event(fact));
            while !over && batch.bytes < BATCH_BYTES {
                match tokio::time::timeout_at(due, told.recv()).await {
                    Ok(Some(fact)) => over = batch.add(self.event(fact)),
                    Ok(None) | Err(_) => break,
                }
            }
            self.store(batch).await?;
            if over {
                break;
            }
            due = Instant::now() + BATCH_EVERY;
        }
        Ok(())
    }

    fn event(&mut self, what: RunFact) -> RunEvent {
        let elapsed = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.place = Place { seq: self.place.seq + 1, at_ms: self.offset.saturating_add(elapsed) };
        RunEvent { seq: self.place.seq, at_ms: self.place.at_ms, what }
    }

    async fn store(&self, batch: Batch) -> Result<(), StoreError> {
        let mut retries = RETRIES.iter();
        while let Err(error) = self.store.append_events(&self.run, &batch.events).await {
            if matches!(error, StoreError::Stale(_)) {
                // Somebody else writes this log. Two writers would tell two stories; theirs is stored.
                self.live.stop.pull(StopCause::Superseded);
                return Err(error);
            }
            let Some(pause) = retries.next() else {
                tracing::error!(run = %self.run, %error, "the log of a run cannot be stored");
                self.live.stop.pull(StopCause::LogLost);
                return Err(error);
            };
            tokio::time::sleep(*pause).await;
        }
        self.live.tell(batch.events);
        Ok(())
    }
}

#[derive(Default)]
struct Batch {
    events: Vec<RunEvent>,
    bytes: usize,
}

impl Batch {
    /// Adds an event; `true` where it is the final one.
    fn add(&mut self, event: RunEvent) -> bool {
        self.bytes += EVENT_BYTES;
        if let RunFact::Line { text, .. } = &event.what {
            self.bytes += text.len();
        }
        let over = is_final(&event);
        self.events.push(event);
        over
    }
}

/// Whether nothing can follow this event.
pub(crate) fn is_final(event: &RunEvent) -> bool {
    matches!(event.what, RunFact::Run { state: RunState::Ended(_), .. })
}
