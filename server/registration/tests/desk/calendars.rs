//! What becomes of people's calendars: each mail is read as a mail program would, and its calendar as a calendar would.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;
use regatta_domain::event::{Event, EventStatus, EventTime, Place};
use regatta_domain::ports::Clock;
use regatta_domain::registration::{Registration, RegistrationState as State};
use regatta_mail::{Stationery, mime};
use regatta_registration::{Link, LinkPurpose, LinkSigner};

use crate::harbour::{BASE_URL, Harbour, Posted, SECRET, address};
use crate::news::moved_by;

/// The calendar of one person: entries by their UID, newest version only (RFC 5546 section 2.1.5).
#[derive(Debug, Default)]
struct Calendar(BTreeMap<String, Entry>);

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    sequence: i64,
    /// The moment that `DTSTART` names.
    start: Timestamp,
    /// What the entry says of the place.
    location: String,
    /// Whether the entry was taken away; it stays gone for older versions.
    gone: bool,
}

impl Calendar {
    /// Takes in what a mail carries, where it carries anything for a calendar.
    fn read(&mut self, mail: &[u8]) {
        let mail = MessageParser::default().parse(mail).unwrap();
        let part = mail.parts.iter().find(|part| part.is_content_type("text", "calendar"));
        let Some(part) = part else { return };
        let method = part.content_type().unwrap().attribute("method").unwrap();
        let ics = part.text_contents().unwrap().replace("\r\n ", "");
        assert!(ics.contains(&format!("METHOD:{method}\r\n")), "{ics}");
        let entry = Entry {
            sequence: value(&ics, "SEQUENCE").parse().unwrap(),
            start: moment(&value(&ics, "DTSTART")),
            location: value(&ics, "LOCATION"),
            gone: method == "CANCEL",
        };
        let uid = value(&ics, "UID");
        let stale = self.0.get(&uid).is_some_and(|known| entry.sequence < known.sequence);
        let same = self.0.get(&uid).is_some_and(|known| entry.sequence == known.sequence && entry != *known);
        assert!(!same, "two versions under one number: {entry:?} after {:?}", self.0.get(&uid));
        if !stale {
            self.0.insert(uid, entry);
        }
    }

    fn entries(&self) -> Vec<&Entry> {
        self.0.values().filter(|entry| !entry.gone).collect()
    }
}

/// The value of the first such property of the event, with its parameters; empty where there is none.
fn value(ics: &str, name: &str) -> String {
    let event = &ics[ics.find("BEGIN:VEVENT").unwrap()..];
    let line = event.lines().find(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':') || rest.starts_with(';'))
    });
    line.map_or_else(String::new, |line| line[name.len()..].trim_start_matches(':').to_owned())
}

/// Everybody's calendars.
#[derive(Default)]
struct Calendars(BTreeMap<String, Calendar>);

impl Calendars {
    /// Delivers everything that is owed.
    async fn deliver(&mut self, harbour: &Harbour) {
        for mail in harbour.collect().await {
            self.read(&mail, harbour);
        }
    }

    fn read(&mut self, mail: &Posted, harbour: &Harbour) {
        let Some(letter) = &mail.letter else { return };
        let stationery = Stationery::plain("Regatta <regatta@example.org>".parse().unwrap());
        let rendered = mime::render(letter, &stationery, harbour.clock.now()).unwrap();
        self.0.entry(mail.to().to_owned()).or_default().read(&rendered.bytes);
    }

    /// Whoever has a seat at what takes place, or will some day, has one entry with its start and place; nobody else
    /// has any.
    async fn assert_right(&self, harbour: &Harbour) {
        let event = harbour.programme.event_now(&harbour.event);
        for (who, calendar) in &self.0 {
            let newest = harbour.store.by_address(who).await.unwrap().remove(0);
            let expected = newest.state == State::Confirmed && event.status != EventStatus::Cancelled;
            let entries = calendar.entries();
            assert_eq!(entries.len(), usize::from(expected), "{who} {:?}: {entries:?}", newest.state);
            for entry in entries {
                assert_eq!(entry.start, event.when.begins_at(), "{who}");
                let city = event.place.as_ref().and_then(Place::city).unwrap_or_default();
                assert!(entry.location.contains(city), "{who}: {entry:?} in {city}");
            }
        }
    }
}

/// A date and time in UTC, or in a zone; where the clock shows it twice, the first is meant (RFC 5545 section 3.3.5).
fn moment(value: &str) -> Timestamp {
    let (zone, time) = match value.strip_prefix(";TZID=") {
        Some(value) => value.split_once(':').unwrap(),
        None => ("UTC", value.strip_suffix('Z').unwrap()),
    };
    let time = DateTime::strptime("%Y%m%dT%H%M%S", time).unwrap();
    time.in_tz(zone).unwrap().timestamp()
}

