use super::*;
use proptest::prelude::*;

fn at(start: &str, end: Option<&str>) -> EventTime {
    EventTime::At { start: start.parse().unwrap(), end: end.map(|end| end.parse().unwrap()) }
}

fn organizer() -> Party {
    Party { name: Some("Regatta".into()), address: "regatta@example.org".into() }
}

fn attendee() -> Party {
    Party { name: Some("Ada".into()), address: "ada@example.org".into() }
}

fn entry(when: EventTime) -> Entry {
    Entry {
        uid: "aaaaaaaaaaaaaaaaaaaaaaaaaa@regatta.example.org".into(),
        stamp: "2020-06-01T12:00:00Z".parse().unwrap(),
        modified: "2020-05-31T09:00:00Z".parse().unwrap(),
        sequence: 0,
        when,
        summary: "Spinnaker.Live".into(),
        description: Some("Talks, demos; and more.\nSee you there.".into()),
        location: Some("Online".into()),
        url: Some("https://regatta.example.org/events/spinnaker-live".into()),
        organizer: organizer(),
        status: EventStatus::Published,
    }
}

/// The file as a snapshot shows it: every line must end in CRLF, then the ends are made readable.
fn shown(calendar: &Calendar) -> String {
    let ics = calendar.to_ics();
    assert_eq!(ics.matches('\n').count(), ics.matches("\r\n").count());
    ics.replace("\r\n", "\n")
}

#[test]
fn a_request_in_daylight_time_without_a_known_end() {
    let when = at("2020-06-18T09:00[America/Los_Angeles]", None);
    insta::assert_snapshot!(shown(&Calendar::request(entry(when), attendee())));
}

#[test]
fn a_day_without_a_time() {
    let when = EventTime::Day("2020-06-19".parse().unwrap());
    insta::assert_snapshot!(shown(&Calendar::publish(vec![entry(when)])));
}

#[test]
fn a_time_in_utc() {
    let when = at("2026-12-01T16:00[UTC]", Some("2026-12-01T18:00[UTC]"));
    insta::assert_snapshot!(shown(&Calendar::publish(vec![entry(when)])));
}

#[test]
fn a_zone_without_daylight_time() {
    let when = at("2020-06-19T14:00[Asia/Shanghai]", Some("2020-06-19T17:30[Asia/Shanghai]"));
    insta::assert_snapshot!(shown(&Calendar::publish(vec![entry(when)])));
}

#[test]
fn a_night_in_which_the_clocks_change() {
    let when = at("2026-10-24T20:00[Europe/Berlin]", Some("2026-10-25T04:00[Europe/Berlin]"));
    insta::assert_snapshot!(shown(&Calendar::request(entry(when), attendee())));
}

#[test]
fn a_cancellation_keeps_the_identity_and_says_so_everywhere() {
    let when = at("2026-10-24T20:00[Europe/Berlin]", None);
    let calendar = Calendar::cancel(Entry { sequence: 2, ..entry(when) }, attendee());
    assert_eq!(calendar.method(), Method::Cancel);
    let ics = calendar.to_ics();
    for line in [
        "METHOD:CANCEL",
        "UID:aaaaaaaaaaaaaaaaaaaaaaaaaa@regatta.example.org",
        "SEQUENCE:2",
        "STATUS:CANCELLED",
        "ORGANIZER;CN=\"Regatta\":mailto:regatta@example.org",
    ] {
        assert!(ics.split("\r\n").any(|found| found == line), "{line} is missing in {ics}");
    }
    assert!(!ics.contains("ACCEPTED"));
}

#[test]
fn what_is_published_names_no_attendee_and_defines_each_zone_once() {
    let berlin = at("2026-10-24T20:00[Europe/Berlin]", None);
    let ics = Calendar::publish(vec![entry(berlin.clone()), entry(berlin)]).to_ics();
    assert!(!ics.contains("ATTENDEE"));
    assert_eq!(ics.matches("BEGIN:VTIMEZONE").count(), 1);
    assert_eq!(ics.matches("BEGIN:VEVENT").count(), 2);
}

