//! The front matter of an event.

use regatta_domain::email_address::EmailAddress;
use regatta_domain::event::EventStatus;
use regatta_domain::ids::EventId;
use regatta_domain::slug::Slug;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::questions::QuestionMatter;
use crate::fields::{Day, Language, Line, LinkMatter, Summary};
use crate::moment::{ItemStart, Moment};

/// What an event's file may say above its text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventMatter {
    /// Its identity for life.
    pub id: Spanned<EventId>,
    /// Its name.
    pub title: Line,
    /// One or two sentences.
    pub summary: Summary,
    /// The day, where no more is known.
    pub date: Option<Spanned<Day>>,
    /// The start in `zone`.
    pub start: Option<Spanned<Moment>>,
    /// The end in `zone`, where known.
    pub end: Option<Spanned<Moment>>,
    /// The start before it was moved, in `zone`.
    pub previous_start: Option<Spanned<Moment>>,
    /// The time zone by its IANA name.
    pub zone: Option<Spanned<String>>,
    /// `online`, or where it is.
    pub place: Option<Line>,
    /// Who holds it.
    #[serde(default)]
    pub hosts: Vec<Line>,
    /// What it is about.
    #[serde(default)]
    pub topics: Vec<Line>,
    /// Pages elsewhere.
    #[serde(default)]
    pub links: Vec<LinkMatter>,
    /// Recordings of it.
    #[serde(default)]
    pub recordings: Vec<LinkMatter>,
    /// The series it belongs to.
    pub series: Option<Spanned<Slug>>,
    /// Who answers questions about it.
    pub contact: Option<EmailAddress>,
    /// Slugs it had before.
    #[serde(default)]
    pub formerly: Vec<Spanned<Slug>>,
    /// What became of it.
    pub status: Option<Spanned<StatusMatter>>,
    /// The language of its texts, where it is not the site's.
    pub lang: Option<Language>,
    /// Present where one registers here.
    pub registration: Option<Spanned<RegistrationMatter>>,
    /// What is on, in order.
    #[serde(default)]
    pub agenda: Vec<ItemMatter>,
    /// Made up, with a date that moves along.
    pub sample: Option<Spanned<bool>>,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusMatter {
    /// Nobody is to see it yet.
    Draft,
    /// It takes place as announced.
    Published,
    /// It takes place at another time than first announced.
    Rescheduled,
    /// It takes place online instead.
    MovedOnline,
    /// It does not take place at the time given; another one is not known yet.
    Postponed,
    /// It does not take place.
    Cancelled,
}

impl From<StatusMatter> for EventStatus {
    fn from(status: StatusMatter) -> Self {
        match status {
            StatusMatter::Draft => Self::Draft,
            StatusMatter::Published => Self::Published,
            StatusMatter::Rescheduled => Self::Rescheduled,
            StatusMatter::MovedOnline => Self::MovedOnline,
            StatusMatter::Postponed => Self::Postponed,
            StatusMatter::Cancelled => Self::Cancelled,
        }
    }
}

/// The rules of registering.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationMatter {
    /// How many seats there are, of the kind that the place suggests.
    pub capacity: Option<Spanned<u32>>,
    /// How many seats there are of each kind, instead of `capacity`.
    pub quotas: Option<Spanned<QuotasMatter>>,
    /// From when on one can register; at once if absent.
    pub opens: Option<Spanned<Moment>>,
    /// Until when one can register; until the start if absent.
    pub closes: Option<Spanned<Moment>>,
    /// Whether one can wait for a seat.
    #[serde(default)]
    pub waitlist: bool,
    /// For how many minutes a seat is held for an address that is not confirmed yet; 30 if absent.
    pub hold_minutes: Option<Spanned<u32>>,
    /// The most seats for one registration; 1 if absent.
    pub party_size: Option<Spanned<u32>>,
    /// Whether the organizers decide on each registration.
    #[serde(default)]
    pub approval: bool,
    /// Codes of which one is needed to register: the code itself, or `sha256:` and its digest in hexadecimal.
    pub invitation_codes: Option<Spanned<Vec<Spanned<String>>>>,
    /// What is asked beside name and address.
    pub questions: Option<Spanned<Vec<QuestionMatter>>>,
    /// What one agrees to.
    pub terms: Option<LinkMatter>,
    /// For how many days after the event names, addresses and answers are kept; 90 if absent.
    pub retention_days: Option<Spanned<u32>>,
}

/// How many seats there are of each kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotasMatter {
    /// On site.
    pub in_person: Option<Spanned<u32>>,
    /// On the web.
    pub online: Option<Spanned<u32>>,
}

/// An agenda item.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemMatter {
    /// The talk's title.
    pub title: Line,
    /// When it starts, where known.
    pub start: Option<Spanned<ItemStart>>,
    /// Who speaks.
    #[serde(default)]
    pub speakers: Vec<SpeakerMatter>,
    /// What it is about, in Markdown.
    pub body: Option<Spanned<String>>,
}

/// A speaker.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeakerMatter {
    /// The name, as complete as it is known.
    pub name: Line,
    /// Role and organisation, where known.
    pub affiliation: Option<Line>,
    /// The slug of their profile, where they are an ambassador.
    pub ambassador: Option<Spanned<Slug>>,
}
