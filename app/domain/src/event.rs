//! Meetups: when, where, what is on, and whether one can still register.

use jiff::{Timestamp, ToSpan, Zoned, civil::Date, tz::TimeZone};

use crate::html::SafeHtml;
use crate::ids::EventId;
use crate::slug::Slug;

/// A meetup as its content file tells it. What the file does not say stays absent.
#[derive(Clone, Debug)]
pub struct Event {
    /// Identity for life.
    pub id: EventId,
    /// The last part of its address; may change, see `formerly`.
    pub slug: Slug,
    /// Slugs it had before; their addresses redirect here.
    pub formerly: Vec<Slug>,
    /// Its name.
    pub title: String,
    /// One or two sentences for lists and previews.
    pub summary: String,
    /// When it takes place.
    pub when: EventTime,
    /// Where it takes place, where known.
    pub place: Option<Place>,
    /// Who holds it.
    pub hosts: Vec<String>,
    /// The projects it is about, as written on the site.
    pub topics: Vec<String>,
    /// Pages elsewhere: the event's own site, recordings.
    pub links: Vec<Link>,
    /// What is on, in order.
    pub agenda: Vec<AgendaItem>,
    /// Present where one registers here.
    pub registration: Option<RegistrationPolicy>,
    /// What became of it.
    pub status: EventStatus,
    /// Made up to show the portal; labelled so wherever it is shown.
    pub sample: bool,
    /// The text of its page.
    pub body: SafeHtml,
}

/// When an event takes place, as exactly as is known.
#[derive(Clone, Debug, PartialEq)]
pub enum EventTime {
    /// Only the day is known.
    Day(Date),
    /// The start is known; the end may be. Both carry the event's own zone.
    At {
        /// The start, in the event's zone.
        start: Zoned,
        /// The end, where it is known; none is invented.
        end: Option<Zoned>,
    },
}

/// Where an event takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the web only.
    Online,
    /// In a city or region, as it should be read: `Wellington, New Zealand`.
    Located(String),
}

/// A link with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What the link is called.
    pub title: String,
    /// An absolute `https:` or `http:` address, or a path of this site.
    pub url: String,
}

/// One entry of an agenda.
#[derive(Clone, Debug)]
pub struct AgendaItem {
    /// The talk's title.
    pub title: String,
    /// When it starts, in the event's zone, where known; an agenda may be an order without times.
    pub start: Option<Zoned>,
    /// Who speaks.
    pub speakers: Vec<Speaker>,
    /// What it is about.
    pub body: SafeHtml,
}

/// A person on a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// The name, as complete as it is known.
    pub name: String,
    /// Role and organisation as one line, where known.
    pub affiliation: Option<String>,
    /// The ambassador whose page tells more, where it is one.
    pub ambassador: Option<Slug>,
}

/// What became of an event. A missing or broken file is none of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EventStatus {
    /// It takes place as announced.
    #[default]
    Scheduled,
    /// It does not take place.
    Cancelled,
}

/// The rules of registering for one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationPolicy {
    /// How many seats there are.
    pub capacity: u32,
    /// Before this moment registration is not open yet.
    pub opens: Option<Timestamp>,
    /// From this moment on registration is closed; the start of the event closes it in any case.
    pub closes: Option<Timestamp>,
    /// Whether one can wait for a seat when all are taken.
    pub waitlist: bool,
    /// For how many minutes a seat is held for an address that is not confirmed yet.
    pub hold_minutes: u32,
}

/// Whether one can register now, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationWindow {
    /// Registration is open.
    Open,
    /// It opens at this moment.
    NotYet(Timestamp),
    /// It closed before the event.
    Closed,
    /// The event has begun or is over.
    Past,
    /// The event was cancelled.
    Cancelled,
    /// One does not register here for this event.
    None,
}

impl EventTime {
    /// The day it begins on, in its own zone.
    pub fn day(&self) -> Date {
        match self {
            Self::Day(date) => *date,
            Self::At { start, .. } => start.date(),
        }
    }

    /// The first moment at which it is surely over: its end, else the end of its day (for a bare day, the end of that
    /// day anywhere on earth, UTC−12).
    pub fn over_at(&self) -> Timestamp {
        match self {
            Self::At { end: Some(end), .. } => end.timestamp(),
            Self::At { start, end: None } => end_of_day(start.date(), start.time_zone().clone()),
            Self::Day(date) => end_of_day(*date, TimeZone::fixed(jiff::tz::offset(-12))),
        }
    }

    /// The moment from which nobody can register any more: the start, else the beginning of the day in UTC.
    pub fn begins_at(&self) -> Timestamp {
        match self {
            Self::At { start, .. } => start.timestamp(),
            Self::Day(date) => start_of_day(*date, TimeZone::UTC),
        }
    }
}

fn start_of_day(date: Date, zone: TimeZone) -> Timestamp {
    date.to_zoned(zone).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

fn end_of_day(date: Date, zone: TimeZone) -> Timestamp {
    date.checked_add(1.day()).map_or(Timestamp::MAX, |next| start_of_day(next, zone))
}

impl Event {
    /// Whether it is over at `now`.
    pub fn is_past(&self, now: Timestamp) -> bool {
        self.when.over_at() <= now
    }

    /// Whether one can register at `now`.
    pub fn registration_window(&self, now: Timestamp) -> RegistrationWindow {
        let Some(policy) = &self.registration else { return RegistrationWindow::None };
        if self.status == EventStatus::Cancelled {
            return RegistrationWindow::Cancelled;
        }
        if self.when.begins_at() <= now {
            return RegistrationWindow::Past;
        }
        if policy.closes.is_some_and(|closes| closes <= now) {
            return RegistrationWindow::Closed;
        }
        match policy.opens {
            Some(opens) if opens > now => RegistrationWindow::NotYet(opens),
            _ => RegistrationWindow::Open,
        }
    }
}