#[test]
fn a_night_in_which_the_clocks_change_in_the_south() {
    let when = at("2026-10-03T20:00[Australia/Sydney]", Some("2026-10-04T04:00[Australia/Sydney]"));
    insta::assert_snapshot!(shown(&Calendar::request(entry(when), attendee())));
}

#[test]
fn an_event_of_half_a_year_knows_every_change_of_the_clocks() {
    let when = at("2026-02-01T09:00[America/New_York]", Some("2026-11-30T17:00[America/New_York]"));
    let ics = Calendar::publish(vec![entry(when)]).to_ics();
    let starts: Vec<&str> = ics.split("\r\n").filter(|line| line.starts_with("DTSTART:")).collect();
    assert_eq!(starts, ["DTSTART:20250309T020000", "DTSTART:20251102T020000"]);
    assert_eq!(ics.matches("RRULE:FREQ=YEARLY;").count(), 2);
}

#[test]
fn a_year_in_which_a_zone_gave_up_its_rules_is_told_change_by_change() {
    // Türkiye stayed in summer time after March 2016.
    let when = at("2015-06-01T09:00[Europe/Istanbul]", Some("2017-06-01T17:00[Europe/Istanbul]"));
    let ics = Calendar::publish(vec![entry(when)]).to_ics();
    assert!(!ics.contains("RRULE"));
    assert!(ics.contains("BEGIN:STANDARD"));
}

#[test]
fn what_is_postponed_stays_where_it_was_and_leaves_its_reader_free() {
    let when = at("2026-10-24T20:00[Europe/Berlin]", None);
    let postponed = Entry { status: EventStatus::Postponed, ..entry(when.clone()) };
    let ics = Calendar::request(postponed, attendee()).to_ics();
    for line in ["METHOD:REQUEST", "STATUS:TENTATIVE", "TRANSP:TRANSPARENT", "LAST-MODIFIED:20200531T090000Z"]
    {
        assert!(ics.split("\r\n").any(|found| found == line), "{line} is missing in {ics}");
    }
    assert!(!Calendar::request(entry(when), attendee()).to_ics().contains("TRANSP"));
}

proptest! {
    /// A reader that knows nothing but the definitions in the file finds the moments that were meant, in whatever zone
    /// and at whatever hour.
    #[test]
    fn the_definitions_lead_back_to_the_moments(
        zone in prop::sample::select(vec![
            "Europe/Berlin", "America/New_York", "Australia/Sydney", "America/Santiago", "Australia/Lord_Howe",
            "Asia/Shanghai", "Asia/Kathmandu", "Africa/Casablanca", "Europe/Dublin", "Pacific/Chatham",
            "Asia/Jerusalem", "America/Asuncion", "Europe/Istanbul", "Africa/Cairo", "America/Havana",
        ]),
        second in 946_684_800_i64..2_082_758_400,
        hours in 1_i64..9000,
    ) {
        let zone = jiff::tz::TimeZone::get(zone).unwrap();
        let start = Timestamp::from_second(second).unwrap();
        let end = Timestamp::from_second(second + hours * 3600).unwrap();
        let when =
            EventTime::At { start: start.to_zoned(zone.clone()), end: Some(end.to_zoned(zone)) };
        let ics = Calendar::publish(vec![entry(when)]).to_ics();
        prop_assert_eq!(reader::moments(&ics), (start.as_second(), end.as_second()));
    }
}

/// A reader of calendars as RFC 5545 section 3.6.5 asks for one: a local time has the offset of the last observance that
/// began before it, each beginning once or by its yearly rule.
mod reader {
    use jiff::civil::{DateTime, Weekday, date};

    struct Observance {
        from: DateTime,
        rule: Option<(i8, i8, Weekday)>,
        offset: i64,
    }

    impl Observance {
        fn read(part: &str) -> Self {
            let offset = offset(value(part, "TZOFFSETTO:").unwrap());
            Self {
                from: local(value(part, "DTSTART:").unwrap()),
                rule: value(part, "RRULE:").map(rule),
                offset,
            }
        }