/// A month in the life of an event whose organizers cannot make up their minds.
#[tokio::test]
async fn a_month_of_changes_reaches_every_calendar() {
    let harbour = Harbour::with_seats(2).await;
    let mut calendars = Calendars::default();
    harbour.edit(|event| moved_by(event, 30 * 24));
    harbour.settle().await;
    join(&harbour, "ada").await;
    join(&harbour, "bob").await;
    join(&harbour, "cyd").await;
    calendars.deliver(&harbour).await;
    calendars.assert_right(&harbour).await;
    let month: [fn(&mut Event); 9] = [
        |event| moved_by(event, 24),
        |event| event.place = Some(Place::Located("Hamburg, Germany".into())),
        |event| event.status = EventStatus::Postponed,
        |event| {
            event.status = EventStatus::Rescheduled;
            moved_by(event, 7 * 24);
        },
        |event| event.place = Some(Place::Online),
        |event| event.status = EventStatus::Cancelled,
        |event| event.status = EventStatus::Published,
        |event| {
            // From Berlin's summer into its winter: another offset, the same time on the wall.
            event.when = EventTime::At {
                start: "2030-10-27T02:30+01:00[Europe/Berlin]".parse().unwrap(),
                end: Some("2030-10-27T04:30[Europe/Berlin]".parse().unwrap()),
            };
        },
        |event| {
            event.when =
                EventTime::At { start: "2031-03-09T03:30[America/New_York]".parse().unwrap(), end: None };
        },
    ];
    for change in month {
        harbour.edit(change);
        harbour.settle().await;
        calendars.deliver(&harbour).await;
        calendars.assert_right(&harbour).await;
        harbour.clock.days(2);
    }
    assert_eq!(calendars.0[&address("ada")].entries()[0].sequence, 9);
}

async fn join(harbour: &Harbour, who: &str) {
    harbour.register(who).await.unwrap();
    confirm(harbour, who).await;
}

/// Confirms as if by the newest link of theirs, whether that was delivered or not.
async fn confirm(harbour: &Harbour, who: &str) {
    let registration = harbour.registration_of(who).await;
    let token = harbour.confirm_token(&registration);
    // May be refused; that calendars are right all the same is what counts here.
    harbour.desk.confirm(&token).await.ok();
}

#[derive(Clone, Debug)]
enum Deed {
    Join(u8),
    Cancel(u8),
    Move(i64),
    Place(bool),
    Status(EventStatus),
    Herald,
    Minutes(i64),
    Deliver,
}

fn any_deed() -> impl Strategy<Value = Deed> {
    let statuses = [
        EventStatus::Draft,
        EventStatus::Published,
        EventStatus::Published,
        EventStatus::Postponed,
        EventStatus::Cancelled,
    ];
    prop_oneof![
        3 => (0..4u8).prop_map(Deed::Join),
        1 => (0..4u8).prop_map(Deed::Cancel),
        2 => prop_oneof![Just(-3), Just(3), 1..50i64].prop_map(Deed::Move),
        1 => any::<bool>().prop_map(Deed::Place),
        2 => proptest::sample::select(statuses.to_vec()).prop_map(Deed::Status),
        4 => Just(Deed::Herald),
        3 => (1..15i64).prop_map(Deed::Minutes),
        2 => Just(Deed::Deliver),
    ]
}

async fn live_through(harbour: &Harbour, calendars: &mut Calendars, deed: &Deed) {
    match deed {
        Deed::Join(who) => {
            let who = format!("visitor{who}");
            if harbour.register(&who).await.is_ok() {
                confirm(harbour, &who).await;
            }
        }
        Deed::Cancel(who) => {
            let known = harbour.store.by_address(&address(&format!("visitor{who}"))).await.unwrap();
            if let Some(newest) = known.first() {
                harbour.desk.cancel(&harbour.manage_token(newest)).await.unwrap();
            }
        }
        Deed::Move(hours) => harbour.edit(|event| moved_by(event, *hours)),
        Deed::Place(online) => harbour.edit(|event| {
            let located = Place::Located("Hamburg, Germany".into());
            event.place = Some(if *online { Place::Online } else { located });
        }),
        Deed::Status(status) => harbour.edit(|event| event.status = *status),
        Deed::Herald => drop(harbour.herald().await),
        Deed::Minutes(minutes) => harbour.clock.minutes(*minutes),
        Deed::Deliver => calendars.deliver(harbour).await,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens in whatever order, and however late mails are: once everything has settled and arrived, every
    /// calendar is right.
    #[test]
    fn in_the_end_every_calendar_is_right(deeds in proptest::collection::vec(any_deed(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let harbour = Harbour::with_seats(2).await;
            harbour.edit(|event| event.place = Some(Place::Online));
            harbour.settle().await;
            let mut calendars = Calendars::default();
            for deed in &deeds {
                live_through(&harbour, &mut calendars, deed).await;
            }
            if harbour.programme.event_now(&harbour.event).status == EventStatus::Draft {
                harbour.edit(|event| event.status = EventStatus::Published);
            }
            harbour.settle().await;
            calendars.deliver(&harbour).await;
            calendars.assert_right(&harbour).await;
        });
    }
}

impl Harbour {
    fn confirm_token(&self, registration: &Registration) -> String {
        self.token(LinkPurpose::Confirm, registration)
    }

    fn manage_token(&self, registration: &Registration) -> String {
        self.token(LinkPurpose::Manage, registration)
    }

    /// A link as a mail of this moment would carry it.
    fn token(&self, purpose: LinkPurpose, registration: &Registration) -> String {
        let signer = LinkSigner::new(&SECRET, BASE_URL);
        signer.token(&Link {
            purpose,
            registration: registration.id.clone(),
            generation: registration.generation,
            expires: self.clock.now() + SignedDuration::from_hours(1),
        })
    }
}
