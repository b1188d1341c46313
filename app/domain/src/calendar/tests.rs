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
