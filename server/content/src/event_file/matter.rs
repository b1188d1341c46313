//! The front matter of an event.

use regatta_domain::event::EventStatus;
use regatta_domain::ids::EventId;
use regatta_domain::slug::Slug;
use serde::Deserialize;
use serde_saphyr::Spanned;

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
    /// Slugs it had before.
    #[serde(default)]
    pub formerly: Vec<Spanned<Slug>>,
    /// What became of it.
    pub status: Option<StatusMatter>,
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
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusMatter {
    /// It takes place.
    Scheduled,
    /// It does not take place.
    Cancelled,
}

impl From<StatusMatter> for EventStatus {
    fn from(status: StatusMatter) -> Self {
        match status {
            StatusMatter::Scheduled => Self::Scheduled,
            StatusMatter::Cancelled => Self::Cancelled,
        }
    }
}

/// The rules of registering.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationMatter {
    /// How many seats there are.
    pub capacity: Spanned<u32>,
    /// From when on one can register; at once if absent.
    pub opens: Option<Spanned<Moment>>,
    /// Until when one can register; until the start if absent.
    pub closes: Option<Spanned<Moment>>,
    /// Whether one can wait for a seat.
    #[serde(default)]
    pub waitlist: bool,
    /// For how many minutes a seat is held for an address that is not confirmed yet; 30 if absent.
    pub hold_minutes: Option<Spanned<u32>>,
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
