//! When an event takes place, from `date` or from `start`, `end` and `zone`.

use jiff::tz::{self, TimeZone};
use jiff::{Timestamp, Zoned};
use regatta_dialects::hint;
use regatta_domain::event::EventTime;
use serde_saphyr::Spanned;

use super::matter::EventMatter;
use crate::document::Report;
use crate::moment::{ItemStart, Moment};

/// When the event takes place; `None` where that cannot be told, which the report then says.
pub fn read(matter: &EventMatter, started: Timestamp, report: &mut Report) -> Option<EventTime> {
    check_sample(matter, report);
    match (&matter.date, &matter.start) {
        (Some(date), None) => {
            if let Some(moment) = &matter.end {
                report.wrong(moment, "an end needs a `start`");
            }
            if let Some(zone) = &matter.zone {
                report.wrong(zone, "a zone needs a `start`: a day alone has none");
            }
            Some(EventTime::Day(date.value.0))
        }
        (None, Some(start)) => read_span(matter, start, started, report),
        (Some(date), Some(_)) => {
            report.wrong_with_hint(
                date,
                "both `date` and `start`",
                "keep `start` if the time is known, else `date`",
            );
            None
        }
        (None, None) => {
            report.wrong_with_hint(
                &matter.id,
                "it is not said when this event takes place",
                "write `date: 2020-06-19`, or `start: 2020-06-18 09:00` with `zone: America/Los_Angeles`",
            );
            None
        }
    }
}

fn read_span(
    matter: &EventMatter,
    start: &Spanned<Moment>,
    started: Timestamp,
    report: &mut Report,
) -> Option<EventTime> {
    let Some(zone) = &matter.zone else {
        report.wrong_with_hint(
            start,
            "a start needs a `zone`",
            "write `zone: America/Los_Angeles` or the like",
        );
        return None;
    };
    let zone = read_zone(zone, report)?;
    let begin = resolve(start, &zone, started, report)?;
    let end = match &matter.end {
        Some(end) => {
            let resolved = resolve(end, &zone, started, report)?;
            if resolved <= begin {
                report.wrong(end, "the end is not after the start");
                return None;
            }
            Some(resolved)
        }
        None => None,
    };
    Some(EventTime::At { start: begin, end })
}

/// A moment of the front matter in the event's zone.
pub fn resolve(
    moment: &Spanned<Moment>,
    zone: &TimeZone,
    started: Timestamp,
    report: &mut Report,
) -> Option<Zoned> {
    moment.value.resolve(zone, started).map_err(|why| report.wrong(moment, why)).ok()
}

fn read_zone(name: &Spanned<String>, report: &mut Report) -> Option<TimeZone> {
    // The database is not particular about case, addresses and calendars are.
    let known = TimeZone::get(&name.value).ok().filter(|zone| zone.iana_name() == Some(name.value.as_str()));
    if known.is_none() {
        let names: Vec<String> = tz::db().available().map(|name| name.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let hint = match hint::nearest(&name.value, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "zones have names like Europe/Berlin or Asia/Shanghai".to_owned(),
        };
        report.wrong_with_hint(name, "there is no time zone with this name", hint);
    }
    known
}

/// Relative dates keep samples from going stale. Anywhere else they would make up a date.
fn check_sample(matter: &EventMatter, report: &mut Report) {
    let sample = matter.sample.as_ref().filter(|sample| sample.value);
    let opens_and_closes = matter.registration.iter().flat_map(|registration| {
        let registration = &registration.value;
        registration.opens.iter().chain(&registration.closes)
    });
    let moments = matter.start.iter().chain(&matter.end).chain(&matter.previous_start);
    let moments: Vec<_> = moments.chain(opens_and_closes).collect();
    match sample {
        Some(sample) if !matter.start.as_ref().is_some_and(|start| start.value.is_relative()) => {
            report.wrong_with_hint(
                sample,
                "a sample needs a start that moves along",
                "write `start: {in_days: 21, at: \"18:00\"}`, or remove `sample`",
            );
        }
        Some(_) => {}
        None => {
            for moment in moments.iter().filter(|moment| moment.value.is_relative()) {
                report.wrong_with_hint(
                    moment,
                    "only samples may have dates that move along",
                    "write the date, or `sample: true` if the event is made up",
                );
            }
        }
    }
}

/// When an agenda item starts. `last` is the start of the item before it that has one.
pub fn item_start(
    item: &Spanned<ItemStart>,
    when: Option<&EventTime>,
    last: &mut Option<Zoned>,
    report: &mut Report,
) -> Option<Zoned> {
    let (begin, end) = match when? {
        EventTime::At { start, end } => (start, end.as_ref()),
        EventTime::Day(_) => {
            report.wrong(item, "times in the agenda need a `start` of the event");
            return None;
        }
    };
    let resolved = item.value.resolve(begin).map_err(|why| report.wrong(item, why)).ok()?;
    if resolved < *begin {
        report.wrong(item, "this is before the event starts");
    } else if end.is_some_and(|end| resolved >= *end) {
        report.wrong(item, "this is after the event ends");
    } else if last.as_ref().is_some_and(|last| resolved < *last) {
        report.wrong(item, "this is before the item above it");
    }
    *last = Some(resolved.clone());
    Some(resolved)
}
