//! An outbox that has trouble writing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::ids::MailId;
use regatta_store::outbox::{
    ClaimedMail, MailFilter, MailState, OutboxHealth, OutboxStore, Rates, Settlement, StoredMail, Suppression,
};
use regatta_store::{Store, StoreError};

/// The store, but for the troubles it has, first to come first.
pub struct Stumbling {
    /// The store.
    pub store: Arc<dyn Store>,
    /// What the next settlements end with.
    pub settling: Mutex<VecDeque<StoreError>>,
    /// What the next notes of a text being handed over end with.
    pub noting: Mutex<VecDeque<StoreError>>,
}

impl Stumbling {
    /// A store without troubles.
    pub fn over(store: &Arc<dyn Store>) -> Self {
        Self { store: Arc::clone(store), settling: Mutex::default(), noting: Mutex::default() }
    }

    /// How many troubles with settling are left.
    pub fn left(&self) -> usize {
        self.settling.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// What a store says whose disk is full.
pub fn full() -> StoreError {
    StoreError::Address("the disk is full".into())
}

fn stumble(troubles: &Mutex<VecDeque<StoreError>>) -> Result<(), StoreError> {
    troubles.lock().unwrap_or_else(PoisonError::into_inner).pop_front().map_or(Ok(()), Err)
}

#[async_trait]
impl OutboxStore for Stumbling {
    async fn claim(
        &self,
        worker: &str,
        rates: Rates,
        now: Timestamp,
    ) -> Result<Option<ClaimedMail>, StoreError> {
        self.store.claim(worker, rates, now).await
    }

    async fn hand_over(&self, worker: &str, id: &MailId, now: Timestamp) -> Result<(), StoreError> {
        stumble(&self.noting)?;
        self.store.hand_over(worker, id, now).await
    }

    async fn settle(
        &self,
        worker: &str,
        id: &MailId,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        stumble(&self.settling)?;
        self.store.settle(worker, id, settlement, now).await
    }

    async fn mark_interrupted(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.store.mark_interrupted(now).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.store.next_due().await
    }

    async fn health(&self) -> Result<OutboxHealth, StoreError> {
        self.store.health().await
    }

    async fn mails(&self, filter: &MailFilter) -> Result<Vec<StoredMail>, StoreError> {
        self.store.mails(filter).await
    }

    async fn retry(&self, id: &MailId, now: Timestamp) -> Result<Option<MailState>, StoreError> {
        self.store.retry(id, now).await
    }

    async fn abort(&self, id: &MailId, why: &str, now: Timestamp) -> Result<Option<MailState>, StoreError> {
        self.store.abort(id, why, now).await
    }

    async fn mail(&self, id: &MailId) -> Result<Option<StoredMail>, StoreError> {
        self.store.mail(id).await
    }

    async fn suppress(&self, suppression: &Suppression) -> Result<(), StoreError> {
        self.store.suppress(suppression).await
    }

    async fn suppression(&self, normalized: &str) -> Result<Option<Suppression>, StoreError> {
        self.store.suppression(normalized).await
    }

    async fn suppressions(&self) -> Result<Vec<Suppression>, StoreError> {
        self.store.suppressions().await
    }

    async fn unsuppress(&self, normalized: &str) -> Result<bool, StoreError> {
        self.store.unsuppress(normalized).await
    }

    async fn purge_settled(&self, before: Timestamp, forget_before: Timestamp) -> Result<u32, StoreError> {
        self.store.purge_settled(before, forget_before).await
    }
}
