//! What one mail has to say, before it is put into words.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::announcement::EventFacts;
use regatta_domain::email_address::EmailAddress;
use regatta_domain::event::Event;
use regatta_domain::follow::Topic;
use regatta_domain::ids::{EventId, MailId};
use regatta_domain::language::Language;
use regatta_domain::registration::Registration;
use regatta_store::StoreError;
use regatta_store::outbox::ClaimedMail;

/// Who knows what a mail has to say. Asked at the moment of sending, so that a mail tells how things stand then.
#[async_trait]
pub trait LetterSource: Send + Sync {
    /// The letter for `mail`; `None` where there is nothing to tell any more, because things moved on.
    async fn letter(&self, mail: &ClaimedMail) -> Result<Option<Letter>, LetterError>;
}

/// Why a letter could not be written now. It is tried again later.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No readable file declares the event at the moment.
    #[error("no readable content file declares the event {0}")]
    EventUnreadable(EventId),
}

/// Everything that a mail is rendered from.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The mail's identity; also the left half of its Message-ID.
    pub mail: MailId,
    /// Where it goes.
    pub recipient: EmailAddress,
    /// In which language.
    pub language: Language,
    /// The portal that writes.
    pub site: Site,
    /// What it says.
    pub about: About,
}

/// What a letter is about.
#[derive(Clone, Debug)]
pub enum About {
    /// A registration.
    Registration(Box<RegistrationLetter>),
    /// A follow.
    Follow(Box<FollowLetter>),
}

/// A letter to somebody who registered.
#[derive(Clone, Debug)]
pub struct RegistrationLetter {
    /// The event, as it is now, with what its organizers decided otherwise.
    pub event: Arc<Event>,
    /// The registration, as it is now. Its name may be said only where the address was confirmed, so that nobody can make
    /// the portal send words of theirs to a stranger; [`Matter::greets`] tells.
    pub registration: Registration,
    /// The page where it is seen, changed and given up.
    pub manage_url: String,
    /// The page of its ticket.
    pub ticket_url: String,
    /// What it says.
    pub matter: Matter,
}

/// A letter to somebody who follows.
#[derive(Clone, Debug)]
pub struct FollowLetter {
    /// What is followed.
    pub topic: Topic,
    /// What it is called: the city's name as it is written, the title of the series, the portal's name.
    pub topic_name: String,
    /// The page that ends it; also where programs do so in one click (RFC 8058).
    pub unfollow_url: String,
    /// What it says.
    pub matter: FollowMatter,
}

/// The portal that writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// What it is called.
    pub name: String,
    /// `http.base_url` without a slash at its end; every link begins with it.
    pub base_url: String,
    /// The right half of Message-IDs and calendar UIDs; the same for the life of the database, whatever becomes of
    /// `base_url`.
    pub identity: String,
}

/// What a mail to somebody who registered says.
#[derive(Clone, Debug)]
pub enum Matter {
    /// Please confirm this address, for a seat.
    ConfirmSeat(Confirmation),
    /// Please confirm this address, for a place on the waitlist.
    ConfirmWaitlist(Confirmation),
    /// Please confirm this address, for these dates of a series; at some there may be a place on the waitlist only.
    ConfirmSeries {
        /// How.
        confirmation: Confirmation,
        /// What the series is called.
        series: String,
        /// Its dates, by their start.
        dates: Vec<Arc<Event>>,
    },
    /// You registered again, and this address is not confirmed yet.
    StillUnconfirmed(Confirmation),
    /// The seat is yours.
    Confirmed,
    /// The organizers will decide.
    AwaitingApproval,
    /// You are on the waitlist.
    Waitlisted {
        /// How many stand in line up to them, themselves included.
        position: u32,
    },
    /// A seat came free and is yours.
    Promoted,
    /// The organizers decided for you: the seat is yours.
    Approved,
    /// The organizers decided against you.
    Declined {
        /// Their words, where they gave any.
        reason: Option<String>,
    },
    /// You changed your registration; this is how it stands.
    Changed {
        /// Where they stand.
        standing: Standing,
    },
    /// You cancelled.
    Cancelled,
    /// The organizers cancelled your registration.
    CancelledByOrganizer {
        /// Their words, where they gave any.
        reason: Option<String>,
    },
    /// You registered again; here is the registration that exists.
    AlreadyRegistered {
        /// Where they stand.
        standing: Standing,
    },
    /// Start, end or place changed, or the event is postponed.
    EventChanged {
        /// What they knew before.
        was: EventFacts,
    },
    /// The event does not take place.
    EventCancelled,
    /// It is tomorrow (24 hours).
    DayBefore,
    /// It is in an hour.
    HourBefore,
    /// It is over.
    Afterwards {
        /// The page of the short form.
        feedback_url: String,
    },
}

/// What a mail to somebody who follows says.
#[derive(Clone, Debug)]
pub enum FollowMatter {
    /// Do you want to follow?
    Confirm {
        /// The page that confirms (on a POST; opening it changes nothing).
        url: String,
    },
    /// A meetup was published.
    Published {
        /// The meetup.
        event: Arc<Event>,
    },
}

/// How an address is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The page that confirms (on a POST; opening it changes nothing).
    pub url: String,
    /// Until when the seat or place is kept.
    pub held_until: Timestamp,
}

/// Where someone with a confirmed address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They have a seat.
    Seat,
    /// The organizers will decide.
    AwaitingApproval,
    /// They wait, at this position.
    Waitlist(u32),
}

impl Matter {
    /// Whether its reader may be greeted by name: only where the address was confirmed before.
    pub fn greets(&self) -> bool {
        !matches!(
            self,
            Self::ConfirmSeat(_)
                | Self::ConfirmWaitlist(_)
                | Self::ConfirmSeries { .. }
                | Self::StillUnconfirmed(_)
        )
    }
}

impl Site {
    /// The page of an event.
    pub fn event_url(&self, event: &Event) -> String {
        format!("{}/events/{}", self.base_url, event.slug)
    }
}
