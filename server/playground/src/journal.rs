//! Writing the log of a run: one writer gives every fact its number and its time, stores it, then tells it.
//!
//! Facts are stored in batches, but never late: the first line after a pause goes out at once, with what announced it.
//! What is told to those who watch is stored already, so that nobody ever sees an event that a reload would not show.

use std::sync::Arc;
use std::time::Duration;

use regatta_domain::ids::RunId;
use regatta_domain::run::{JobState, RunEvent, RunFact, RunView};
use regatta_store::StoreError;
use regatta_store::runs::RunStore;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::holding::LiveRun;
use crate::stop::StopCause;

/// The least time between two batches.
const BATCH_EVERY: Duration = Duration::from_millis(25);
/// A batch of this many bytes of lines goes out without waiting.
const BATCH_BYTES: usize = 32 << 10;
/// What an event costs in a batch beside its text.
const EVENT_BYTES: usize = 48;
/// How many facts may wait for the writer before those who tell them wait too.
const BACKLOG: usize = 1024;
/// How long to wait before storing again what the store refused.
pub(crate) const RETRIES: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(400), Duration::from_secs(2)];

/// Tells facts to the writer of a run's log.
#[derive(Clone, Debug)]
pub(crate) struct Pen(mpsc::Sender<Telling>);

/// A fact, and another one that is stored with it or not at all.
#[derive(Debug)]
struct Telling(RunFact, Option<RunFact>);

impl Pen {
    /// Tells a fact. Where the log was lost the fact is too; the run is being stopped then.
    pub(crate) async fn tell(&self, fact: RunFact) {
        let _ = self.0.send(Telling(fact, None)).await;
    }

    /// Tells two facts of which nobody ever sees the first alone.
    pub(crate) async fn tell_both(&self, first: RunFact, second: RunFact) {
        let _ = self.0.send(Telling(first, Some(second))).await;
    }
}

/// The open log of a run.
pub(crate) struct Journal {
    run: RunId,
    pen: Pen,
    writer: JoinHandle<Result<RunView, StoreError>>,
}

impl Journal {
    /// Opens the log of `run` behind what `told` tells of it, `age_ms` after the run was accepted. The run is stopped where
    /// the store takes no events any more.
    pub(crate) fn open(
        store: Arc<dyn RunStore>,
        run: RunId,
        live: Arc<LiveRun>,
        told: RunView,
        age_ms: u64,
    ) -> Self {
        let (facts, heard) = mpsc::channel(BACKLOG);
        let offset = age_ms.max(told.at_ms);
        let seq = told.seq;
        let writer = Writer { store, run: run.clone(), live, seq, opened: Instant::now(), offset, told };
        Self { run, pen: Pen(facts), writer: tokio::spawn(writer.write(heard)) }
    }

    pub(crate) fn pen(&self) -> Pen {
        self.pen.clone()
    }

    /// Writes the final event, after which nothing follows, and returns when it is stored: the run as its log tells it,
    /// without lines.
    pub(crate) async fn close(self, last: RunFact) -> Result<RunView, StoreError> {
        self.pen.tell(last).await;
        self.abandon().await
    }

    /// Stores what was told and leaves the log open-ended.
    pub(crate) async fn abandon(self) -> Result<RunView, StoreError> {
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
    /// The number of the last event, 0 where there is none.
    seq: u64,
    opened: Instant,
    /// Milliseconds from acceptance to the opening of the log.
    offset: u64,
    /// What the log tells, without lines.
    told: RunView,
}

impl Writer {
    async fn write(mut self, mut heard: mpsc::Receiver<Telling>) -> Result<RunView, StoreError> {
        let mut due = Instant::now();
        while let Some(telling) = heard.recv().await {
            let mut batch = Batch::default();
            self.add(telling, &mut batch);
            let patience = Instant::now() + BATCH_EVERY;
            while !batch.over && batch.bytes < BATCH_BYTES {
                let until = if batch.urgent { due } else { patience };
                match tokio::time::timeout_at(until, heard.recv()).await {
                    Ok(Some(telling)) => self.add(telling, &mut batch),
                    Ok(None) | Err(_) => break,
                }
            }
            let over = batch.over;
            self.store(batch).await?;
            if over {
                break;
            }
            due = Instant::now() + BATCH_EVERY;
        }
        Ok(self.told)
    }

    fn add(&mut self, Telling(first, second): Telling, batch: &mut Batch) {
        batch.add(self.event(first));
        if let Some(second) = second {
            batch.add(self.event(second));
        }
    }

    fn event(&mut self, what: RunFact) -> RunEvent {
        let elapsed = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.seq += 1;
        RunEvent { seq: self.seq, at_ms: self.offset.saturating_add(elapsed), what }
    }

    async fn store(&mut self, batch: Batch) -> Result<(), StoreError> {
        let mut retries = RETRIES.iter();
        let mut tried = false;
        while let Err(error) = self.store.append_events(&self.run, &batch.events).await {
            if matches!(error, StoreError::Stale(_)) {
                if tried && self.store.last_event(&self.run).await? == self.seq {
                    // It was stored at the first try, whose answer was lost.
                    break;
                }
                // Somebody else writes this log. Two writers would tell two stories; theirs is stored.
                self.live.stop.pull(StopCause::Superseded);
                return Err(error);
            }
            let Some(pause) = retries.next() else {
                tracing::error!(run = %self.run, %error, "the log of a run cannot be stored");
                self.live.stop.pull(StopCause::LogLost);
                return Err(error);
            };
            tried = true;
            tokio::time::sleep(*pause).await;
        }
        let events: Arc<[RunEvent]> = batch.events.into();
        self.live.tell(Arc::clone(&events));
        for event in events.iter() {
            self.told.apply(event);
        }
        self.told.keep_last_lines(0);
        Ok(())
    }
}

#[derive(Default)]
struct Batch {
    events: Vec<RunEvent>,
    bytes: usize,
    /// Somebody waits for what it tells.
    urgent: bool,
    /// It ends the log.
    over: bool,
}

impl Batch {
    fn add(&mut self, event: RunEvent) {
        self.bytes += EVENT_BYTES;
        if let RunFact::Line { text, .. } = &event.what {
            self.bytes += text.len();
        }
        self.urgent |= !announces(&event.what);
        self.over |= event.what.is_final();
        self.events.push(event);
    }
}

/// Whether a fact only announces what is about to follow: it can wait a moment for that, so that a run's beginning up to
/// its first line is stored in one go.
fn announces(fact: &RunFact) -> bool {
    match fact {
        RunFact::Run { state, .. } => !state.is_final(),
        RunFact::Job { state, .. } => matches!(state, JobState::Starting | JobState::Running),
        RunFact::Placed { .. } | RunFact::Reached { .. } | RunFact::StepStarted { .. } => true,
        RunFact::Line { .. } | RunFact::StepEnded { .. } | RunFact::Output { .. } => false,
    }
}
