//! Mail that is owed. A row says what to tell whom; the words are written at send.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::email_address::EmailAddress;
use regatta_domain::ids::{MailId, RegistrationId};

use crate::StoreError;

/// What a mail is about; each is one message in `server/mail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// Asks the owner of an address to confirm it, for a seat.
    ConfirmSeat,
    /// Asks the owner of an address to confirm it, for a place on the waitlist.
    ConfirmWaitlist,
    /// The seat is theirs; carries the calendar entry.
    Confirmed,
    /// They are on the waitlist, and where.
    Waitlisted,
    /// A seat came free and is theirs; carries the calendar entry.
    Promoted,
    /// Their registration is cancelled; takes the calendar entry away.
    Cancelled,
    /// They registered again; leads to the registration that exists.
    AlreadyRegistered,
}

impl MailKind {
    /// Every kind, for tests and previews.
    pub const ALL: [Self; 7] = [
        Self::ConfirmSeat,
        Self::ConfirmWaitlist,
        Self::Confirmed,
        Self::Waitlisted,
        Self::Promoted,
        Self::Cancelled,
        Self::AlreadyRegistered,
    ];

    /// The name under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfirmSeat => "confirm_seat",
            Self::ConfirmWaitlist => "confirm_waitlist",
            Self::Confirmed => "confirmed",
            Self::Waitlisted => "waitlisted",
            Self::Promoted => "promoted",
            Self::Cancelled => "cancelled",
            Self::AlreadyRegistered => "already_registered",
        }
    }

    /// The kind stored under `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A mail to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMail {
    /// Its identity.
    pub id: MailId,
    /// What it is about.
    pub kind: MailKind,
    /// The registration it speaks of.
    pub registration: RegistrationId,
    /// Where it goes.
    pub recipient: EmailAddress,
    /// When it was caused; it is due at once.
    pub created_at: Timestamp,
}

/// A mail that a worker has taken on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedMail {
    /// What was stored.
    pub mail: NewMail,
    /// How many attempts were made, this one included, from 1.
    pub attempt: u32,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The server took it.
    Sent,
    /// It did not; try again at this moment.
    Retry {
        /// When to try again.
        at: Timestamp,
        /// What the server or the network said.
        why: String,
    },
    /// It never will.
    Failed {
        /// What the server said.
        why: String,
    },
    /// The connection broke after the text was handed over and before the server answered: it may have arrived, so it
    /// is never sent again by itself.
    Unknown {
        /// What the network said.
        why: String,
    },
    /// There is nothing to tell any more (the registration moved on).
    Dropped {
        /// Why not.
        why: String,
    },
}

/// How the outbox stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxHealth {
    /// Mails waiting to be sent or sent again, and those being sent.
    pub owed: u32,
    /// Mails that will never be sent.
    pub failed: u32,
    /// Mails whose sending was interrupted, so that nobody knows whether they arrived.
    pub unknown: u32,
    /// When the oldest owed mail was caused.
    pub oldest_owed: Option<Timestamp>,
}

/// The outbox as its worker uses it: claim, send, settle.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Claims the oldest mail that is due at `now`, so that no other worker takes it.
    async fn claim(&self, now: Timestamp) -> Result<Option<ClaimedMail>, StoreError>;

    /// Settles a claimed mail; [`StoreError::Stale`] where it is not claimed (any more).
    async fn settle(&self, id: &MailId, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError>;

    /// Marks mails claimed before `before` and never settled as unknown: they may have arrived, so they are never sent
    /// again by themselves. Returns how many.
    async fn mark_interrupted(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// When the next mail is due, where one is owed.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// How the outbox stands.
    async fn health(&self) -> Result<OutboxHealth, StoreError>;
}
