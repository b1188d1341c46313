//! Sample values. Numbers make them different from each other and readable in a failure.

use jiff::Timestamp;
use regatta_domain::ids::{EventId, MailId, RegistrationId, RunId};
use regatta_domain::pipeline::{Job, Needs, Note, Pipeline, Step};
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::run::{RunEvent, RunFact, RunState, Stream};
use regatta_store::Store;
use regatta_store::desk::DeskTransaction;
use regatta_store::outbox::{MailKind, NewMail};
use regatta_store::runs::StoredRun;

/// `seconds` after the moment at which every test begins, with all the digits that are kept.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_microsecond(1_790_000_000_123_456 + seconds * 1_000_000).unwrap()
}

fn bytes(number: i64) -> [u8; 16] {
    i128::from(number).to_be_bytes()
}

pub fn event(name: &str) -> EventId {
    name.parse().unwrap()
}

/// The registration of `visitor<number>@example.org` for the event `sail`, at place `number`.
pub fn registration(number: i64, state: RegistrationState) -> Registration {
    Registration {
        id: RegistrationId::from_bytes(bytes(number)),
        event: event("sail"),
        name: format!("Visitor {number} 周").parse().unwrap(),
        email: format!("Visitor{number}@Example.org").parse().unwrap(),
        state,
        place: number,
        held_until: at(1800),
        generation: 1,
        sequence: 0,
        version: 1,
        created_at: at(0),
        updated_at: at(0),
    }
}

/// Stores registrations in a transaction of their own.
pub async fn add(store: &dyn Store, registrations: &[Registration]) {
    let mut tx = store.begin().await.unwrap();
    for registration in registrations {
        tx.add(registration).await.unwrap();
    }
    tx.commit().await.unwrap();
}

pub fn mail(number: i64, registration: &Registration, kind: MailKind, created_at: Timestamp) -> NewMail {
    NewMail {
        id: MailId::from_bytes(bytes(number)),
        kind,
        registration: registration.id.clone(),
        recipient: registration.email.clone(),
        created_at,
    }
}

/// Stores a registration, and mails to its owner that are due at these moments, numbered from 1.
pub async fn owe(store: &dyn Store, due: &[Timestamp]) -> Vec<NewMail> {
    let owner = registration(1, RegistrationState::Held);
    let mut tx: Box<dyn DeskTransaction> = store.begin().await.unwrap();
    tx.add(&owner).await.unwrap();
    let mut owed = Vec::new();
    for (number, due) in (1..).zip(due) {
        let mail = mail(number, &owner, MailKind::ConfirmSeat, *due);
        tx.enqueue(&mail).await.unwrap();
        owed.push(mail);
    }
    tx.commit().await.unwrap();
    owed
}

/// A queued run, accepted `number` seconds after the beginning.
pub fn run(number: i64) -> StoredRun {
    let step = Step { name: "greet".into(), script: "echo \"hello\"\n".into(), always: false };
    let job = Job {
        name: "main".into(),
        needs: Needs::default(),
        image: "shell".into(),
        environment: [("GREETING".to_owned(), "hello".to_owned())].into(),
        steps: vec![step],
    };
    StoredRun {
        id: RunId::from_bytes(bytes(number)),
        demo: Some("hello".parse().unwrap()),
        edited: false,
        title: format!("Run {number}"),
        source: "jobs: {}\n".into(),
        pipeline: Pipeline { jobs: vec![job], notes: vec![Note { line: Some(3), text: "left out".into() }] },
        isolation: None,
        visitor: "somebody".into(),
        state: RunState::Queued,
        accepted_at: at(number),
        ended_at: None,
    }
}

/// The event number `seq` of a log, a printed line.
pub fn line(seq: u64) -> RunEvent {
    let what = RunFact::Line { job: 0, step: 0, stream: Stream::Out, text: format!("line {seq}") };
    RunEvent { seq, at_ms: seq * 10, what }
}