        /// The last time it began by `time`.
        fn last_begun(&self, time: DateTime) -> Option<DateTime> {
            let in_year = |year: i16| match self.rule {
                Some((month, nth, weekday)) => {
                    let day = date(year, month, 1).nth_weekday_of_month(nth, weekday).unwrap();
                    day.to_datetime(self.from.time())
                }
                None => self.from,
            };
            let begun = [time.year() - 1, time.year()].map(in_year).into_iter().chain([self.from]);
            begun.filter(|begun| *begun >= self.from && *begun <= time).max()
        }
    }

    fn rule(value: &str) -> (i8, i8, Weekday) {
        let rest = value.strip_prefix("FREQ=YEARLY;BYMONTH=").unwrap();
        let (month, day) = rest.split_once(";BYDAY=").unwrap();
        let (nth, day) = day.split_at(day.len() - 2);
        let days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
        let weekday = days.iter().position(|name| *name == day).unwrap() + 1;
        let weekday = Weekday::from_monday_one_offset(weekday.try_into().unwrap()).unwrap();
        (month.parse().unwrap(), nth.parse().unwrap(), weekday)
    }

    /// DTSTART and DTEND of the only event in `ics`, in seconds since 1970.
    pub fn moments(ics: &str) -> (i64, i64) {
        let (zones, event) = ics.split_once("BEGIN:VEVENT").unwrap();
        let parts = zones.split("BEGIN:");
        let parts = parts.filter(|part| part.starts_with("STANDARD") || part.starts_with("DAYLIGHT"));
        let observances: Vec<Observance> = parts.map(Observance::read).collect();
        let moment = |name: &str| {
            let line = event.split("\r\n").find(|line| line.starts_with(name)).unwrap();
            let time = line.rsplit(':').next().unwrap();
            if let Some(utc) = time.strip_suffix('Z') {
                return seconds(local(utc));
            }
            let time = local(time);
            let in_force = observances.iter().max_by_key(|observance| observance.last_begun(time)).unwrap();
            assert!(in_force.last_begun(time).is_some(), "nothing is known of {time}");
            seconds(time) - in_force.offset
        };
        (moment("DTSTART"), moment("DTEND"))
    }

    fn value<'a>(part: &'a str, name: &str) -> Option<&'a str> {
        part.split("\r\n").find_map(|line| line.strip_prefix(name))
    }

    fn local(text: &str) -> DateTime {
        DateTime::strptime("%Y%m%dT%H%M%S", text).unwrap()
    }

    fn seconds(time: DateTime) -> i64 {
        jiff::tz::Offset::UTC.to_timestamp(time).unwrap().as_second()
    }

    fn offset(text: &str) -> i64 {
        let number = |range| text.get(range).map_or(0, |digits: &str| digits.parse::<i64>().unwrap_or(0));
        let seconds = number(1..3) * 3600 + number(3..5) * 60 + number(5..7);
        if text.starts_with('-') { -seconds } else { seconds }
    }
}

proptest! {
    /// Hostile words stay in the property they were given for.
    #[test]
    fn no_field_smuggles_a_property_in(words in any::<String>()) {
        let hostile = format!("{words}\r\nATTENDEE:mailto:eve@example.org\nX:1");
        let mut entry = entry(at("2026-12-01T16:00[Europe/Berlin]", None));
        entry.summary.clone_from(&hostile);
        entry.description = Some(hostile.clone());
        entry.location = Some(hostile.clone());
        entry.url = Some(hostile.clone());
        entry.uid.clone_from(&hostile);
        entry.organizer.name = Some(hostile);
        let ics = Calendar::publish(vec![entry]).to_ics();
        let unfolded = ics.replace("\r\n ", "");
        prop_assert!(!unfolded.split("\r\n").any(|line| line.starts_with("ATTENDEE") || line.starts_with("X:")));
        prop_assert!(ics.split("\r\n").all(|line| line.len() <= 75));
    }
}
