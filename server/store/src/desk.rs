//! Registrations, and the transaction in which they and their mail change together.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::event::EventOverride;
use regatta_domain::history::HistoryEntry;
use regatta_domain::ids::{BookingId, EventId, RegistrationId};
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::seats::{Attendance, Seats};

use crate::StoreError;
use crate::herald::Announced;
use crate::outbox::{MailKind, NewMail};
use crate::records::AuditEntry;

/// Registrations as the desk keeps them. A registration whose data was erased is found by nobody any more; it only
/// counts.
#[async_trait]
pub trait DeskStore: Send + Sync {
    /// Begins a transaction in which nobody else, in this process or another, changes the desks of these `events`.
    /// Dropping it undoes everything. Desks are always taken in the same order, so that no two transactions wait for each
    /// other.
    async fn begin(&self, events: &[EventId]) -> Result<Box<dyn DeskTransaction>, StoreError>;

    /// The registration with this identity.
    async fn registration(&self, id: &RegistrationId) -> Result<Option<Registration>, StoreError>;

    /// How the seats of `event` are taken at this moment: for showing, never for deciding.
    async fn seats(&self, event: &EventId) -> Result<Seats, StoreError>;

    /// What the organizers decided otherwise for `event`: for showing, never for deciding.
    async fn overrides(&self, event: &EventId) -> Result<EventOverride, StoreError>;

    /// The events that have unconfirmed registrations whose time is over at `now`.
    async fn events_with_lapsed_holds(&self, now: Timestamp) -> Result<Vec<EventId>, StoreError>;

    /// Those of these registrations whose mail that asks to confirm is owed: waits for an attempt, or is being sent. One
    /// mail may ask for all that was registered together.
    async fn owing_confirmation(&self, ids: &[RegistrationId]) -> Result<Vec<RegistrationId>, StoreError>;

    /// The events at which somebody with a confirmed address waits for a seat.
    async fn events_with_waiting(&self) -> Result<Vec<EventId>, StoreError>;

    /// How many registrations stand in line for their event and kind of seats up to this one, itself included; `None`
    /// where it does not wait. Those before it that are not confirmed yet count, so that the position can only get
    /// better.
    async fn waitlist_position(&self, id: &RegistrationId) -> Result<Option<u32>, StoreError>;

    /// What happened to a registration, first things first.
    async fn history(&self, id: &RegistrationId) -> Result<Vec<HistoryEntry>, StoreError>;

    /// Every registration of this address (in normal form), live or over, newest first.
    async fn by_address(&self, normalized: &str) -> Result<Vec<Registration>, StoreError>;

    /// What was registered together, by event.
    async fn booking(&self, id: &BookingId) -> Result<Vec<Registration>, StoreError>;

    /// The registrations that `filter` lets through, by event and place; at most `filter.limit`.
    async fn list(&self, filter: &RegistrationFilter) -> Result<Vec<Registration>, StoreError>;

    /// Registrations whose data is due to be erased at `now` and that no owed mail speaks of any more; at most `limit`.
    async fn due_for_purge(&self, now: Timestamp, limit: u32) -> Result<Vec<RegistrationId>, StoreError>;

    /// Erases name, address, answers, history, feedback comment and the recipients of settled mails of these
    /// registrations. What is left counts seats and says nothing of anybody. Live ones must have been cancelled before.
    async fn erase(&self, ids: &[RegistrationId], now: Timestamp) -> Result<Erased, StoreError>;
}

/// Which registrations to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistrationFilter {
    /// Only for this event.
    pub event: Option<EventId>,
    /// Only in one of these states; all where empty.
    pub states: Vec<RegistrationState>,
    /// Only where name or address contain this; the letters A to Z also in the other case.
    pub search: Option<String>,
    /// Only those after this one in the order of the list: the next page.
    pub after: Option<(EventId, i64)>,
    /// At most so many.
    pub limit: u32,
}

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Registrations.
    pub registrations: u32,
    /// Recipients of mails.
    pub mails: u32,
}

