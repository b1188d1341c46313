//! The sign of life by which a worker's claims are told from those of a worker that died.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use regatta_domain::ports::Clock;
use regatta_store::herald::HeraldStore;
use regatta_store::outbox::OutboxStore;
use tokio_util::sync::CancellationToken;

/// How long a sign of life lasts: after so long without one, a worker's claims are taken back from it.
const TERM: SignedDuration = SignedDuration::from_secs(30);
/// How often it is renewed: two renewals may fail before it is lost.
const RENEWAL: Duration = Duration::from_secs(10);

/// A worker's lease of its own name.
pub(super) struct Lease {
    pub(super) leases: Arc<dyn HeraldStore>,
    pub(super) outbox: Arc<dyn OutboxStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) name: String,
    pub(super) until: Mutex<Option<Timestamp>>,
}

impl Lease {
    /// Whether the worker may claim mail: without the lease, its claims would be taken for a dead worker's.
    pub(super) fn is_held(&self) -> bool {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| self.clock.now() < until)
    }

    /// Takes or renews the lease. Returns whether it is held now.
    pub(super) async fn renew(&self) -> bool {
        let now = self.clock.now();
        let until = now.checked_add(TERM).unwrap_or(Timestamp::MAX);
        match self.leases.lease(&self.name, &self.name, now, until).await {
            Ok(true) => self.set(Some(until)),
            Ok(false) => {
                tracing::error!(worker = self.name, "another process sends mail under this worker's name");
                self.set(None);
            }
            // What is held, is held until its term is over.
            Err(error) => tracing::error!(%error, "the mail worker cannot renew its lease"),
        }
        self.is_held()
    }

    /// Takes back the claims of workers that died: mail whose text they were handing over, nobody knows about.
    pub(super) async fn recover(&self) {
        match self.outbox.mark_interrupted(self.clock.now()).await {
            Ok(0) => {}
            Ok(count) => {
                tracing::error!(count, "mails were interrupted while being sent; they are not sent again");
            }
            Err(error) => tracing::error!(%error, "interrupted mails cannot be marked"),
        }
    }

    /// Renews the lease, and looks for workers that died, until `over`.
    pub(super) async fn keep(self: Arc<Self>, over: CancellationToken) {
        let kept = async {
            loop {
                tokio::time::sleep(RENEWAL).await;
                self.renew().await;
                self.recover().await;
            }
        };
        over.run_until_cancelled(kept).await;
    }

    /// Gives it back: nothing is claimed by this worker any more.
    pub(super) async fn release(&self) {
        self.set(None);
        if let Err(error) = self.leases.release(&self.name, &self.name).await {
            tracing::warn!(%error, "the mail worker cannot give its lease back; it ends by itself");
        }
    }

    fn set(&self, until: Option<Timestamp>) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }
}
