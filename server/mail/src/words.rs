//! Phrases that several messages share.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use regatta_domain::event::{EventTime, Place};

/// When it takes place, with its zone named: `Thursday, 18 June 2020, 09:00 PDT (America/Los_Angeles)`.
pub fn when(time: &EventTime) -> String {
    match time {
        EventTime::Day(day) => day.strftime("%A, %-d %B %Y").to_string(),
        EventTime::At { start, end: None } => with_zone(&day_and_hour(start), start),
        EventTime::At { start, end: Some(end) } if start.date() == end.date() => {
            with_zone(&format!("{} to {}", day_and_hour(start), end.strftime("%H:%M")), end)
        }
        EventTime::At { start, end: Some(end) } => {
            with_zone(&format!("{} to {}", day_and_hour(start), day_and_hour(end)), end)
        }
    }
}

/// Where it takes place.
pub fn place(place: &Place) -> &str {
    match place {
        Place::Online => "Online",
        Place::Located(at) => at,
    }
}

/// How much time there is from `now` on, as it reads the same anywhere on earth: `within 30 minutes (until 12:30
/// UTC)`. The day is named where it is not today's.
pub fn deadline(until: Timestamp, now: Timestamp) -> String {
    let left = time_left(until.duration_since(now));
    let (until, now) = (until.to_zoned(TimeZone::UTC), now.to_zoned(TimeZone::UTC));
    let moment =
        if until.date() == now.date() { until.strftime("%H:%M").to_string() } else { day_and_hour(&until) };
    format!("within {left} (until {moment} UTC)")
}

/// To the minute as long as each one matters, then in whole hours or days: never more than there is, but for the seconds
/// that a mail was under way.
fn time_left(left: SignedDuration) -> String {
    let minutes = ((left.as_secs() + 30) / 60).max(1);
    match minutes {
        1 => "1 minute".to_owned(),
        2..120 => format!("{minutes} minutes"),
        120..2880 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / (24 * 60)),
    }
}

fn day_and_hour(time: &Zoned) -> String {
    time.strftime("%A, %-d %B %Y, %H:%M").to_string()
}

/// `text` with the abbreviation and, because abbreviations are shared by places far apart, the name of the zone.
fn with_zone(text: &str, time: &Zoned) -> String {
    let abbreviation = time.strftime("%Z").to_string();
    let short =
        if abbreviation.starts_with(['+', '-']) { format!("UTC{abbreviation}") } else { abbreviation };
    match time.time_zone().iana_name() {
        Some(name) if name != short => format!("{text} {short} ({name})"),
        _ => format!("{text} {short}"),
    }
}

/// `text` as one printable line: what could break a header or a line becomes a space.
pub fn one_line(text: &str) -> String {
    let printable = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
    let spaced: String = text.chars().map(|c| if printable(c) { c } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A small number as the place in a line: `1st`, `12th`, `23rd`.
pub fn ordinal(number: u32) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: &str, end: Option<&str>) -> EventTime {
        EventTime::At { start: start.parse().unwrap(), end: end.map(|end| end.parse().unwrap()) }
    }

    #[test]
    fn times_name_their_zone() {
        let cases = [
            (
                at("2020-06-18T09:00[America/Los_Angeles]", None),
                "Thursday, 18 June 2020, 09:00 PDT (America/Los_Angeles)",
            ),
            (
                at("2026-12-01T16:00[UTC]", Some("2026-12-01T18:30[UTC]")),
                "Tuesday, 1 December 2026, 16:00 to 18:30 UTC",
            ),
            (
                at("2026-10-24T20:00[Europe/Berlin]", Some("2026-10-25T04:00[Europe/Berlin]")),
                "Saturday, 24 October 2026, 20:00 to Sunday, 25 October 2026, 04:00 CET (Europe/Berlin)",
            ),
            (
                at("2026-06-18T09:00[America/Sao_Paulo]", None),
                "Thursday, 18 June 2026, 09:00 UTC-03 (America/Sao_Paulo)",
            ),
        ];
        for (time, words) in cases {
            assert_eq!(when(&time), words);
        }
    }

    #[test]
    fn a_deadline_reads_the_same_everywhere() {
        let now: Timestamp = "2026-09-01T21:57:43Z".parse().unwrap();
        for (until, words) in [
            ("2026-09-01T21:57:40Z", "within 1 minute (until 21:57 UTC)"),
            ("2026-09-01T22:27:40Z", "within 30 minutes (until 22:27 UTC)"),
            ("2026-09-01T23:56:43Z", "within 119 minutes (until 23:56 UTC)"),
            ("2026-09-01T23:57:43Z", "within 2 hours (until 23:57 UTC)"),
            ("2026-09-02T00:57:42Z", "within 3 hours (until Wednesday, 2 September 2026, 00:57 UTC)"),
            ("2026-09-08T21:57:40Z", "within 7 days (until Tuesday, 8 September 2026, 21:57 UTC)"),
        ] {
            assert_eq!(deadline(until.parse().unwrap(), now), words);
        }
    }

    #[test]
    fn a_bare_day_stays_a_day() {
        assert_eq!(when(&EventTime::Day("2020-06-19".parse().unwrap())), "Friday, 19 June 2020");
    }

    #[test]
    fn one_line_is_one_line() {
        assert_eq!(one_line(" Hello\r\nBcc: eve@example.org\u{2028}x\0 "), "Hello Bcc: eve@example.org x");
    }

    #[test]
    fn places_in_line_read_as_people_say_them() {
        let said: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 102, 111].into_iter().map(ordinal).collect();
        assert_eq!(said, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]);
    }
}
