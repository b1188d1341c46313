//! Sample values for this crate's tests.

use jiff::Timestamp;

use crate::event::{Event, EventStatus, EventTime, RegistrationPolicy};
use crate::html::SafeHtml;
use crate::ids::RegistrationId;
use crate::language::Language;
use crate::questions::Answers;
use crate::registration::{Registration, RegistrationState};
use crate::seats::Attendance;

/// An event in Berlin on the evening of 2 June 2030.
pub fn event(policy: RegistrationPolicy) -> Event {
    Event {
        id: "meetup".parse().unwrap(),
        slug: "meetup".parse().unwrap(),
        formerly: Vec::new(),
        title: "Meetup".to_owned(),
        summary: String::new(),
        when: EventTime::At { start: "2030-06-02T18:00[Europe/Berlin]".parse().unwrap(), end: None },
        previous_start: None,
        place: None,
        series: None,
        hosts: Vec::new(),
        topics: Vec::new(),
        links: Vec::new(),
        recordings: Vec::new(),
        contact: None,
        agenda: Vec::new(),
        registration: Some(policy),
        status: EventStatus::Published,
        sample: false,
        body: SafeHtml::default(),
    }
}

/// A registration of one seat on site at this place in line.
pub fn registration(place: u8, state: RegistrationState) -> Registration {
    let noon: Timestamp = "2030-06-01T12:00:00Z".parse().unwrap();
    Registration {
        id: RegistrationId::from_bytes([place; 16]),
        event: "meetup".parse().unwrap(),
        name: "Ada".parse().unwrap(),
        email: format!("visitor{place}@example.org").parse().unwrap(),
        language: Language::English,
        attendance: Attendance::InPerson,
        party: 1,
        answers: Answers::default(),
        state,
        place: place.into(),
        booking: None,
        held_until: noon,
        seated_at: None,
        purge_at: noon,
        generation: 1,
        sequence: 0,
        version: 1,
        created_at: noon,
        updated_at: noon,
    }
}
