//! The worker that empties the outbox: claim, write, send, settle.
//!
//! No database transaction is open while a server is spoken to. What is noted when, says what is known of a mail whose
//! worker died, by the moment at which it died:
//!
//! 1. before the claim: the mail is owed, and the next worker claims it;
//! 2. claimed, being written, or with a server that has not said yes to its recipient: nothing was delivered; once the
//!    worker's lease is over, the mail is owed again as if it was never claimed. So it is after some minutes of a worker
//!    that lives, too, as it may not know of its claim: the store's answer can get lost on the way to it;
//! 3. its text noted as being handed over, and no settlement: nobody knows. It becomes unknown, is never sent again by
//!    itself, and waits for a person: a mail that may be missing can be sent by hand, a mail that came twice cannot be
//!    taken back;
//! 4. settled: it is sent, owed once more or failed, as the settlement says.
//!
//! A worker that is only asleep is taken for dead as well. When it wakes up, what was taken back from it cannot be noted as
//! being handed over any more, so that it does not send what another worker may have sent.

mod delivery;
mod hold;
mod lease;
mod tally;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use regatta_domain::ids::MailId;
use regatta_domain::ports::{Clock, Entropy};
use regatta_store::StoreError;
use regatta_store::herald::HeraldStore;
use regatta_store::outbox::{ClaimedMail, OutboxStore, Rates, Settlement};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::letter::LetterSource;
use crate::stationery::Stationery;
use crate::transport::Transport;
use delivery::Delivery;
use hold::Hold;
use lease::Lease;
use tally::Tallies;
pub use tally::Tally;

/// The longest pause between two looks at the outbox. Whoever stores a mail wakes the worker, so this only matters for
/// mail that another process stored.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The pause where mail is due and yet must not be sent: the rates allow no more, or all mail is held back.
const HELD_PAUSE: Duration = Duration::from_secs(1);
/// How long a connection is kept without mail for it.
const CONNECTION_UNUSED: Duration = Duration::from_secs(10);
/// How long to wait, each time, before a settlement that could not be stored is tried again; the last one is repeated.
const SETTLE_PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// What a worker works with.
pub struct WorkerParts {
    /// The outbox.
    pub outbox: Arc<dyn OutboxStore>,
    /// Where the worker shows that it is alive.
    pub leases: Arc<dyn HeraldStore>,
    /// Who knows what a mail has to say.
    pub letters: Arc<dyn LetterSource>,
    /// Where mail goes.
    pub transport: Transport,
    /// What every mail is written on.
    pub stationery: Stationery,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Notified by whoever stored a mail.
    pub wake: Arc<Notify>,
    /// How it works.
    pub settings: WorkerSettings,
    /// What it is called; no other process may have a worker of this name ([`worker_name`]).
    pub name: String,
}

/// How a worker works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerSettings {
    /// How many mails it sends at the same time.
    pub at_once: usize,
    /// How much may be sent, by all workers of all processes.
    pub rates: Rates,
    /// How long, once it is to stop, it may go on with mails whose text is being handed over.
    pub drain: Duration,
}

/// A name that no other worker has.
pub fn worker_name(entropy: &dyn Entropy) -> String {
    format!("mailroom-{}", MailId::random(entropy))
}

/// Sends what the outbox owes, several mails at the same time.
pub struct OutboxWorker {
    parts: WorkerParts,
    lease: Arc<Lease>,
    hold: Hold,
    tallies: Tallies,
}

impl OutboxWorker {
    /// A worker with these parts. It does nothing yet.
    pub fn new(parts: WorkerParts) -> Self {
        let lease = Lease {
            leases: Arc::clone(&parts.leases),
            outbox: Arc::clone(&parts.outbox),
            clock: Arc::clone(&parts.clock),
            name: parts.name.clone(),
            until: Mutex::default(),
        };
        Self { parts, lease: Arc::new(lease), hold: Hold::default(), tallies: Tallies::default() }
    }

    /// What came of the mails that this worker took on, so far.
    pub fn tally(&self) -> Tally {
        self.tallies.read()
    }

    /// Works until `stop` is cancelled. Mails whose text is being handed over by then are finished and settled first, as
    /// far as that takes no longer than [`WorkerSettings::drain`].
    pub async fn run(&self, stop: CancellationToken) {
        self.lease.renew().await;
        self.lease.recover().await;
        let over = CancellationToken::new();
        let keeping = tokio::spawn(Arc::clone(&self.lease).keep(over.clone()));
        let ended = self.serve(&stop).await;
        over.cancel();
        if let Err(error) = keeping.await {
            tracing::error!(%error, "the mail worker's lease was not kept to the end");
        }
        if ended {
            self.lease.release().await;
        } else {
            // The lease ends by itself; whoever looks then takes the claims back.
            tracing::error!("mails were still being handed over when the mail worker had to stop");
        }
        self.parts.transport.rest(Duration::ZERO).await;
    }

