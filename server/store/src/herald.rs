//! What people were told of events, and who of several processes does the telling.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::announcement::EventFacts;
use regatta_domain::ids::EventId;

use crate::StoreError;

/// What people were told of one event.
#[derive(Clone, Debug, PartialEq)]
pub struct Announced {
    /// The facts as they were last told.
    pub told: EventFacts,
    /// When those were told, or first seen.
    pub told_at: Timestamp,
    /// How often told facts changed: the SEQUENCE of the event's own calendar entry (RFC 5545 section 3.8.7.4).
    pub sequence: i64,
    /// Other facts, seen since this moment and not told yet.
    pub pending: Option<(EventFacts, Timestamp)>,
    /// When those who follow were told that it was published.
    pub published_at: Option<Timestamp>,
    /// When those who were there got the mail for afterwards.
    pub wrapped_up_at: Option<Timestamp>,
}

/// What outlives and coordinates single processes.
#[async_trait]
pub trait HeraldStore: Send + Sync {
    /// What people were last told of `event`, for showing.
    async fn announced(&self, event: &EventId) -> Result<Option<Announced>, StoreError>;

    /// Takes or renews the lease `name` for `holder` until `until`; `false` where somebody else holds it at `now`.
    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Gives a lease back, so that nobody has to wait for its end. Nothing where somebody else holds it.
    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError>;

    /// The value kept for life under `name`: `first` where none is kept yet, whoever of several asks first.
    async fn kept(&self, name: &str, first: &str) -> Result<String, StoreError>;
}
