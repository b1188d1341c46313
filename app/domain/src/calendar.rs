//! The one iCalendar writer (RFC 5545, 5546).
//!
//! A [`Calendar`] is made for one of three purposes, and holds what that purpose asks for and nothing it forbids: an
//! attendee is named in requests and cancellations only (RFC 5546 sections 3.2.1, 3.2.2, 3.2.5).

mod line;
mod zone;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::event::{Event, EventStatus, EventTime, Place};

/// Who wrote the calendar (RFC 5545 section 3.7.3).
const PRODUCT: &str = "-//Regatta//Community portal//EN";

/// What a calendar is for (RFC 5546 section 1.4). In a mail, the part's `method` parameter says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// For everyone to read.
    Publish,
    /// An entry for one attendee, new or changed.
    Request,
    /// Takes an attendee's entry away.
    Cancel,
}

/// A person or body with a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// How it is called, where that may be said.
    pub name: Option<String>,
    /// Its address.
    pub address: String,
}

/// One event in a calendar.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its identity for life, the same in every update: `<identity>@<host>`.
    pub uid: String,
    /// When this version was written.
    pub stamp: Timestamp,
    /// When what it tells last changed.
    pub modified: Timestamp,
    /// How often it changed.
    pub sequence: i64,
    /// When it takes place; an end that is not known is not invented.
    pub when: EventTime,
    /// Its title.
    pub summary: String,
    /// What there is to know, where there is more.
    pub description: Option<String>,
    /// Where it takes place, where known.
    pub location: Option<String>,
    /// Its page.
    pub url: Option<String>,
    /// Who holds it; replies of calendar programs go there.
    pub organizer: Party,
    /// What became of it.
    pub status: EventStatus,
}

impl Entry {
    /// The entry for `event`, whose page is at `url`. Where it is not at a place it is in English; the words of other
    /// languages are put in from outside.
    pub fn for_event(event: &Event, uid: String, stamp: Timestamp, url: String, organizer: Party) -> Self {
        Self {
            uid,
            stamp,
            modified: stamp,
            sequence: 0,
            when: event.when.clone(),
            summary: event.title.clone(),
            description: (!event.summary.is_empty()).then(|| format!("{}\n\n{url}", event.summary)),
            location: event.place.as_ref().map(|place| match place {
                Place::Online => "Online".to_owned(),
                Place::Located(at) => at.clone(),
            }),
            url: Some(url),
            organizer,
            status: event.status,
        }
    }
}

/// A calendar, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    method: Method,
    attendee: Option<Party>,
    entries: Vec<Entry>,
}

impl Calendar {
    /// A calendar for everyone to read.
    pub fn publish(entries: Vec<Entry>) -> Self {
        Self { method: Method::Publish, attendee: None, entries }
    }

    /// An entry for `attendee`, who has already said yes and is not asked again.
    pub fn request(entry: Entry, attendee: Party) -> Self {
        Self { method: Method::Request, attendee: Some(attendee), entries: vec![entry] }
    }

    /// Takes the entry away from `attendee`; its sequence must be higher than the one that was sent.
    pub fn cancel(entry: Entry, attendee: Party) -> Self {
        let entry = Entry { status: EventStatus::Cancelled, ..entry };
        Self { method: Method::Cancel, attendee: Some(attendee), entries: vec![entry] }
    }

    /// What it is for.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The calendar as a file: UTF-8, lines of at most 75 octets that end in CRLF.
    pub fn to_ics(&self) -> String {
        let mut lines = vec![
            "BEGIN:VCALENDAR".to_owned(),
            "VERSION:2.0".to_owned(),
            format!("PRODID:{PRODUCT}"),
            "CALSCALE:GREGORIAN".to_owned(),
            format!("METHOD:{}", self.method.as_str()),
        ];
        let times: Vec<_> = self.entries.iter().flat_map(|entry| moments(&entry.when)).collect();
        lines.extend(zone::definitions(&times));
        for entry in &self.entries {
            self.write_entry(entry, &mut lines);
        }
        lines.push("END:VCALENDAR".to_owned());
        let mut out = String::new();
        for content in &lines {
            line::push_line(&mut out, content);
        }
        out
    }