    /// Sends every mail that is due, until none is or `stop` is cancelled. Returns how many were settled.
    pub async fn deliver_due(&self, stop: &CancellationToken) -> Result<u32, StoreError> {
        if !self.lease.is_held() {
            self.lease.renew().await;
        }
        let desks = (0..self.parts.settings.at_once).map(|_| self.work_off(stop));
        join_all(desks).await.into_iter().sum()
    }

    /// Serves until `stop` is cancelled. Returns whether everything begun was brought to its end in time.
    async fn serve(&self, stop: &CancellationToken) -> bool {
        let desks = join_all((0..self.parts.settings.at_once).map(|_| self.stay(stop)));
        let overdue = async {
            stop.cancelled().await;
            tokio::time::sleep(self.parts.settings.drain).await;
        };
        tokio::select! {
            _ = desks => true,
            () = overdue => false,
        }
    }

    /// One of those who send: sends whatever is due, and waits for more.
    async fn stay(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.work_off(stop).await {
                tracing::error!(%error, "the outbox cannot be read or written");
            }
            self.parts.transport.rest(CONNECTION_UNUSED).await;
            let pause = self.pause().await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.parts.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn work_off(&self, stop: &CancellationToken) -> Result<u32, StoreError> {
        let mut settled = 0;
        while !stop.is_cancelled() {
            let Some(claimed) = self.claim().await? else { break };
            // Where there was one there may be more: one wakes the next, as whoever stored them wakes one only.
            self.parts.wake.notify_one();
            let Some(settlement) = self.deliver(&claimed, stop).await else { continue };
            self.settle(&claimed, &settlement, stop).await?;
            settled += 1;
        }
        Ok(settled)
    }

    async fn claim(&self) -> Result<Option<ClaimedMail>, StoreError> {
        let now = self.parts.clock.now();
        if !self.lease.is_held() || self.hold.until(now).is_some() {
            return Ok(None);
        }
        self.parts.outbox.claim(&self.parts.name, self.parts.settings.rates, now).await
    }

    async fn deliver(&self, claimed: &ClaimedMail, stop: &CancellationToken) -> Option<Settlement> {
        let begun = AtomicBool::new(false);
        Delivery { parts: &self.parts, hold: &self.hold, claimed, stop, begun }.run().await
    }

    /// Stores what came of a mail, however long the store is out of order: nobody else knows it. Who has to stop tries a few
    /// times; what is not stored by then is taken for an interruption by whoever looks next.
    async fn settle(
        &self,
        claimed: &ClaimedMail,
        settlement: &Settlement,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        report(claimed, settlement);
        self.tallies.count(settlement);
        let id = &claimed.mail.id;
        let [.., last] = SETTLE_PAUSES;
        let mut pauses = SETTLE_PAUSES.into_iter();
        loop {
            let now = self.parts.clock.now();
            let error = match self.parts.outbox.settle(&self.parts.name, id, settlement, now).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Stale(_)) => {
                    tracing::error!(
                        mail = id.as_str(),
                        came = ?short(settlement),
                        "this worker was taken for dead while it sent a mail, which stays unknown"
                    );
                    return Ok(());
                }
                Err(error) => error,
            };
            let pause = match pauses.next() {
                Some(pause) => pause,
                None if stop.is_cancelled() => return Err(error),
                None => last,
            };
            tracing::warn!(%error, mail = id.as_str(), "a mail could not be settled, trying again");
            tokio::time::sleep(pause).await;
        }
    }

    /// How long there is nothing to do: until the next mail may be sent, at most [`LONGEST_PAUSE`].
    async fn pause(&self) -> Duration {
        let now = self.parts.clock.now();
        if self.hold.until(now).is_some() {
            return HELD_PAUSE;
        }
        match self.parts.outbox.next_due().await {
            Ok(Some(due)) if due <= now => HELD_PAUSE,
            Ok(Some(due)) => until(due, now).min(LONGEST_PAUSE),
            Ok(None) | Err(_) => LONGEST_PAUSE,
        }
    }
}

/// The time from `now` to `due`; at least a moment.
fn until(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or_default().max(Duration::from_millis(10))
}

/// What came of a mail in one word, without anybody's words.
fn short(settlement: &Settlement) -> &'static str {
    match settlement {
        Settlement::Sent => "sent",
        Settlement::Retry { .. } => "retry",
        Settlement::Failed { .. } => "failed",
        Settlement::Unknown { .. } => "unknown",
        Settlement::Dropped { .. } => "dropped",
    }
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
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_never_empty() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(until(now, now + Duration::from_secs(9)), Duration::from_millis(10));
        assert_eq!(until(now + Duration::from_secs(9), now), Duration::from_secs(9));
    }
}
