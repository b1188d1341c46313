//! One letter of every kind, made up: for tests, and for looking at the messages while working on them.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use regatta_domain::event::{Event, EventStatus, EventTime, Place, RegistrationPolicy};
use regatta_domain::html::SafeHtml;
use regatta_domain::ids::{MailId, RegistrationId};
use regatta_domain::person_name::PersonName;
use regatta_domain::ports::Entropy;

use crate::letter::{Confirmation, Letter, Matter, Site, Standing};

const BASE_URL: &str = "https://regatta.example.org";

/// A letter for everything that a mail can say, in the order in which a visitor may meet them.
pub fn samples() -> Vec<Letter> {
    // The constants below are valid, which a test holds; there is no other reason for a sample to be missing.
    let Some(event) = sample_event() else { return Vec::new() };
    let event = Arc::new(event);
    let letter = |(number, matter)| sample_letter(number, matter, &event);
    (1u8..).zip(matters()).filter_map(letter).collect()
}

fn sample_letter(number: u8, matter: Matter, event: &Arc<Event>) -> Option<Letter> {
    let sequence = i64::from(matches!(matter, Matter::Cancelled { .. }));
    Some(Letter {
        mail: MailId::random(&Fixed(number)),
        recipient: "ada@example.org".parse().ok()?,
        event: Arc::clone(event),
        registration: RegistrationId::random(&Fixed(100)),
        sequence,
        site: Site { name: "Regatta".to_owned(), base_url: BASE_URL.to_owned() },
        matter,
    })
}

fn matters() -> Vec<Matter> {
    let Ok(name) = "Ada".parse::<PersonName>() else { return Vec::new() };
    let manage_url = format!("{BASE_URL}/registrations/sample?key=sample");
    let confirmation = Confirmation {
        url: format!("{BASE_URL}/registrations/sample/confirm?key=sample"),
        // 1 September 2026, 12:30 UTC.
        held_until: Timestamp::constant(1_788_265_800, 0),
    };
    let registered =
        |standing| Matter::AlreadyRegistered { name: name.clone(), standing, manage_url: manage_url.clone() };
    vec![
        Matter::ConfirmSeat(confirmation.clone()),
        Matter::ConfirmWaitlist(confirmation.clone()),
        Matter::StillUnconfirmed(confirmation),
        Matter::Confirmed { name: name.clone(), manage_url: manage_url.clone() },
        Matter::Waitlisted { name: name.clone(), position: 3, manage_url: manage_url.clone() },
        Matter::Promoted { name: name.clone(), manage_url: manage_url.clone() },
        registered(Standing::Seat),
        registered(Standing::Waitlist(2)),
        Matter::Cancelled { name: Some(name.clone()) },
    ]
}

fn sample_event() -> Option<Event> {
    let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
    let at = |hour, minute| date(2026, 10, 8).at(hour, minute, 0, 0).to_zoned(zone.clone());
    Some(Event {
        id: "sample-evening".parse().ok()?,
        slug: "sample-evening".parse().ok()?,
        formerly: Vec::new(),
        title: "Pipelines by the harbour".to_owned(),
        summary: "An evening about deployments that nobody has to stay up for.".to_owned(),
        when: EventTime::At { start: at(18, 30).ok()?, end: at(21, 0).ok() },
        place: Some(Place::Located("Hamburg, Germany".to_owned())),
        hosts: Vec::new(),
        topics: Vec::new(),
        links: Vec::new(),
        agenda: Vec::new(),
        registration: Some(RegistrationPolicy {
            capacity: 30,
            opens: None,
            closes: None,
            waitlist: true,
            hold_minutes: 30,
        }),
        status: EventStatus::Scheduled,
        sample: true,
        body: SafeHtml::default(),
    })
}

/// Entropy for samples: the same byte over and over.
struct Fixed(u8);

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}
