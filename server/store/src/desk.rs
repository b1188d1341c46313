//! Registrations, and the transaction in which they and their mail change together.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::ids::{EventId, RegistrationId};
use regatta_domain::registration::{Registration, SeatCount};

use crate::StoreError;
use crate::outbox::{MailKind, NewMail};

/// Registrations as the desk keeps them.
#[async_trait]
pub trait DeskStore: Send + Sync {
    /// Begins a transaction in which nobody else changes the desk. Dropping it undoes everything.
    async fn begin(&self) -> Result<Box<dyn DeskTransaction>, StoreError>;

    /// The registration with this identity.
    async fn registration(&self, id: &RegistrationId) -> Result<Option<Registration>, StoreError>;

    /// How the seats of `event` are taken at this moment: for showing, never for deciding.
    async fn seats(&self, event: &EventId) -> Result<SeatCount, StoreError>;

    /// The events that have unconfirmed registrations whose time is over at `now`.
    async fn events_with_lapsed_holds(&self, now: Timestamp) -> Result<Vec<EventId>, StoreError>;

    /// The events at which somebody with a confirmed address waits for a seat.
    async fn events_with_waiting(&self) -> Result<Vec<EventId>, StoreError>;

    /// How many registrations stand in line for their event up to this one, itself included; `None` where it does not
    /// wait. Those before it that are not confirmed yet count, so that the position can only get better.
    async fn waitlist_position(&self, id: &RegistrationId) -> Result<Option<u32>, StoreError>;
}

/// A transaction at the desk: what it reads stays true until it ends.
#[async_trait]
pub trait DeskTransaction: Send {
    /// How the seats of `event` are taken.
    async fn seats(&mut self, event: &EventId) -> Result<SeatCount, StoreError>;

    /// The registration with this identity.
    async fn registration(&mut self, id: &RegistrationId) -> Result<Option<Registration>, StoreError>;

    /// The live registration of this address (in normal form) for `event`.
    async fn live_by_address(
        &mut self,
        event: &EventId,
        normalized: &str,
    ) -> Result<Option<Registration>, StoreError>;

    /// The next place in the order of arrival for `event`, from 1, never given twice.
    async fn next_place(&mut self, event: &EventId) -> Result<i64, StoreError>;

    /// Everybody who waits for a seat at `event`, confirmed or not, by place.
    async fn line(&mut self, event: &EventId) -> Result<Vec<Registration>, StoreError>;

    /// The unconfirmed registrations for `event` whose time is over at `now`, by place.
    async fn lapsed_holds(
        &mut self,
        event: &EventId,
        now: Timestamp,
    ) -> Result<Vec<Registration>, StoreError>;

    /// Stores a new registration; [`StoreError::Stale`] where its address got a live one, or its place was given, in
    /// between.
    async fn add(&mut self, registration: &Registration) -> Result<(), StoreError>;

    /// Stores a changed registration and raises its version; [`StoreError::Stale`] where `registration.version` is not
    /// the stored one.
    async fn save(&mut self, registration: &Registration) -> Result<(), StoreError>;

    /// Puts a mail into the outbox, to be sent once this transaction is committed and never otherwise.
    async fn enqueue(&mut self, mail: &NewMail) -> Result<(), StoreError>;

    /// Whether a mail of this kind was caused for this registration at `since` or later, in this transaction or before.
    async fn mailed_since(
        &mut self,
        registration: &RegistrationId,
        kind: MailKind,
        since: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Makes everything durable. When this returns, it is on disk.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
