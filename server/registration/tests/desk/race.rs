//! The last seat and many visitors at once, in one process and in several.

use std::collections::BTreeSet;
use std::sync::Arc;

use regatta_domain::ids::RegistrationId;
use regatta_domain::language::Language;
use regatta_domain::questions::Answers;
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::seats::Attendance;
use regatta_registration::{Answer, Desk, RegisterError};
use regatta_store::Store;
use regatta_store::desk::RegistrationFilter;
use regatta_store::outbox::MailKind;
use tokio::sync::Barrier;

use crate::harbour::{Engine, Harbour, address, application, beginning, last_part};

const VISITORS: u8 = 8;

on_each_engine!(
    without_a_turn_everybody_gets_the_last_seat,
    at_the_desk_one_gets_the_last_seat_and_the_others_are_told,
    with_a_waitlist_the_others_stand_in_line,
    one_address_at_once_takes_one_seat,
    a_crowd_fills_every_seat_and_no_other,
    a_cancellation_amid_a_crowd_gives_the_seat_to_the_line,
    a_link_opened_many_times_at_once_acts_once,
    many_sweeps_at_once_give_each_seat_once,
);

/// How it is done wrong: count first, insert later, both right by themselves.
async fn register_without_a_turn(harbour: &Harbour, capacity: u32, visitor: u8, counted: &Barrier) -> bool {
    let seats = harbour.store.seats(&harbour.event).await.unwrap().in_person;
    counted.wait().await;
    if seats.free(capacity) == 0 {
        return false;
    }
    insert(&*harbour.store, harbour, visitor).await;
    true
}

async fn insert(store: &dyn Store, harbour: &Harbour, visitor: u8) {
    let mut tx = store.begin(std::slice::from_ref(&harbour.event)).await.unwrap();
    let registration = Registration {
        id: RegistrationId::from_bytes([visitor; 16]),
        event: harbour.event.clone(),
        name: "Ada".parse().unwrap(),
        email: address(&format!("visitor{visitor}")).parse().unwrap(),
        language: Language::English,
        attendance: Attendance::InPerson,
        party: 1,
        answers: Answers::default(),
        state: RegistrationState::Held,
        place: tx.next_places(&harbour.event, 1).await.unwrap(),
        booking: None,
        held_until: beginning(),
        seated_at: None,
        purge_at: beginning(),
        generation: 1,
        sequence: 0,
        version: 1,
        created_at: beginning(),
        updated_at: beginning(),
    };
    tx.add(&[registration]).await.unwrap();
    tx.commit().await.unwrap();
}

/// Without this the next tests would prove nothing.
async fn without_a_turn_everybody_gets_the_last_seat(engine: Engine) {
    let harbour = Arc::new(Harbour::on(engine, 1).await);
    let counted = Arc::new(Barrier::new(VISITORS.into()));
    let visitors: Vec<_> = (0..VISITORS)
        .map(|visitor| {
            let (harbour, counted) = (harbour.clone(), counted.clone());
            tokio::spawn(async move { register_without_a_turn(&harbour, 1, visitor, &counted).await })
        })
        .collect();
    for visitor in visitors {
        assert!(visitor.await.unwrap());
    }
    assert_eq!(harbour.seats().await, (8, 0), "eight seats of one");
}

type Told = Vec<Result<Answer, RegisterError>>;