/// A transaction at some desks: what it reads of them stays true until it ends.
#[async_trait]
pub trait DeskTransaction: Send {
    /// How the seats of `event` are taken, what this transaction did included.
    async fn seats(&mut self, event: &EventId) -> Result<Seats, StoreError>;

    /// What the organizers decided otherwise for `event`.
    async fn overrides(&mut self, event: &EventId) -> Result<EventOverride, StoreError>;

    /// The registration with this identity.
    async fn registration(&mut self, id: &RegistrationId) -> Result<Option<Registration>, StoreError>;

    /// The live registrations of these addresses (in normal form) for `event`, in no order.
    async fn live_by_addresses(
        &mut self,
        event: &EventId,
        normalized: &[String],
    ) -> Result<Vec<Registration>, StoreError>;

    /// Takes the next `count` places in the order of arrival for `event` and returns the first of them. From 1, never
    /// given twice.
    async fn next_places(&mut self, event: &EventId, count: u32) -> Result<i64, StoreError>;

    /// The first `limit` in line for this kind of seats at `event` whose address is confirmed, by place.
    async fn line(
        &mut self,
        event: &EventId,
        attendance: Attendance,
        limit: u32,
    ) -> Result<Vec<Registration>, StoreError>;

    /// The unconfirmed registrations for `event` whose time is over at `now`, by place.
    async fn lapsed_holds(
        &mut self,
        event: &EventId,
        now: Timestamp,
    ) -> Result<Vec<Registration>, StoreError>;

    /// Those of these registrations whose mail that asks to confirm is owed; see [`DeskStore::owing_confirmation`].
    async fn owing_confirmation(&mut self, ids: &[RegistrationId])
    -> Result<Vec<RegistrationId>, StoreError>;

    /// Registrations for `event` in one of these states, by place.
    async fn standing_in(
        &mut self,
        event: &EventId,
        states: &[RegistrationState],
    ) -> Result<Vec<Registration>, StoreError>;

    /// Stores new registrations, all or none, and counts their seats; [`StoreError::Stale`] where an address got a live
    /// one, or a place was given, in between.
    async fn add(&mut self, registrations: &[Registration]) -> Result<(), StoreError>;

    /// Stores `after` where `before` is still what is stored (by its version), raises its version and counts its seats;
    /// [`StoreError::Stale`] otherwise. Identity, event and place never change.
    async fn save(&mut self, before: &Registration, after: &Registration) -> Result<(), StoreError>;

    /// Raises sequence and version of these registrations by one each.
    async fn raise_sequences(&mut self, ids: &[RegistrationId], now: Timestamp) -> Result<(), StoreError>;

    /// Moves the moment at which the data of everybody registered for `event` is erased. Who asked to be erased earlier
    /// still is: theirs is no later than their last change, by which they asked.
    async fn set_purge_at(&mut self, event: &EventId, at: Timestamp) -> Result<(), StoreError>;

    /// Sets what the organizers decide otherwise for `event`; an empty one takes everything back.
    async fn set_overrides(&mut self, event: &EventId, overrides: &EventOverride) -> Result<(), StoreError>;

    /// What people were last told of `event`; `None` where it was never looked at.
    async fn announced(&mut self, event: &EventId) -> Result<Option<Announced>, StoreError>;

    /// Stores what people were told of `event`.
    async fn set_announced(&mut self, event: &EventId, announced: &Announced) -> Result<(), StoreError>;

    /// Appends to the histories.
    async fn note(&mut self, entries: &[HistoryEntry]) -> Result<(), StoreError>;

    /// Puts mails into the outbox, to be sent once this transaction is committed and never otherwise. One whose
    /// [`NewMail::once`] is there already is left out silently. Returns how many were put in.
    async fn enqueue(&mut self, mails: &[NewMail]) -> Result<u32, StoreError>;

    /// Which of these registrations a mail of this kind was caused for at `since` or later, in this transaction or
    /// before.
    async fn mailed_since(
        &mut self,
        registrations: &[RegistrationId],
        kind: MailKind,
        since: Timestamp,
    ) -> Result<Vec<RegistrationId>, StoreError>;

    /// Writes into the audit log.
    async fn audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError>;

    /// Makes everything durable. When this returns, it is on disk.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