    fn write_entry(&self, entry: &Entry, lines: &mut Vec<String>) {
        lines.extend([
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}", line::text(&entry.uid)),
            format!("DTSTAMP:{}", zone::utc(entry.stamp)),
            format!("LAST-MODIFIED:{}", zone::utc(entry.modified)),
            format!("SEQUENCE:{}", entry.sequence.clamp(0, i64::from(i32::MAX))),
        ]);
        lines.extend(time_lines(&entry.when));
        lines.push(format!("SUMMARY:{}", line::text(&entry.summary)));
        let texts = [("DESCRIPTION", &entry.description), ("LOCATION", &entry.location)];
        for (name, value) in texts {
            lines.extend(value.iter().map(|value| format!("{name}:{}", line::text(value))));
        }
        lines.extend(entry.url.iter().map(|url| format!("URL:{url}")));
        lines.push(format!("ORGANIZER{}", party(&entry.organizer)));
        if let Some(attendee) = &self.attendee {
            // Nobody is asked to reply, so that answers do not flood the organizer's mailbox.
            let answer = if self.method == Method::Request { ";PARTSTAT=ACCEPTED;RSVP=FALSE" } else { "" };
            lines.push(format!("ATTENDEE;ROLE=REQ-PARTICIPANT{answer}{}", party(attendee)));
        }
        lines.push(format!("STATUS:{}", status(entry.status)));
        if leaves_its_reader_free(entry) {
            lines.push("TRANSP:TRANSPARENT".to_owned());
        }
        lines.push("END:VEVENT".to_owned());
    }
}

impl Method {
    /// Its name in calendars and in MIME types.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "PUBLISH",
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }
}

/// RFC 5545 section 3.8.1.11. What is postponed stays visible at its old time, and says so.
fn status(status: EventStatus) -> &'static str {
    match status {
        EventStatus::Published | EventStatus::Rescheduled | EventStatus::MovedOnline => "CONFIRMED",
        EventStatus::Draft | EventStatus::Postponed => "TENTATIVE",
        EventStatus::Cancelled => "CANCELLED",
    }
}

/// The parameters and the value of a property that names a party.
fn party(party: &Party) -> String {
    let name = party.name.iter().map(|name| format!(";CN={}", line::parameter(name)));
    name.chain([format!(":mailto:{}", party.address)]).collect()
}

fn moments(when: &EventTime) -> Vec<&jiff::Zoned> {
    match when {
        EventTime::Day(_) => Vec::new(),
        EventTime::At { start, end } => std::iter::once(start).chain(end).collect(),
    }
}

/// Whether one may plan something else for its time (RFC 5545 section 3.8.2.7): where only the day is known, and where it
/// does not take place then.
fn leaves_its_reader_free(entry: &Entry) -> bool {
    let off = matches!(entry.status, EventStatus::Postponed | EventStatus::Cancelled);
    off || matches!(entry.when, EventTime::Day(_))
}

/// When it begins and, where known, ends. A bare day ends where the next begins (the end is exclusive, RFC 5545 section
/// 3.6.1).
fn time_lines(when: &EventTime) -> Vec<String> {
    match when {
        EventTime::Day(day) => {
            let next = day.checked_add(1.day()).map(|next| format!("DTEND;VALUE=DATE:{}", date(next)));
            let first = format!("DTSTART;VALUE=DATE:{}", date(*day));
            std::iter::once(first).chain(next).collect()
        }
        EventTime::At { start, end } => {
            let start = format!("DTSTART{}", zone::moment(start));
            let end = end.iter().map(|end| format!("DTEND{}", zone::moment(end)));
            std::iter::once(start).chain(end).collect()
        }
    }
}

fn date(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

#[cfg(test)]
mod tests;