/// These visitors register at the same moment, at these desks in turn.
async fn at_once(harbour: &Harbour, desks: &[Arc<Desk>], visitors: u16) -> Told {
    let together = Arc::new(Barrier::new(visitors.into()));
    let visitors: Vec<_> = (0..visitors)
        .zip(desks.iter().cycle())
        .map(|(visitor, desk)| {
            let (desk, together, event) = (desk.clone(), together.clone(), harbour.event.clone());
            tokio::spawn(async move {
                together.wait().await;
                desk.register(&event, application(&format!("visitor{visitor}"))).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for visitor in visitors {
        answers.push(visitor.await.unwrap());
    }
    answers
}

fn seats_given(answers: &Told) -> usize {
    answers.iter().filter(|answer| matches!(answer, Ok(Answer::SeatHeld { .. }))).count()
}

/// The desks of several processes: one where the engine is embedded.
async fn desks(harbour: &Harbour, engine: Engine) -> Vec<Arc<Desk>> {
    let mut desks = vec![harbour.desk.clone()];
    if engine == Engine::Postgres {
        desks.push(harbour.another_process().await);
        desks.push(harbour.another_process().await);
    }
    desks
}

async fn at_the_desk_one_gets_the_last_seat_and_the_others_are_told(engine: Engine) {
    for _ in 0..3 {
        let harbour = Harbour::on(engine, 3).await;
        harbour.edit_policy(|policy| policy.waitlist = false);
        harbour.join("ada").await;
        harbour.register_and_read("bob").await;
        let answers = at_once(&harbour, &desks(&harbour, engine).await, VISITORS.into()).await;
        assert_eq!(seats_given(&answers), 1, "{answers:?}");
        let full = answers.iter().filter(|answer| matches!(answer, Err(RegisterError::Full))).count();
        assert_eq!(full, 7, "{answers:?}");
        assert_eq!(harbour.seats().await, (3, 0));
        assert_eq!(harbour.collect().await.len(), 1, "and one mail is owed");
    }
}

async fn with_a_waitlist_the_others_stand_in_line(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    let answers = at_once(&harbour, &desks(&harbour, engine).await, VISITORS.into()).await;
    assert_eq!(seats_given(&answers), 1, "{answers:?}");
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(harbour.seats().await, (1, 7));
    assert_eq!(harbour.collect().await.len(), 8);
}

/// One person who is impatient, or one form sent twice.
async fn one_address_at_once_takes_one_seat(engine: Engine) {
    let harbour = Harbour::on(engine, 5).await;
    let desks = desks(&harbour, engine).await;
    let forms: Vec<_> = (0..VISITORS)
        .zip(desks.iter().cycle())
        .map(|(_, desk)| {
            let (desk, event) = (desk.clone(), harbour.event.clone());
            tokio::spawn(async move { desk.register(&event, application("ada")).await })
        })
        .collect();
    for form in forms {
        assert!(matches!(form.await.unwrap(), Ok(Answer::SeatHeld { .. })));
    }
    assert_eq!(harbour.seats().await, (1, 0));
    assert_eq!(harbour.collect().await.len(), 2, "the question, and one word on the repeats");
}

/// More than one transaction takes on, so that clerks hand over to each other in the middle.
async fn a_crowd_fills_every_seat_and_no_other(engine: Engine) {
    const SEATS: u32 = 100;
    const CROWD: u16 = 600;
    let harbour = Harbour::on(engine, SEATS).await;
    let answers = at_once(&harbour, &desks(&harbour, engine).await, CROWD).await;
    assert_eq!(seats_given(&answers), 100);
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(Answer::OnWaitlist))).count(), 500);
    assert_eq!(harbour.seats().await, (SEATS, 500));
    let everybody = harbour.store.list(&all()).await.unwrap();
    let places: BTreeSet<_> = everybody.iter().map(|one| one.place).collect();
    assert_eq!(places.len(), usize::from(CROWD), "no place is given twice");
    for (at, one) in everybody.iter().enumerate() {
        let early = at < 100;
        assert_eq!(one.state == RegistrationState::Held, early, "seats went by place: {one:?}");
        assert_eq!(harbour.store.history(&one.id).await.unwrap().len(), 1);
    }
    assert_eq!(harbour.store.health().await.unwrap().owed, u32::from(CROWD));
}

fn all() -> RegistrationFilter {
    RegistrationFilter { limit: 10_000, ..RegistrationFilter::default() }
}

async fn a_cancellation_amid_a_crowd_gives_the_seat_to_the_line(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    let ada = harbour.join("ada").await;
    let bob = harbour.join("bob").await;
    let desks = desks(&harbour, engine).await;
    let last = desks[desks.len() - 1].clone();
    let crowd = at_once(&harbour, &desks, 40);
    let (answers, cancelled) = tokio::join!(crowd, last.cancel(&ada));
    assert_eq!(cancelled.unwrap().registration.state, RegistrationState::Cancelled);
    assert_eq!(seats_given(&answers), 0, "bob was first");
    assert_eq!(harbour.desk.look(&bob).await.unwrap().registration.state, RegistrationState::Confirmed);
    assert_eq!(harbour.seats().await, (1, 40));
}

/// Mail programs and impatient people open links more than once, and not one after the other.
async fn a_link_opened_many_times_at_once_acts_once(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    let desks = desks(&harbour, engine).await;
    let confirm = harbour.register_and_read("ada").await;
    let opened = everywhere(&desks, |desk| {
        let confirm = confirm.clone();
        async move { desk.confirm(&confirm).await.unwrap().registration.state }
    });
    assert!(opened.await.iter().all(|state| *state == RegistrationState::Confirmed));
    assert_eq!(harbour.only_mail().await.kind(), MailKind::Confirmed);
    let bob = harbour.join("bob").await;
    let manage = last_part(&harbour.desk.look(&confirm).await.unwrap().manage_path);
    let cancelled = everywhere(&desks, |desk| {
        let manage = manage.clone();
        async move { desk.cancel(&manage).await.unwrap().registration.state }
    });
    assert!(cancelled.await.iter().all(|state| *state == RegistrationState::Cancelled));
    assert_eq!(harbour.desk.look(&bob).await.unwrap().registration.state, RegistrationState::Confirmed);
    let kinds: Vec<_> = harbour.kinds().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [MailKind::Promoted, MailKind::Cancelled]);
}

async fn many_sweeps_at_once_give_each_seat_once(engine: Engine) {
    let harbour = Harbour::on(engine, 2).await;
    let desks = desks(&harbour, engine).await;
    harbour.register_and_read("ada").await;
    harbour.register_and_read("zed").await;
    for who in ["bob", "cyd", "dan"] {
        harbour.join(who).await;
    }
    harbour.clock.minutes(30);
    let swept = everywhere(&desks, |desk| async move { desk.sweep().await.unwrap() }).await;
    let (expired, promoted) =
        swept.iter().fold((0, 0), |(e, p), swept| (e + swept.expired, p + swept.promoted));
    assert_eq!((expired, promoted), (2, 2));
    assert_eq!(harbour.seats().await, (2, 1));
    let expected = [(MailKind::Promoted, address("bob")), (MailKind::Promoted, address("cyd"))];
    assert_eq!(harbour.kinds().await, expected);
}

/// The same at all of these desks many times over, all at once.
async fn everywhere<F>(desks: &[Arc<Desk>], work: impl Fn(Arc<Desk>) -> F) -> Vec<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let tasks: Vec<_> =
        (0..VISITORS).zip(desks.iter().cycle()).map(|(_, desk)| tokio::spawn(work(desk.clone()))).collect();
    let mut outputs = Vec::new();
    for task in tasks {
        outputs.push(task.await.unwrap());
    }
    outputs
}
