//! Dates and times: large where they are the news, always with the zone they are meant in.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use leptos::prelude::*;
use regatta_domain::event::EventTime;

/// The date of an event set large: day, month, year.
pub fn date_block(when: &EventTime) -> AnyView {
    let day = when.day();
    view! {
        <time class="date-block" datetime=machine_time(when)>
            <span class="date-day">{day.strftime("%-d").to_string()}</span>
            " "
            <span class="date-month">{day.strftime("%B").to_string()}</span>
            " "
            <span class="date-year">{day.strftime("%Y").to_string()}</span>
        </time>
    }
    .into_any()
}

/// The time of an event in its own zone, with the zone's name as people and as machines write it; beside it the
/// visitor's own time where the browser can tell it. A day without a time says that none is known; `past` says that
/// the event is over, so that none is to come.
pub fn event_time(when: &EventTime, past: bool) -> AnyView {
    let EventTime::At { start, end } = when else {
        let words =
            if past { "The time of day is not known." } else { "The time of day is not announced yet." };
        return view! { <p class="event-time">{words}</p> }.into_any();
    };
    let span = match end {
        Some(end) if end.date() == start.date() => format!("{} to {}", clock(start), clock(end)),
        Some(end) => format!("{} to {}, {}", clock(start), long_date(end.date()), clock(end)),
        None => clock(start),
    };
    view! {
        <p class="event-time">
            <span class="event-clock">{span}" "{zone_short(start)}</span>
            <span class="event-zone">{zone_long(start)}</span>
            <local-time datetime=start.timestamp().to_string() offset=javascript_offset(start)></local-time>
        </p>
    }
    .into_any()
}

/// The offset from UTC as JavaScript counts it, in minutes to the west: by it the browser knows its own zone's time.
fn javascript_offset(at: &Zoned) -> String {
    (-at.offset().seconds() / 60).to_string()
}

/// When an event is, on one line: `Thursday 18 June 2020, 09:00 PDT`.
pub fn event_when(when: &EventTime) -> String {
    match when {
        EventTime::Day(day) => day.strftime("%A %-d %B %Y").to_string(),
        EventTime::At { start, .. } => {
            format!("{}, {} {}", start.strftime("%A %-d %B %Y"), clock(start), zone_short(start))
        }
    }
}

/// A date as it reads in a sentence: `18 June 2020`.
pub fn long_date(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

/// A date for lists: `18 Jun 2020`.
pub fn short_date(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// The time of day: `09:00`.
pub fn clock(at: &Zoned) -> String {
    at.strftime("%H:%M").to_string()
}

/// The zone as people write it, `PDT`; where the zone has only a number for a name, `UTC+08:00`.
pub fn zone_short(at: &Zoned) -> String {
    let name = at.strftime("%Z").to_string();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name
    } else {
        format!("UTC{}", at.strftime("%:z"))
    }
}

/// The zone as machines write it, with its offset: `America/Los_Angeles, UTC-07:00`.
pub fn zone_long(at: &Zoned) -> String {
    let offset = format!("UTC{}", at.strftime("%:z"));
    match at.time_zone().iana_name() {
        Some(name) if name != "UTC" => format!("{}, {offset}", name.replace('_', " ")),
        _ => offset,
    }
}

/// A moment that belongs to no event, in UTC: `22 November 2026, 21:08 UTC`.
pub fn moment(at: Timestamp) -> String {
    format!("{} UTC", at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y, %H:%M"))
}

/// A moment as it concerns an event: in the event's zone where it has one.
pub fn moment_for(at: Timestamp, when: &EventTime) -> String {
    match when {
        EventTime::At { start, .. } => {
            let local = at.to_zoned(start.time_zone().clone());
            format!("{}, {} {}", long_date(local.date()), clock(&local), zone_short(&local))
        }
        EventTime::Day(_) => moment(at),
    }
}

/// Until when something is to be done: in UTC, by which everybody can tell how long that is, and in the event's zone:
/// `22 November 2026, 22:27 UTC (23 November, 11:27 NZDT)`.
pub fn deadline_for(at: Timestamp, when: &EventTime) -> String {
    let EventTime::At { start, .. } = when else { return moment(at) };
    let local = at.to_zoned(start.time_zone().clone());
    let utc = at.to_zoned(TimeZone::UTC);
    if local.offset() == utc.offset() {
        return moment(at);
    }
    let day = if local.date() == utc.date() { String::new() } else { local.strftime("%-d %B, ").to_string() };
    format!("{} ({day}{} {})", moment(at), clock(&local), zone_short(&local))
}

/// The value of a `datetime` attribute: a moment where the time is known, else the day.
pub fn machine_time(when: &EventTime) -> String {
    match when {
        EventTime::Day(day) => day.to_string(),
        EventTime::At { start, .. } => with_offset(start),
    }
}

/// RFC 3339 with the zone's own offset: `2020-06-18T09:00:00-07:00`.
pub fn with_offset(at: &Zoned) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spinnaker_live() -> EventTime {
        EventTime::At { start: "2020-06-18T09:00:00[America/Los_Angeles]".parse().unwrap(), end: None }
    }

    #[test]
    fn names_the_zone_of_the_event() {
        assert_eq!(event_when(&spinnaker_live()), "Thursday 18 June 2020, 09:00 PDT");
        let html = event_time(&spinnaker_live(), true).to_html();
        assert!(html.contains("America/Los Angeles, UTC-07:00"), "{html}");
        assert_eq!(machine_time(&spinnaker_live()), "2020-06-18T09:00:00-07:00");
    }

    #[test]
    fn a_zone_without_a_name_shows_its_offset() {
        let at: Zoned = "2026-06-18T09:00:00[Asia/Dubai]".parse().unwrap();
        assert_eq!(zone_short(&at), "UTC+04:00");
    }

    #[test]
    fn a_deadline_can_be_told_from_anywhere() {
        let at: Timestamp = "2026-11-22T22:27:00Z".parse().unwrap();
        let in_zone = |zone: &str| {
            let start = format!("2026-12-01T10:00[{zone}]").parse().unwrap();
            deadline_for(at, &EventTime::At { start, end: None })
        };
        assert_eq!(in_zone("Pacific/Auckland"), "22 November 2026, 22:27 UTC (23 November, 11:27 NZDT)");
        assert_eq!(in_zone("Europe/Berlin"), "22 November 2026, 22:27 UTC (23:27 CET)");
        assert_eq!(in_zone("UTC"), "22 November 2026, 22:27 UTC");
    }

    #[test]
    fn a_day_stays_a_day() {
        let when = EventTime::Day(jiff::civil::date(2020, 6, 19));
        assert_eq!(event_when(&when), "Friday 19 June 2020");
        assert_eq!(machine_time(&when), "2020-06-19");
    }
}
