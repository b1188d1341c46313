//! What one mail has to say, before it is put into words.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::email_address::EmailAddress;
use regatta_domain::event::Event;
use regatta_domain::ids::{EventId, MailId, RegistrationId};
use regatta_domain::person_name::PersonName;
use regatta_store::StoreError;
use regatta_store::outbox::{ClaimedMail, MailKind};

/// Who knows what a mail has to say. Asked at the moment of sending, so that a mail tells how things stand then.
#[async_trait]
pub trait LetterSource: Send + Sync {
    /// The letter for `mail`; `None` where there is nothing to tell any more, because the registration moved on.
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
    /// The event it speaks of.
    pub event: Arc<Event>,
    /// The registration it speaks of; also the left half of its calendar entry's UID.
    pub registration: RegistrationId,
    /// How often the calendar entry changed ([`regatta_domain::registration::Registration::sequence`]). A cancellation
    /// takes the entry away where this is above 0; at 0 none was ever sent.
    pub sequence: i64,
    /// The portal that writes.
    pub site: Site,
    /// What it says.
    pub matter: Matter,
}

/// The portal that writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// What it is called.
    pub name: String,
    /// `http.base_url` without a slash at its end; every link begins with it.
    pub base_url: String,
}

/// What a mail says. A name has a place only where the address is confirmed, so that nobody can make the portal send
/// words of theirs to a stranger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// Please confirm this address, for a seat.
    ConfirmSeat(Confirmation),
    /// Please confirm this address, for a place on the waitlist.
    ConfirmWaitlist(Confirmation),
    /// The seat is yours.
    Confirmed {
        /// Whom to greet.
        name: PersonName,
        /// Where the registration is seen and given up.
        manage_url: String,
    },
    /// You are on the waitlist.
    Waitlisted {
        /// Whom to greet.
        name: PersonName,
        /// How many stand in line up to them, themselves included.
        position: u32,
        /// Where the registration is seen and given up.
        manage_url: String,
    },
    /// A seat came free and is yours.
    Promoted {
        /// Whom to greet.
        name: PersonName,
        /// Where the registration is seen and given up.
        manage_url: String,
    },
    /// Your registration is cancelled.
    Cancelled {
        /// Whom to greet, where the address was ever confirmed.
        name: Option<PersonName>,
    },
    /// You registered again, and this address is not confirmed yet.
    StillUnconfirmed(Confirmation),
    /// You registered again; here is the registration that exists.
    AlreadyRegistered {
        /// Whom to greet.
        name: PersonName,
        /// Where they stand.
        standing: Standing,
        /// Where the registration is seen and given up.
        manage_url: String,
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
    /// They wait, at this position.
    Waitlist(u32),
}

impl Letter {
    /// The page of the event.
    pub fn event_url(&self) -> String {
        format!("{}/events/{}", self.site.base_url, self.event.slug)
    }
}

impl Site {
    /// The host in `base_url`, without its port: the right half of Message-IDs and calendar UIDs. A number is written as
    /// a literal in brackets (RFC 5321 section 4.1.3), as mail writes such hosts.
    pub fn host(&self) -> Cow<'_, str> {
        let authority = self.base_url.split_once("://").map_or(self.base_url.as_str(), |(_, rest)| rest);
        let authority = authority.split(['/', '?', '#']).next().unwrap_or(authority);
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => authority,
        };
        match host.trim_matches(['[', ']']).parse() {
            Ok(IpAddr::V4(number)) => format!("[{number}]").into(),
            Ok(IpAddr::V6(number)) => format!("[IPv6:{number}]").into(),
            Err(_) => host.into(),
        }
    }
}

impl Matter {
    /// The kind of mail that says this.
    pub fn kind(&self) -> MailKind {
        match self {
            Self::ConfirmSeat(_) => MailKind::ConfirmSeat,
            Self::ConfirmWaitlist(_) => MailKind::ConfirmWaitlist,
            Self::Confirmed { .. } => MailKind::Confirmed,
            Self::Waitlisted { .. } => MailKind::Waitlisted,
            Self::Promoted { .. } => MailKind::Promoted,
            Self::Cancelled { .. } => MailKind::Cancelled,
            Self::StillUnconfirmed(_) | Self::AlreadyRegistered { .. } => MailKind::AlreadyRegistered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_what_stands_between_scheme_and_port() {
        for (base_url, host) in [
            ("https://regatta.example.org", "regatta.example.org"),
            ("http://127.0.0.1:3000", "[127.0.0.1]"),
            ("https://example.org/regatta", "example.org"),
            ("http://localhost:3000", "localhost"),
            ("http://[::1]:3000", "[IPv6:::1]"),
            ("http://[::1]", "[IPv6:::1]"),
        ] {
            let site = Site { name: "Regatta".into(), base_url: base_url.into() };
            assert_eq!(site.host(), host, "{base_url}");
        }
    }
}
