//! The rounds that one of several processes makes: news of events, reminders, thanks afterwards, erasing what is due.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use regatta_store::StoreError;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::herald::Heralded;
use crate::reminders::SeenTo;
use crate::retention::Purged;

/// What the store calls the right to make the rounds.
const LEASE: &str = "herald";

/// For how long that right is taken each time. When its holder dies, another one takes over after this time.
const LEASE_TIME: SignedDuration = SignedDuration::from_secs(30);

impl Desk {
    /// Makes the rounds `every` so often until `stop`, while no other process does: the right is `holder`'s, a name that
    /// no other process has. What fails is told in the log and made up for by the next round. At the end the right is
    /// given back.
    ///
    /// That two processes never make the rounds at once is only thrift: each mail is owed once whoever causes it how
    /// often.
    pub async fn keep_heralding(&self, every: Duration, holder: &str, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen_to = SeenTo::default();
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            match self.leads(holder).await {
                Ok(true) => self.make_round(&mut seen_to).await,
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "cannot tell who makes the rounds"),
            }
        }
        if let Err(error) = self.store.release(LEASE, holder).await {
            tracing::warn!(%error, "others can only make the rounds once the lease is over");
        }
    }

    async fn leads(&self, holder: &str) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let until = now.checked_add(LEASE_TIME).unwrap_or(Timestamp::MAX);
        self.store.lease(LEASE, holder, now, until).await
    }

    /// One round. What fails keeps nothing else from being done.
    async fn make_round(&self, seen_to: &mut SeenTo) {
        match self.herald().await {
            Ok(done) if done == Heralded::default() => {}
            Ok(Heralded { changes, published, mails }) => {
                tracing::info!(changes, published, mails, "told the news");
            }
            Err(error) => tracing::error!(%error, "not all news could be told"),
        }
        tell_mails(self.remind(seen_to).await, "reminders");
        tell_mails(self.wrap_up().await, "thanks afterwards");
        match self.purge().await {
            Ok(done) if done == Purged::default() => {}
            Ok(Purged { registrations, recipients, follows }) => {
                tracing::info!(registrations, recipients, follows, "erased what was kept long enough");
            }
            Err(error) => tracing::error!(%error, "what is due could not be erased"),
        }
    }
}

fn tell_mails(outcome: Result<u32, StoreError>, what: &'static str) {
    match outcome {
        Ok(0) => {}
        Ok(mails) => tracing::info!(mails, what, "owed by time"),
        Err(error) => tracing::error!(%error, what, "could not be owed"),
    }
}
