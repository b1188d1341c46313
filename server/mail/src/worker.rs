//! The worker that empties the outbox: claim, write, send, settle.
//!
//! No database transaction is open while a server is spoken to: a mail is claimed, and settled by what came of it. A mail
//! whose fate is not known, because the connection broke after the text or because the program died while sending, is
//! settled as unknown and never sent again by itself: a mail that may be missing can be sent by hand, a mail that came
//! twice cannot be taken back.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use regatta_domain::ports::Clock;
use regatta_store::StoreError;
use regatta_store::outbox::{ClaimedMail, OutboxStore, Settlement};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::backoff::next_attempt;
use crate::letter::LetterSource;
use crate::mime::{Outgoing, render};
use crate::sender::Sender;
use crate::transport::{SendError, Transport};

/// The longest pause between two looks at the outbox. Whoever stores a mail wakes the worker, so this only matters for
/// mail that another process stored.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How much of a server's words is kept with the mail, in characters.
const MAX_WORDS: usize = 500;
/// How long to wait, each time, before a settlement that could not be stored is tried again.
const SETTLE_PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// Sends what the outbox owes, one mail after the other.
pub struct OutboxWorker {
    /// The outbox.
    pub store: Arc<dyn OutboxStore>,
    /// Who knows what a mail has to say.
    pub letters: Arc<dyn LetterSource>,
    /// Where mail goes.
    pub transport: Transport,
    /// Who it is from.
    pub sender: Sender,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Notified by whoever stored a mail.
    pub wake: Arc<Notify>,
}

impl OutboxWorker {
    /// Works until `stop` is cancelled. A mail that is being sent by then is finished and settled first.
    pub async fn run(&self, stop: CancellationToken) {
        self.recover().await;
        while !stop.is_cancelled() {
            if let Err(error) = self.deliver_due(&stop).await {
                tracing::error!(%error, "the outbox cannot be read or written");
            }
            self.transport.rest().await;
            let pause = self.pause().await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Sends every mail that is due, until none is or `stop` is cancelled. Returns how many were settled.
    pub async fn deliver_due(&self, stop: &CancellationToken) -> Result<u32, StoreError> {
        let mut settled = 0;
        while !stop.is_cancelled() {
            let Some(claimed) = self.store.claim(self.clock.now()).await? else { break };
            let settlement = self.deliver(&claimed).await;
            report(&claimed, &settlement);
            self.settle(&claimed, &settlement).await?;
            settled += 1;
        }
        Ok(settled)
    }

    /// Stores what came of a mail, with some patience: what is not stored is taken for an interruption by the next life
    /// of this program, though the mail may well have been sent.
    async fn settle(&self, claimed: &ClaimedMail, settlement: &Settlement) -> Result<(), StoreError> {
        for pause in SETTLE_PAUSES {
            match self.store.settle(&claimed.mail.id, settlement, self.clock.now()).await {
                Err(error) if !matches!(error, StoreError::Stale(_)) => {
                    tracing::warn!(%error, "a mail could not be settled, trying again");
                    tokio::time::sleep(pause).await;
                }
                settled => return settled,
            }
        }
        self.store.settle(&claimed.mail.id, settlement, self.clock.now()).await
    }

    /// Mails that an earlier life of this program claimed and never settled: nobody knows whether they arrived.
    async fn recover(&self) {
        match self.store.mark_interrupted(self.clock.now()).await {
            Ok(0) => {}
            Ok(count) => {
                tracing::warn!(count, "mails were interrupted while being sent; they are not sent again");
            }
            Err(error) => tracing::error!(%error, "interrupted mails cannot be marked"),
        }
    }

    async fn deliver(&self, claimed: &ClaimedMail) -> Settlement {
        let mail = match self.write(claimed).await {
            Ok(mail) => mail,
            Err(settlement) => return settlement,
        };
        match self.transport.send(&mail).await {
            Ok(()) => Settlement::Sent,
            Err(SendError::Temporary(why)) => self.later(claimed, &why),
            Err(SendError::Refused(why)) => Settlement::Failed { why: shortened(&why) },
            Err(SendError::Unanswered(why)) => Settlement::Unknown { why: shortened(&why) },
        }
    }

    /// The mail as it reads at this moment, or how to settle it where there is none.
    async fn write(&self, claimed: &ClaimedMail) -> Result<Outgoing, Settlement> {
        match self.letters.letter(claimed).await {
            Ok(Some(letter)) => render(&letter, &self.sender, self.clock.now())
                .map_err(|error| Settlement::Failed { why: shortened(&error.to_string()) }),
            Ok(None) => Err(Settlement::Dropped { why: "the registration moved on".to_owned() }),
            Err(error) => Err(self.later(claimed, &error.to_string())),
        }
    }

    fn later(&self, claimed: &ClaimedMail, why: &str) -> Settlement {
        let why = shortened(why);
        match next_attempt(claimed.attempt, self.clock.now()) {
            Some(at) => Settlement::Retry { at, why },
            None => Settlement::Failed { why },
        }
    }

    /// How long there is nothing to do: until the next mail is due, at most [`LONGEST_PAUSE`].
    async fn pause(&self) -> Duration {
        match self.store.next_due().await {
            Ok(Some(due)) => until(due, self.clock.now()).min(LONGEST_PAUSE),
            Ok(None) | Err(_) => LONGEST_PAUSE,
        }
    }
}

/// The time from `now` to `due`; at least a moment, so that a store that fails is not asked without end.
fn until(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or_default().max(Duration::from_millis(10))
}

fn shortened(why: &str) -> String {
    why.chars().take(MAX_WORDS).collect()
}

/// Tells the log how it went, without addresses, links and the server's words, which may repeat them.
fn report(claimed: &ClaimedMail, settlement: &Settlement) {
    let (mail, kind, attempt) = (claimed.mail.id.as_str(), claimed.mail.kind.as_str(), claimed.attempt);
    match settlement {
        Settlement::Sent => tracing::info!(mail, kind, attempt, "mail sent"),
        Settlement::Dropped { .. } => {
            tracing::info!(mail, kind, "mail dropped, there is nothing to tell any more");
        }
        Settlement::Retry { at, .. } => {
            tracing::warn!(mail, kind, attempt, %at, "mail not sent, trying again");
        }
        Settlement::Failed { .. } => tracing::error!(mail, kind, attempt, "mail failed for good"),
        Settlement::Unknown { .. } => {
            tracing::error!(mail, kind, attempt, "mail may or may not have arrived");
        }
    }
}

#[cfg(test)]
mod tests;
