//! Sample values. Numbers make them different from each other and readable in a failure.

use jiff::Timestamp;
use regatta_domain::announcement::{EventFacts, Standing};
use regatta_domain::event::{EventTime, Place};
use regatta_domain::follow::{Follow, Topic};
use regatta_domain::ids::{EventId, FollowId, MailId, RegistrationId};
use regatta_domain::language::Language;
use regatta_domain::questions::Answers;
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::seats::Attendance;
use regatta_store::Store;
use regatta_store::desk::DeskTransaction;
use regatta_store::outbox::{ClaimedMail, MailKind, MailSubject, NewMail, Rates, Settlement};

/// `seconds` after the moment at which every test begins, with all the digits that are kept.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_microsecond(1_790_000_000_123_456 + seconds * 1_000_000).unwrap()
}

pub fn bytes(number: i64) -> [u8; 16] {
    i128::from(number).to_be_bytes()
}

pub fn event(name: &str) -> EventId {
    name.parse().unwrap()
}

/// The registration of `visitor<number>@example.org` for one seat on site at the event `sail`, at place `number`.
pub fn registration(number: i64, state: RegistrationState) -> Registration {
    let diet = vec!["vegan".to_owned(), "no \"nuts\" 坚果".to_owned()];
    Registration {
        id: RegistrationId::from_bytes(bytes(number)),
        event: event("sail"),
        name: format!("Visitor {number} 周").parse().unwrap(),
        email: format!("Visitor{number}@Example.org").parse().unwrap(),
        language: Language::English,
        attendance: Attendance::InPerson,
        party: 1,
        answers: Answers([("diet".parse().unwrap(), diet)].into()),
        state,
        place: number,
        booking: None,
        held_until: at(1800),
        seated_at: state.has_calendar_entry().then(|| at(number)),
        purge_at: at(1_000_000),
        generation: 1,
        sequence: 0,
        version: 1,
        created_at: at(0),
        updated_at: at(0),
    }
}

/// One registration in each state, at places from 1.
pub fn one_in_each_state() -> Vec<Registration> {
    (1..).zip(RegistrationState::ALL).map(|(place, state)| registration(place, state)).collect()
}

/// The same registration for another event.
pub fn elsewhere(name: &str, registration: Registration) -> Registration {
    Registration { event: event(name), ..registration }
}

/// A transaction at the desks of these events.
pub async fn begin(store: &dyn Store, names: &[&str]) -> Box<dyn DeskTransaction> {
    let events: Vec<_> = names.iter().copied().map(event).collect();
    store.begin(&events).await.unwrap()
}

/// Stores registrations in a transaction of their own.
pub async fn add(store: &dyn Store, registrations: &[Registration]) {
    let events: Vec<_> = registrations.iter().map(|one| one.event.clone()).collect();
    let mut tx = store.begin(&events).await.unwrap();
    tx.add(registrations).await.unwrap();
    tx.commit().await.unwrap();
}

/// Puts mails into the outbox in a transaction of their own.
pub async fn enqueue(store: &dyn Store, mails: &[NewMail]) -> u32 {
    let mut tx = begin(store, &["sail"]).await;
    let put_in = tx.enqueue(mails).await.unwrap();
    tx.commit().await.unwrap();
    put_in
}

/// The places of registrations, in their order.
pub fn places(registrations: &[Registration]) -> Vec<i64> {
    registrations.iter().map(|one| one.place).collect()
}

pub fn mail_id(number: i64) -> MailId {
    MailId::from_bytes(bytes(number))
}

pub fn mail(number: i64, registration: &Registration, kind: MailKind, created_at: Timestamp) -> NewMail {
    NewMail {
        id: mail_id(number),
        kind,
        subject: MailSubject::Registration(registration.id.clone()),
        recipient: registration.email.clone(),
        language: registration.language,
        detail: None,
        once: None,
        created_at,
    }
}

/// Stores a registration, and mails to its owner that are due at these moments, numbered from 1.
pub async fn owe(store: &dyn Store, due: &[Timestamp]) -> Vec<NewMail> {
    let owner = registration(1, RegistrationState::Held);
    add(store, std::slice::from_ref(&owner)).await;
    let owed: Vec<_> =
        (1..).zip(due).map(|(number, due)| mail(number, &owner, MailKind::ConfirmSeat, *due)).collect();
    assert_eq!(usize::try_from(enqueue(store, &owed).await).unwrap(), owed.len());
    owed
}

/// The worker of most tests.
pub const WORKER: &str = "worker";

/// What the worker of most tests claims, however much was sent.
pub async fn claim(store: &dyn Store, now: Timestamp) -> Option<ClaimedMail> {
    store.claim(WORKER, Rates::default(), now).await.unwrap()
}

/// Settles what the worker of most tests claimed.
pub async fn settle(store: &dyn Store, id: &MailId, settlement: &Settlement, now: Timestamp) {
    store.settle(WORKER, id, settlement, now).await.unwrap();
}

/// The words of a server.
pub fn why() -> String {
    "450 4.2.0 greylisted".into()
}

/// An unconfirmed follow by `follower<number>@example.org`.
pub fn follow(number: i64, topic: &str) -> Follow {
    Follow {
        id: FollowId::from_bytes(bytes(number)),
        email: format!("Follower{number}@Example.org").parse().unwrap(),
        language: Language::Chinese,
        topic: topic.parse::<Topic>().unwrap(),
        created_at: at(number),
        confirmed_at: None,
    }
}

/// A mail about a follow.
pub fn mail_for(number: i64, follow: &Follow, kind: MailKind, created_at: Timestamp) -> NewMail {
    NewMail {
        id: mail_id(number),
        kind,
        subject: MailSubject::Follow { follow: follow.id.clone(), event: None },
        recipient: follow.email.clone(),
        language: follow.language,
        detail: None,
        once: None,
        created_at,
    }
}

/// An evening in Berlin that ends in the next year.
pub fn facts(standing: Standing) -> EventFacts {
    let moment = |text: &str| text.parse().unwrap();
    EventFacts {
        when: EventTime::At {
            start: moment("2026-12-31T22:00[Europe/Berlin]"),
            end: Some(moment("2027-01-01T01:30[Europe/Berlin]")),
        },
        place: Some(Place::Located("Hamburg, Germany".into())),
        standing,
    }
}

/// Numbers that look random and are the same in every run (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
pub struct Dice(pub u64);

impl Dice {
    /// A number below `sides`.
    pub fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(sides).unwrap()).unwrap()
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}
