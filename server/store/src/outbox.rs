//! Mail that is owed. A row says what to tell whom; the words are written at send.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::announcement::EventFacts;
use regatta_domain::email_address::EmailAddress;
use regatta_domain::ids::{EventId, FollowId, MailId, RegistrationId};
use regatta_domain::language::Language;
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// What a mail is about; each is one message in `server/mail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MailKind {
    /// Asks the owner of an address to confirm it, for a seat (or, for a whole series, for whatever there is).
    ConfirmSeat,
    /// Asks the owner of an address to confirm it, for a place on the waitlist.
    ConfirmWaitlist,
    /// The seat is theirs; carries the calendar entry.
    Confirmed,
    /// The organizers will decide.
    AwaitingApproval,
    /// They are on the waitlist, and where.
    Waitlisted,
    /// A seat came free and is theirs; carries the calendar entry.
    Promoted,
    /// The organizers decided for them; carries the calendar entry.
    Approved,
    /// The organizers decided against them.
    Declined,
    /// They changed their registration; carries the calendar entry where they have a seat.
    Changed,
    /// They cancelled; takes the calendar entry away.
    Cancelled,
    /// The organizers cancelled their registration; takes the calendar entry away.
    CancelledByOrganizer,
    /// They registered again; leads to the registration that exists.
    AlreadyRegistered,
    /// Start, end or place of the event changed, or it is postponed; carries the calendar entry.
    EventChanged,
    /// The event does not take place; takes the calendar entry away.
    EventCancelled,
    /// It is tomorrow.
    DayBefore,
    /// It is in an hour.
    HourBefore,
    /// It is over: recordings, and a short form for feedback.
    Afterwards,
    /// Asks the owner of an address whether they want to follow.
    ConfirmFollow,
    /// A meetup was published that they wanted to hear of.
    EventPublished,
}

impl MailKind {
    /// Every kind, for tests and previews.
    pub const ALL: [Self; 19] = [
        Self::ConfirmSeat,
        Self::ConfirmWaitlist,
        Self::Confirmed,
        Self::AwaitingApproval,
        Self::Waitlisted,
        Self::Promoted,
        Self::Approved,
        Self::Declined,
        Self::Changed,
        Self::Cancelled,
        Self::CancelledByOrganizer,
        Self::AlreadyRegistered,
        Self::EventChanged,
        Self::EventCancelled,
        Self::DayBefore,
        Self::HourBefore,
        Self::Afterwards,
        Self::ConfirmFollow,
        Self::EventPublished,
    ];

    /// The name under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfirmSeat => "confirm_seat",
            Self::ConfirmWaitlist => "confirm_waitlist",
            Self::Confirmed => "confirmed",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Waitlisted => "waitlisted",
            Self::Promoted => "promoted",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Changed => "changed",
            Self::Cancelled => "cancelled",
            Self::CancelledByOrganizer => "cancelled_by_organizer",
            Self::AlreadyRegistered => "already_registered",
            Self::EventChanged => "event_changed",
            Self::EventCancelled => "event_cancelled",
            Self::DayBefore => "day_before",
            Self::HourBefore => "hour_before",
            Self::Afterwards => "afterwards",
            Self::ConfirmFollow => "confirm_follow",
            Self::EventPublished => "event_published",
        }
    }

    /// The kind stored under `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What a mail speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailSubject {
    /// A registration.
    Registration(RegistrationId),
    /// A follow, and the event it tells of where it tells of one.
    Follow {
        /// Whose.
        follow: FollowId,
        /// Of what.
        event: Option<EventId>,
    },
}

/// What a mail has to say that cannot be read elsewhere when it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailDetail {
    /// What people knew of the event before it changed.
    EventWas(EventFacts),
    /// The start that a reminder is for; it says nothing where the event has moved since.
    Starts(Timestamp),
    /// The organizers' words.
    Reason(String),
}

/// A mail to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMail {
    /// Its identity.
    pub id: MailId,
    /// What it is about.
    pub kind: MailKind,
    /// What it speaks of.
    pub subject: MailSubject,
    /// Where it goes.
    pub recipient: EmailAddress,
    /// In which language.
    pub language: Language,
    /// What else it has to say.
    pub detail: Option<MailDetail>,
    /// Where given, there is never more than one mail with this text, whoever causes it how often.
    pub once: Option<String>,
    /// When it was caused; it is due at once.
    pub created_at: Timestamp,
}

/// A mail that a worker has taken on.
#[derive(Clone, Debug, PartialEq)]
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

/// Where a mail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailState {
    /// Waits for its first attempt.
    Queued,
    /// A worker has taken it on.
    Sending,
    /// Waits for a further attempt.
    Retrying,
    /// A server took it.
    Sent,
    /// No server will take it, or it was tried often enough.
    Failed,
    /// Nobody knows whether a server took it; a person decides.
    Unknown,
    /// A person decided that it is not to be sent.
    Aborted,
    /// There was nothing to tell any more when it was to be sent.
    Dropped,
}

