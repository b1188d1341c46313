//! Times with their zones, and the zones' rules as far as the times need them (RFC 5545 sections 3.2.19, 3.3.5, 3.6.5).

use jiff::tz::{Dst, Offset, TimeZone};
use jiff::{Timestamp, ToSpan, Zoned, civil};

/// A moment as the value of a property, with the parameter that names its zone where it has one: `:…Z` or
/// `;TZID=…:…`.
pub(super) fn moment(time: &Zoned) -> String {
    match tzid(time) {
        Some(name) => format!(";TZID={name}:{}", time.strftime("%Y%m%dT%H%M%S")),
        None => format!(":{}", utc(time.timestamp())),
    }
}

/// A moment in UTC.
pub(super) fn utc(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The zone's name, where the time is to be written as local time. UTC and bare offsets have none; nor has the second
/// pass of an hour that occurs twice, because a local time always means the first.
fn tzid(time: &Zoned) -> Option<&str> {
    let zone = time.time_zone();
    let name = zone.iana_name().filter(|name| !matches!(*name, "UTC" | "Etc/UTC"))?;
    let read_back = zone.to_ambiguous_timestamp(time.datetime()).compatible().ok()?;
    (read_back.as_second() == time.timestamp().as_second()).then_some(name)
}

/// The lines of the VTIMEZONE components that `times` need, one component per zone name.
pub(super) fn definitions(times: &[&Zoned]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for time in times {
        let Some(name) = tzid(time).filter(|name| !told.contains(name)) else { continue };
        told.push(name);
        let same_zone = times.iter().filter(|other| tzid(other) == Some(name)).map(|other| other.timestamp());
        let from = same_zone.clone().min().unwrap_or(time.timestamp());
        let to = same_zone.max().unwrap_or(time.timestamp());
        lines.extend([String::from("BEGIN:VTIMEZONE"), format!("TZID:{name}")]);
        for observance in observances(time.time_zone(), from, to) {
            lines.extend(observance.lines());
        }
        lines.push("END:VTIMEZONE".to_owned());
    }
    lines
}

/// A stretch of time with one offset from UTC.
struct Observance {
    start: Timestamp,
    before: Offset,
    offset: Offset,
    abbreviation: String,
    dst: Dst,
}

/// What is observed from `from` to `to`: the last transition up to `from` and each one after it up to `to`. A zone that
/// never changed has one observance, since 1970.
fn observances(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Observance> {
    let just_after = from.checked_add(1.second()).unwrap_or(from);
    let in_force = zone.preceding(just_after).next();
    let later = zone.following(in_force.as_ref().map_or(from, jiff::tz::TimeZoneTransition::timestamp));
    let mut all: Vec<Observance> = in_force
        .into_iter()
        .chain(later.take_while(|next| next.timestamp() <= to))
        .map(|transition| Observance {
            start: transition.timestamp(),
            before: offset_before(zone, transition.timestamp()),
            offset: transition.offset(),
            abbreviation: transition.abbreviation().to_owned(),
            dst: transition.dst(),
        })
        .collect();
    if all.first().is_none_or(|first| first.start > from) {
        let info = zone.to_offset_info(from);
        let (offset, abbreviation, dst) = (info.offset(), info.abbreviation().to_owned(), info.dst());
        let start =
            offset.to_timestamp(civil::date(1970, 1, 1).at(0, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH);
        all.insert(0, Observance { start, before: offset, offset, abbreviation, dst });
    }
    all
}

fn offset_before(zone: &TimeZone, transition: Timestamp) -> Offset {
    zone.to_offset(transition.checked_sub(1.second()).unwrap_or(transition))
}

impl Observance {
    fn lines(&self) -> [String; 6] {
        let component = if self.dst.is_dst() { "DAYLIGHT" } else { "STANDARD" };
        let local = self.before.to_datetime(self.start);
        [
            format!("BEGIN:{component}"),
            format!("DTSTART:{}", local.strftime("%Y%m%dT%H%M%S")),
            format!("TZOFFSETFROM:{}", utc_offset(self.before)),
            format!("TZOFFSETTO:{}", utc_offset(self.offset)),
            format!("TZNAME:{}", self.abbreviation),
            format!("END:{component}"),
        ]
    }
}

/// An offset as `+hhmm`, with seconds where it has some (RFC 5545 section 3.3.14).
fn utc_offset(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let (minutes, rest) = (seconds.abs() / 60, seconds.abs() % 60);
    let tail = if rest == 0 { String::new() } else { format!("{rest:02}") };
    format!("{sign}{:02}{:02}{tail}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zoned(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    #[test]
    fn offsets_keep_their_sign_and_their_seconds() {
        assert_eq!(utc_offset(Offset::from_seconds(-7 * 3600).unwrap()), "-0700");
        assert_eq!(utc_offset(Offset::from_seconds(5 * 3600 + 45 * 60).unwrap()), "+0545");
        assert_eq!(utc_offset(Offset::from_seconds(-1800 - 17).unwrap()), "-003017");
    }

    #[test]
    fn the_second_pass_of_a_doubled_hour_is_written_in_utc() {
        let first = zoned("2026-10-25T02:30+02:00[Europe/Berlin]");
        let second = zoned("2026-10-25T02:30+01:00[Europe/Berlin]");
        assert_eq!(moment(&first), ";TZID=Europe/Berlin:20261025T023000");
        assert_eq!(moment(&second), ":20261025T013000Z");
    }

    #[test]
    fn bare_offsets_and_utc_have_no_zone_to_define() {
        for text in ["2026-06-18T09:00+08:00[+08:00]", "2026-06-18T01:00Z[UTC]"] {
            let time = zoned(text);
            assert_eq!(moment(&time), ":20260618T010000Z");
            assert!(definitions(&[&time]).is_empty());
        }
    }

    #[test]
    fn a_zone_that_never_changed_is_defined_since_1970() {
        let time = zoned("2026-06-18T09:00-05:00[Etc/GMT+5]");
        let lines = definitions(&[&time]);
        assert_eq!(lines[3], "DTSTART:19700101T000000");
        assert_eq!(lines[4..6], ["TZOFFSETFROM:-0500", "TZOFFSETTO:-0500"]);
    }

    #[test]
    fn a_transition_at_the_very_start_is_in_force() {
        let time = zoned("2026-03-29T03:00+02:00[Europe/Berlin]");
        let lines = definitions(&[&time]);
        assert!(lines.contains(&"BEGIN:DAYLIGHT".to_owned()), "{lines:#?}");
        assert!(!lines.contains(&"BEGIN:STANDARD".to_owned()), "{lines:#?}");
    }
}
