//! Times with their zones, and the zones' rules as far as the times need them (RFC 5545 sections 3.2.19, 3.3.5, 3.6.5).

mod rule;

use jiff::tz::{Dst, Offset, TimeZone, TimeZoneTransition};
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned, civil};

use self::rule::YearlyRule;

/// For how long after the last moment that is told a zone must keep to its yearly rules for them to be told.
const RULES_MUST_LAST: SignedDuration = SignedDuration::from_hours(3 * 366 * 24);
/// The longest time between two changes by the same yearly rule: a leap year and most of a week.
const LONGEST_YEAR: SignedDuration = SignedDuration::from_hours(372 * 24);

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
    /// Where it comes again each year.
    rule: Option<YearlyRule>,
}

/// What is observed from `from` to `to`: as yearly rules where the zone keeps to them, otherwise change by change.
fn observances(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Observance> {
    yearly(zone, from, to).unwrap_or_else(|| one_by_one(zone, from, to))
}

/// The two observances that take turns, the one in force at `from` and the one before it, where they do so by yearly
/// rules.
fn yearly(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Option<Vec<Observance>> {
    let mut recent = zone.preceding(just_after(from));
    let (in_force, before) = (recent.next()?, recent.next()?);
    let mut pair = [Observance::begun_by(zone, &before), Observance::begun_by(zone, &in_force)];
    let until = to.checked_add(RULES_MUST_LAST).ok()?;
    let changes: Vec<Observance> = std::iter::once(Observance::begun_by(zone, &before))
        .chain(zone.following(before.timestamp()).map(|change| Observance::begun_by(zone, &change)))
        .take_while(|change| change.start <= until)
        .collect();
    for (turn, observance) in pair.iter_mut().enumerate() {
        let own: Vec<&Observance> = changes.iter().skip(turn).step_by(2).collect();
        let alike = own.iter().all(|change| change.is_like(observance));
        let lasts = own.last().is_some_and(|last| until.duration_since(last.start) < LONGEST_YEAR);
        let local: Vec<civil::DateTime> = own.iter().map(|change| change.local_start()).collect();
        observance.rule = Some(YearlyRule::of(&local).filter(|_| alike && lasts)?);
    }
    Some(pair.into())
}

/// The last transition up to `from`, each one after it up to `to`, and, where these are all daylight time, the one before
/// them: programs take the offset of a zone without standard time for none. A zone that never changed has one observance,
/// since 1970.
fn one_by_one(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Observance> {
    let mut recent = zone.preceding(just_after(from));
    let in_force = recent.next();
    let later = zone.following(in_force.as_ref().map_or(from, TimeZoneTransition::timestamp));
    let mut all: Vec<Observance> = in_force
        .into_iter()
        .chain(later.take_while(|next| next.timestamp() <= to))
        .map(|transition| Observance::begun_by(zone, &transition))
        .collect();
    if all.first().is_none_or(|first| first.start > from) {
        all.insert(0, Observance::since_1970(zone, from));
    }
    if all.iter().all(|observance| observance.dst.is_dst()) {
        let before = recent.next().map(|transition| Observance::begun_by(zone, &transition));
        all.splice(0..0, before);
    }
    all
}

fn just_after(moment: Timestamp) -> Timestamp {
    moment.checked_add(1.second()).unwrap_or(moment)
}

fn offset_before(zone: &TimeZone, transition: Timestamp) -> Offset {
    zone.to_offset(transition.checked_sub(1.second()).unwrap_or(transition))
}

impl Observance {
    fn begun_by(zone: &TimeZone, transition: &TimeZoneTransition<'_>) -> Self {
        Self {
            start: transition.timestamp(),
            before: offset_before(zone, transition.timestamp()),
            offset: transition.offset(),
            abbreviation: transition.abbreviation().to_owned(),
            dst: transition.dst(),
            rule: None,
        }
    }

    fn since_1970(zone: &TimeZone, moment: Timestamp) -> Self {
        let info = zone.to_offset_info(moment);
        let offset = info.offset();
        let start =
            offset.to_timestamp(civil::date(1970, 1, 1).at(0, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH);
        let abbreviation = info.abbreviation().to_owned();
        Self { start, before: offset, offset, abbreviation, dst: info.dst(), rule: None }
    }

    /// Its start by the clock as it went until then.
    fn local_start(&self) -> civil::DateTime {
        self.before.to_datetime(self.start)
    }

    /// Whether both are the same but for the year.
    fn is_like(&self, other: &Self) -> bool {
        (self.before, self.offset, self.dst) == (other.before, other.offset, other.dst)
            && self.abbreviation == other.abbreviation
    }

    fn lines(&self) -> Vec<String> {
        let component = if self.dst.is_dst() { "DAYLIGHT" } else { "STANDARD" };
        let mut lines = vec![
            format!("BEGIN:{component}"),
            format!("DTSTART:{}", self.local_start().strftime("%Y%m%dT%H%M%S")),
        ];
        lines.extend(self.rule.iter().map(|rule| format!("RRULE:{}", rule.value())));
        lines.extend([
            format!("TZOFFSETFROM:{}", utc_offset(self.before)),
            format!("TZOFFSETTO:{}", utc_offset(self.offset)),
            format!("TZNAME:{}", self.abbreviation),
            format!("END:{component}"),
        ]);
        lines
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
        let daylight = lines.iter().position(|line| line == "BEGIN:DAYLIGHT").unwrap();
        assert_eq!(lines[daylight + 1], "DTSTART:20260329T020000");
    }

    #[test]
    fn yearly_rules_are_told_and_standard_time_is_always_known() {
        for (time, rules) in [
            ("2026-07-01T18:00[Europe/Berlin]", ["BYMONTH=10;BYDAY=-1SU", "BYMONTH=3;BYDAY=-1SU"]),
            ("2026-01-15T18:00[America/New_York]", ["BYMONTH=3;BYDAY=2SU", "BYMONTH=11;BYDAY=1SU"]),
            ("2026-01-15T18:00[Australia/Sydney]", ["BYMONTH=4;BYDAY=1SU", "BYMONTH=10;BYDAY=1SU"]),
        ] {
            let lines = definitions(&[&zoned(time)]);
            let told: Vec<&str> =
                lines.iter().filter_map(|line| line.strip_prefix("RRULE:FREQ=YEARLY;")).collect();
            assert_eq!(told, rules, "{time}");
            assert!(
                lines.contains(&"BEGIN:STANDARD".to_owned()) && lines.contains(&"BEGIN:DAYLIGHT".to_owned())
            );
        }
    }

    #[test]
    fn what_follows_no_yearly_rule_is_told_change_by_change() {
        // The clocks of Morocco go by the moon.
        let lines = definitions(&[&zoned("2026-03-01T18:00[Africa/Casablanca]")]);
        assert!(!lines.iter().any(|line| line.starts_with("RRULE")), "{lines:#?}");
        assert!(lines.contains(&"BEGIN:STANDARD".to_owned()), "{lines:#?}");
        // Berlin had double daylight time in 1947.
        let lines = definitions(&[&zoned("1947-06-01T18:00[Europe/Berlin]")]);
        assert!(!lines.iter().any(|line| line.starts_with("RRULE")), "{lines:#?}");
    }
}
