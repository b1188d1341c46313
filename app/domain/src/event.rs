//! Meetups: when, where, what is on, and whether one can still register.

use jiff::{Timestamp, ToSpan, Zoned, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::email_address::EmailAddress;
use crate::html::SafeHtml;
use crate::ids::EventId;
use crate::questions::Questions;
use crate::seats::{Attendance, Quotas};
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
    /// When it was to take place before it was moved, where the file says so.
    pub previous_start: Option<Zoned>,
    /// Where it takes place, where known.
    pub place: Option<Place>,
    /// The series it belongs to.
    pub series: Option<Slug>,
    /// Who holds it.
    pub hosts: Vec<String>,
    /// The projects it is about, as written on the site.
    pub topics: Vec<String>,
    /// Pages elsewhere: the event's own site.
    pub links: Vec<Link>,
    /// Recordings of it, once there are any.
    pub recordings: Vec<Link>,
    /// Who answers questions about it; replies to its mails go there.
    pub contact: Option<EmailAddress>,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// Not for the public yet: neither listed nor found.
    Draft,
    /// It takes place as announced.
    #[default]
    Published,
    /// It takes place at another time than first announced.
    Rescheduled,
    /// It takes place on the web instead of where it was first announced.
    MovedOnline,
    /// It does not take place at the time given; another one is not known yet.
    Postponed,
    /// It does not take place.
    Cancelled,
}

impl EventStatus {
    /// Whether it takes place when and where the file says.
    pub fn takes_place(self) -> bool {
        matches!(self, Self::Published | Self::Rescheduled | Self::MovedOnline)
    }
}

/// The rules of registering for one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationPolicy {
    /// How many seats there are, of each kind.
    pub quotas: Quotas,
    /// Before this moment registration is not open yet.
    pub opens: Option<Timestamp>,
    /// From this moment on registration is closed; the start of the event closes it in any case.
    pub closes: Option<Timestamp>,
    /// Whether one can wait for a seat when all are taken.
    pub waitlist: bool,
    /// For how many minutes a seat is held for an address that is not confirmed yet.
    pub hold_minutes: u32,
    /// The most seats that one registration may take, from 1.
    pub party_size: u32,
    /// Whether the organizers decide on each registration.
    pub approval: bool,
    /// Codes of which one is needed to register; empty where none is.
    pub invitations: Vec<InvitationCode>,
    /// What is asked beside name and address.
    pub questions: Questions,
    /// What one agrees to by registering, where there is something.
    pub terms: Option<Link>,
    /// For how many days after the event names, addresses and answers are kept.
    pub retention_days: u32,
    /// What the organizers have decided otherwise since, at the desk instead of in the file.
    pub overrides: EventOverride,
}

impl RegistrationPolicy {
    /// Rules with nothing special: these quotas, no waitlist, one seat each, seats held for half an hour, data kept for
    /// 90 days.
    pub fn plain(quotas: Quotas) -> Self {
        Self {
            quotas,
            opens: None,
            closes: None,
            waitlist: false,
            hold_minutes: 30,
            party_size: 1,
            approval: false,
            invitations: Vec::new(),
            questions: Questions::default(),
            terms: None,
            retention_days: 90,
            overrides: EventOverride::default(),
        }
    }
}

/// A code by which those who were invited are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitationCode {
    /// The code itself, for files that the public cannot read.
    Plain(String),
    /// Its SHA-256 digest.
    Digest([u8; 32]),
}

/// What organizers decide at the desk, over what the file says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventOverride {
    /// Registration is open or closed whatever its times say.
    pub window: Option<ForcedWindow>,
    /// Another number of seats on site.
    pub in_person: Option<u32>,
    /// Another number of seats on the web.
    pub online: Option<u32>,
}

/// Registration switched by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForcedWindow {
    /// Open, until the event begins.
    Open,
    /// Closed.
    Closed,
}

impl ForcedWindow {
    /// The name under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// The switch stored under `name`.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Open, Self::Closed].into_iter().find(|window| window.as_str() == name)
    }
}

impl EventOverride {
    /// Whether nothing is decided otherwise.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The number of seats of this kind that was set by hand.
    pub fn capacity(&self, attendance: Attendance) -> Option<u32> {
        match attendance {
            Attendance::InPerson => self.in_person,
            Attendance::Online => self.online,
        }
    }

    /// `event` with this decided otherwise. A kind of seats that the file does not offer stays unoffered.
    pub fn applied_to(&self, event: &Event) -> Event {
        let mut event = event.clone();
        if let Some(policy) = &mut event.registration {
            policy.quotas = policy.quotas.overridden(self);
            policy.overrides = *self;
        }
        event
    }
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
    /// The event is postponed; when it will be is not known.
    Postponed,
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

impl Place {
    /// The city's name as it is written: what stands before the first comma.
    pub fn city(&self) -> Option<&str> {
        match self {
            Self::Online => None,
            Self::Located(at) => at.split(',').next().map(str::trim).filter(|city| !city.is_empty()),
        }
    }
}

impl Event {
    /// Whether it is over at `now`.
    pub fn is_past(&self, now: Timestamp) -> bool {
        self.when.over_at() <= now
    }

    /// Whether the public may see it.
    pub fn is_public(&self) -> bool {
        self.status != EventStatus::Draft
    }

    /// Whether one can register at `now`.
    pub fn registration_window(&self, now: Timestamp) -> RegistrationWindow {
        let Some(policy) = &self.registration else { return RegistrationWindow::None };
        match self.status {
            EventStatus::Draft => return RegistrationWindow::None,
            EventStatus::Cancelled => return RegistrationWindow::Cancelled,
            EventStatus::Postponed => return RegistrationWindow::Postponed,
            EventStatus::Published | EventStatus::Rescheduled | EventStatus::MovedOnline => {}
        }
        if self.when.begins_at() <= now {
            return RegistrationWindow::Past;
        }
        match policy.overrides.window {
            Some(ForcedWindow::Open) => return RegistrationWindow::Open,
            Some(ForcedWindow::Closed) => return RegistrationWindow::Closed,
            None => {}
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