impl MailState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::Retrying,
        Self::Sent,
        Self::Failed,
        Self::Unknown,
        Self::Aborted,
        Self::Dropped,
    ];

    /// The name under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Retrying => "retrying",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Aborted => "aborted",
            Self::Dropped => "dropped",
        }
    }

    /// The state stored under `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
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

/// How much may be sent: counted over all workers of all processes, by attempts within the last minute. Attempts that seem
/// to be of the future, by more than clocks differ, are of a clock that was put back since, and do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// In a minute; without end where absent.
    pub per_minute: Option<u32>,
    /// In a minute to one domain; without end where absent.
    pub per_domain: Option<u32>,
}

/// A mail as operators see it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMail {
    /// What was stored. The recipient is absent once it was erased.
    pub id: MailId,
    /// What it is about.
    pub kind: MailKind,
    /// What it speaks of.
    pub subject: MailSubject,
    /// Where it goes; `None` once that was erased.
    pub recipient: Option<EmailAddress>,
    /// Where it stands.
    pub state: MailState,
    /// How many attempts were made.
    pub attempts: u32,
    /// When it is or was due.
    pub due_at: Timestamp,
    /// When it was caused.
    pub created_at: Timestamp,
    /// When it came to its end.
    pub settled_at: Option<Timestamp>,
    /// What was said of the last attempt, or why it is not sent.
    pub why: Option<String>,
}

/// Which mails to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailFilter {
    /// Only in one of these states; all where empty.
    pub states: Vec<MailState>,
    /// Only about this registration.
    pub registration: Option<RegistrationId>,
    /// Only to this address (in normal form).
    pub recipient: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// An address that mail does not reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The address in normal form.
    pub address: String,
    /// Since when.
    pub since: Timestamp,
    /// What was said.
    pub why: String,
}

/// The outbox as its workers use it (claim, send, settle), and as operators do (list, retry, abort).
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Claims the mail that is longest due at `now` for `worker`, so that no other worker takes it, passing over domains
    /// to which `rates` allow no more within this minute. Nothing where they allow no more at all.
    async fn claim(
        &self,
        worker: &str,
        rates: Rates,
        now: Timestamp,
    ) -> Result<Option<ClaimedMail>, StoreError>;

    /// Notes that `worker` is about to hand over the text of a mail it claimed: from now on nobody but it knows whether the
    /// mail arrived. Done right before the text, so that a mail whose worker died earlier can be sent by another one.
    /// [`StoreError::Stale`] where the mail is not claimed by this worker (any more), or its text was handed over already
    /// since it was claimed: then it must not be handed over (again).
    async fn hand_over(&self, worker: &str, id: &MailId, now: Timestamp) -> Result<(), StoreError>;

    /// Settles a mail that `worker` claimed; [`StoreError::Stale`] where it is not claimed by it (any more).
    async fn settle(
        &self,
        worker: &str,
        id: &MailId,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Takes back claimed mails whose worker does not hold a [lease](crate::herald::HeraldStore::lease) of its own name at
    /// `now`. Those whose text was [handed over](Self::hand_over) are marked as unknown: they may have arrived, so they
    /// are never sent again by themselves. The others are due at once, as before they were claimed; and so are those that
    /// were claimed ten minutes ago and more and not handed over, by whomever: an answer that got lost may have told no
    /// worker of its claim. Returns how many became unknown.
    async fn mark_interrupted(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// When the next mail is due, where one is owed and not claimed.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// How the outbox stands.
    async fn health(&self) -> Result<OutboxHealth, StoreError>;

    /// The mails that `filter` lets through, newest first; at most `filter.limit`.
    async fn mails(&self, filter: &MailFilter) -> Result<Vec<StoredMail>, StoreError>;

    /// Makes a mail due at `now` as if it was never tried, where it is failed, unknown, aborted or retrying; `None` where
    /// there is no such mail, else the state it was in (unchanged where that is another one, or its recipient is erased).
    async fn retry(&self, id: &MailId, now: Timestamp) -> Result<Option<MailState>, StoreError>;

    /// Decides that a mail is not to be sent, where it is queued, retrying, failed or unknown; `None` where there is no
    /// such mail, else the state it was in (unchanged where that is another one).
    async fn abort(&self, id: &MailId, why: &str, now: Timestamp) -> Result<Option<MailState>, StoreError>;

    /// The mail with this identity.
    async fn mail(&self, id: &MailId) -> Result<Option<StoredMail>, StoreError>;

    /// Notes that mail does not reach an address; nothing where that is known.
    async fn suppress(&self, suppression: &Suppression) -> Result<(), StoreError>;

    /// Whether and why mail does not reach this address (in normal form).
    async fn suppression(&self, normalized: &str) -> Result<Option<Suppression>, StoreError>;

    /// Every address that mail does not reach.
    async fn suppressions(&self) -> Result<Vec<Suppression>, StoreError>;

    /// Takes a suppression back. Returns whether there was one.
    async fn unsuppress(&self, normalized: &str) -> Result<bool, StoreError>;

    /// Erases the recipients of mails that came to their end before `before`, and forgets mails that did before
    /// `forget_before`. Returns how many recipients were erased.
    async fn purge_settled(&self, before: Timestamp, forget_before: Timestamp) -> Result<u32, StoreError>;
}
