//! Gathering what a run tells into few batches, from the process that writes it or from the store.

use std::sync::Arc;
use std::time::Duration;

use regatta_domain::ids::RunId;
use regatta_domain::run::RunEvent;
use regatta_store::StoreError;
use regatta_store::runs::RunStore;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Channel;

/// The time between two batches in the long run.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// How many batches may be told at once after a pause, so that a run's first words come without delay.
const BURST: u32 = 5;
/// A batch of so many events goes out at once.
const MANY: usize = 2000;
/// How many events are read from the store at once.
const PAGE: u32 = 2000;
/// How often the store is asked for a run that another process writes.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// After so many looks without news it is asked whether there will be any.
const LOOKS: u32 = 25;

/// Whether there is more to gather.
enum Outlook {
    GoesOn,
    /// The run is over, and everything is gathered.
    Over,
    /// The log cannot be read, or the portal goes down.
    Lost,
}

/// Gathers one run.
pub(super) struct Pump {
    channel: Arc<Channel>,
    feed: broadcast::Receiver<Arc<[RunEvent]>>,
    store: Arc<dyn RunStore>,
    id: RunId,
    shutdown: CancellationToken,
    /// The number of the last event gathered.
    reached: u64,
    gathered: Vec<RunEvent>,
    /// The feed has left something out: the store has it.
    behind: bool,
    /// How often the store had nothing new.
    idle: u32,
    /// When the batches told so far would have been told, had they been evenly spaced.
    paced: Instant,
}

impl Pump {
    /// Events told before `feed` was subscribed to are in the store.
    pub(super) fn new(
        channel: Arc<Channel>,
        feed: broadcast::Receiver<Arc<[RunEvent]>>,
        store: Arc<dyn RunStore>,
        id: RunId,
        shutdown: CancellationToken,
    ) -> Self {
        let paced = Instant::now();
        let gathered = Vec::new();
        Self { channel, feed, store, id, shutdown, reached: 0, gathered, behind: false, idle: 0, paced }
    }

    /// Gathers until the run is over or nobody watches any more.
    pub(super) async fn run(mut self) {
        let over = loop {
            let told =
                if self.channel.ring().from.is_none() { self.begin().await } else { self.gather().await };
            match told {
                Ok(Outlook::GoesOn) if self.channel.is_abandoned() => return,
                Ok(Outlook::GoesOn) => {}
                Ok(Outlook::Over) => break true,
                Ok(Outlook::Lost) => break false,
                Err(error) => {
                    tracing::warn!(run = %self.id, %error, "the log of a run cannot be read");
                    break false;
                }
            }
        };
        self.channel.close(over);
    }

    /// Finds the end of the log, from which on it is gathered.
    async fn begin(&mut self) -> Result<Outlook, StoreError> {
        self.reached = self.store.last_event(&self.id).await?;
        let last = match self.reached.checked_sub(1) {
            Some(before) => self.store.events_after(&self.id, before, 1).await?,
            None => Vec::new(),
        };
        let over = match last.last() {
            Some(last) => last.what.is_final(),
            None => self.is_over_in_store().await?,
        };
        self.channel.begin(self.reached);
        Ok(if over { Outlook::Over } else { Outlook::GoesOn })
    }

    /// Gathers the next batch and tells it; nothing where something else happened meanwhile.
    async fn gather(&mut self) -> Result<Outlook, StoreError> {
        if self.behind {
            self.read().await?;
        } else if let Some(outlook) = self.wait().await? {
            return Ok(outlook);
        }
        self.gather_until_due().await;
        if self.gathered.is_empty() {
            return Ok(Outlook::GoesOn);
        }
        let events = std::mem::take(&mut self.gathered);
        let over = events.last().is_some_and(|last| last.what.is_final());
        self.channel.publish(events);
        self.paced = self.paced.max(Instant::now()) + TELL_EVERY;
        Ok(if over { Outlook::Over } else { Outlook::GoesOn })
    }

    /// Waits for the first events of a batch.
    async fn wait(&mut self) -> Result<Option<Outlook>, StoreError> {
        let elsewhere = !self.channel.is_written_here();
        tokio::select! {
            biased;
            heard = self.feed.recv() => self.hear(heard),
            () = self.channel.changed.notified() => {}
            () = self.shutdown.cancelled(), if elsewhere => return Ok(Some(Outlook::Lost)),
            () = tokio::time::sleep(LOOK_EVERY), if elsewhere => return self.look().await,
        }
        Ok(None)
    }

    /// Adds what the feed brings until the next batch may be told.
    async fn gather_until_due(&mut self) {
        let ahead = self.paced.saturating_duration_since(Instant::now());
        let due = Instant::now() + ahead.saturating_sub(TELL_EVERY * (BURST - 1));
        while !self.gathered.is_empty()
            && self.gathered.len() < MANY
            && !self.behind
            && !self.gathered.last().is_some_and(|last| last.what.is_final())
        {
            match tokio::time::timeout_at(due, self.feed.recv()).await {
                Ok(heard) => self.hear(heard),
                Err(_) => return,
            }
        }
    }

    /// Adds what is new of a portion of the feed.
    fn hear(&mut self, heard: Result<Arc<[RunEvent]>, RecvError>) {
        // The channel itself holds the sending end: the feed is never closed.
        let Ok(events) = heard else {
            self.behind = true;
            return;
        };
        let known = self.reached;
        for event in events.iter().filter(|event| event.seq > known) {
            if event.seq != self.reached + 1 {
                self.behind = true;
                return;
            }
            self.reached = event.seq;
            self.gathered.push(event.clone());
        }
    }

    async fn read(&mut self) -> Result<(), StoreError> {
        let events = self.store.events_after(&self.id, self.reached, PAGE).await?;
        self.behind = events.len() >= PAGE as usize;
        self.reached = events.last().map_or(self.reached, |last| last.seq);
        self.gathered.extend(events);
        Ok(())
    }

    /// Looks for news in the store.
    async fn look(&mut self) -> Result<Option<Outlook>, StoreError> {
        if self.store.last_event(&self.id).await? > self.reached {
            self.idle = 0;
            self.read().await?;
            return Ok(None);
        }
        self.idle += 1;
        if self.idle.is_multiple_of(LOOKS) && self.is_over_in_store().await? {
            return Ok(Some(Outlook::Over));
        }
        Ok(None)
    }

    /// Whether nothing will follow although the log does not say so: there is no such run, or its log is deleted.
    async fn is_over_in_store(&self) -> Result<bool, StoreError> {
        let over = self.store.run(&self.id).await?.is_none_or(|run| run.state.is_final());
        // A run that ended between two looks has told everything before it was over.
        Ok(over && self.store.last_event(&self.id).await? <= self.reached)
    }
}
