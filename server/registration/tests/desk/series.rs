//! A series registered for as a whole.

use std::sync::Arc;

use regatta_domain::event::{EventStatus, RegistrationWindow};
use regatta_domain::questions::{AnswerError, Question, QuestionKind, Questions};
use regatta_domain::registration::Registration;
use regatta_domain::registration::RegistrationState::{
    Cancelled, Confirmed, Expired, Held, HeldForWaitlist, Waitlisted,
};
use regatta_domain::seats::Attendance::Online;
use regatta_domain::slug::Slug;
use regatta_mail::Matter;
use regatta_registration::{Answer, Application, FormError, LinkError, RegisterError, SeriesAnswer};
use regatta_store::outbox::MailKind;

use crate::harbour::{Engine, Harbour, address, application, last_part, meetup_after};

on_each_engine!(
    one_form_and_one_link_make_every_date_theirs,
    two_who_book_two_series_do_not_wait_for_each_other,
    a_whole_booking_is_given_up_at_once,
    what_can_be_decided_of_a_booking_is_decided,
);

fn slug() -> Slug {
    "evenings".parse().unwrap()
}

/// Dates `a`, `b`, `c` of a series, a week apart, with so many seats each.
async fn evenings(engine: Engine, seats: [u32; 3]) -> Harbour {
    let harbour = Harbour::on(engine, 1).await;
    harbour.programme.declare_series("evenings");
    for ((id, seats), week) in ["a", "b", "c"].into_iter().zip(seats).zip(1..) {
        let mut event = meetup_after(id, seats, 7 * week);
        event.series = Some(slug());
        harbour.programme.declare(event);
    }
    harbour
}

async fn book(harbour: &Harbour, who: &str) -> Result<SeriesAnswer, RegisterError> {
    harbour.desk.register_series(&slug(), application(who)).await
}

fn told(answer: &SeriesAnswer) -> Vec<(&str, Option<Answer>)> {
    answer.dates.iter().map(|date| (date.event.id.as_str(), date.answer)).collect()
}

async fn dates_of(harbour: &Harbour, who: &str) -> Vec<Registration> {
    let mut dates = harbour.store.by_address(&address(who)).await.unwrap();
    dates.sort_by(|one, other| one.event.cmp(&other.event));
    dates
}

const SEAT: Option<Answer> = Some(Answer::SeatHeld { hold_minutes: 30 });

async fn one_form_and_one_link_make_every_date_theirs(engine: Engine) {
    let harbour = evenings(engine, [2, 1, 2]).await;
    harbour.desk.register(&"b".parse().unwrap(), application("bob")).await.unwrap();
    harbour.collect().await;
    let answer = book(&harbour, "ada").await.unwrap();
    assert_eq!(told(&answer), [("a", SEAT), ("b", Some(Answer::OnWaitlist)), ("c", SEAT)]);
    let states: Vec<_> = dates_of(&harbour, "ada").await.iter().map(|one| one.state).collect();
    assert_eq!(states, [Held, HeldForWaitlist, Held]);
    let mail = harbour.only_mail().await;
    let Matter::ConfirmSeries { dates, .. } = mail.matter() else { panic!("{mail:?}") };
    assert_eq!(dates.len(), 3);
    let view = harbour.desk.confirm(&mail.token()).await.unwrap();
    assert_eq!(view.others.len(), 2);
    let states: Vec<_> = dates_of(&harbour, "ada").await.iter().map(|one| one.state).collect();
    assert_eq!(states, [Confirmed, Waitlisted, Confirmed]);
    let kinds: Vec<_> = harbour.kinds().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [MailKind::Confirmed, MailKind::Confirmed, MailKind::Waitlisted]);
    for other in &view.others {
        let seen = harbour.desk.look(&last_part(&other.manage_path)).await.unwrap();
        assert_eq!(seen.registration.id, other.registration.id);
    }
}

async fn two_who_book_two_series_do_not_wait_for_each_other(engine: Engine) {
    let harbour = Arc::new(evenings(engine, [50, 50, 50]).await);
    let visitors: Vec<_> = (0..16)
        .map(|visitor| {
            let harbour = harbour.clone();
            tokio::spawn(async move {
                let who = format!("visitor{visitor}");
                if visitor % 2 == 0 {
                    return book(&harbour, &who).await.map(drop);
                }
                let date = ["c", "b", "a"][visitor % 3].parse().unwrap();
                harbour.desk.register(&date, application(&who)).await.map(drop)
            })
        })
        .collect();
    for visitor in visitors {
        visitor.await.unwrap().unwrap();
    }
    let mut taken = 0;
    for date in ["a", "b", "c"] {
        taken += harbour.desk.seats(&date.parse().unwrap()).await.unwrap().in_person.taken;
    }
    assert_eq!(taken, 8 * 3 + 8);
}

#[tokio::test]
async fn full_and_closed_dates_are_left_out_and_told() {
    let harbour = evenings(Engine::Sqlite, [1, 0, 1]).await;
    let closed = "c".parse().unwrap();
    harbour.programme.edit(&closed, |event| event.status = EventStatus::Postponed);
    let answer = book(&harbour, "ada").await.unwrap();
    assert_eq!(told(&answer), [("a", SEAT), ("b", None)]);
    assert_eq!(dates_of(&harbour, "ada").await.len(), 1);
    harbour
        .programme
        .edit(&"a".parse().unwrap(), |event| event.registration.as_mut().unwrap().waitlist = false);
    assert!(matches!(book(&harbour, "bob").await, Err(RegisterError::Full)));
    harbour.clock.days(15);
    let over = book(&harbour, "bob").await;
    assert!(matches!(over, Err(RegisterError::NotOpen(RegistrationWindow::Postponed))), "{over:?}");
    let nowhere = harbour.desk.register_series(&"nowhere".parse().unwrap(), application("bob")).await;
    assert!(matches!(nowhere, Err(RegisterError::UnknownEvent)));
}

#[tokio::test]
async fn dates_that_are_not_on_the_web_are_left_out_for_who_wants_the_web() {
    let harbour = evenings(Engine::Sqlite, [5, 5, 5]).await;
    let on_the_web = || Application { attendance: Some(Online), ..application("ada") };
    let refused = harbour.desk.register_series(&slug(), on_the_web()).await;
    assert!(
        matches!(&refused, Err(RegisterError::Form(errors)) if errors == &[FormError::Attendance]),
        "{refused:?}"
    );
    harbour.programme.edit(&"b".parse().unwrap(), |event| {
        event.registration.as_mut().unwrap().quotas.online = Some(1);
    });
    let answer = harbour.desk.register_series(&slug(), on_the_web()).await.unwrap();
    assert_eq!(told(&answer), [("a", None), ("b", SEAT), ("c", None)]);
}

#[tokio::test]
async fn a_mistake_at_any_date_is_told_once_and_nothing_is_stored() {
    let harbour = evenings(Engine::Sqlite, [5, 5, 5]).await;
    let text = QuestionKind::Text { lines: false };
    let id: Slug = "why".parse().unwrap();
    let why = Question {
        id: id.clone(),
        label: "Why".into(),
        hint: None,
        kind: text,
        required: true,
        condition: None,
    };
    for date in ["b", "c"] {
        harbour.programme.edit(&date.parse().unwrap(), |event| {
            event.registration.as_mut().unwrap().questions = Questions::new(vec![why.clone()]).unwrap();
        });
    }
    let Err(RegisterError::Form(errors)) = book(&harbour, "ada").await else { panic!() };
    assert_eq!(errors, [FormError::Answer(id, AnswerError::Missing)]);
    assert!(dates_of(&harbour, "ada").await.is_empty());
}

#[tokio::test]
async fn a_known_address_reads_the_same_and_gets_one_mail() {
    let harbour = evenings(Engine::Sqlite, [5, 5, 5]).await;
    book(&harbour, "ada").await.unwrap();
    let token = harbour.only_mail().await.token();
    harbour.desk.confirm(&token).await.unwrap();
    harbour.collect().await;
    let again = told(&book(&harbour, "ADA").await.unwrap()).len();
    let fresh = told(&book(&harbour, "bob").await.unwrap()).len();
    assert_eq!(again, fresh);
    let expected = [(MailKind::ConfirmSeat, address("bob")), (MailKind::AlreadyRegistered, address("ada"))];
    assert_eq!(harbour.kinds().await, expected);
    assert_eq!(dates_of(&harbour, "ada").await.len(), 3);
}

#[tokio::test]
async fn a_date_that_was_theirs_before_stays_as_it_is() {
    let harbour = evenings(Engine::Sqlite, [5, 5, 5]).await;
    harbour.desk.register(&"b".parse().unwrap(), application("ada")).await.unwrap();
    let first = harbour.only_mail().await.token();
    harbour.desk.confirm(&first).await.unwrap();
    harbour.collect().await;
    book(&harbour, "ada").await.unwrap();
    let mail = harbour.only_mail().await;
    let Matter::ConfirmSeries { dates, .. } = mail.matter() else { panic!("{mail:?}") };
    assert_eq!(dates.len(), 2, "the third is theirs already");
    let bookings: Vec<_> = dates_of(&harbour, "ada").await.iter().map(|one| one.booking.is_some()).collect();
    assert_eq!(bookings, [true, false, true]);
}

#[tokio::test]
async fn one_date_is_cancelled_alone_and_the_link_still_confirms_the_others() {
    let harbour = evenings(Engine::Sqlite, [5, 5, 5]).await;
    book(&harbour, "ada").await.unwrap();
    let token = harbour.only_mail().await.token();
    let view = harbour.desk.look(&token).await.unwrap();
    harbour.desk.cancel(&last_part(&view.manage_path)).await.unwrap();
    let view = harbour.desk.confirm(&token).await.unwrap();
    assert_eq!(view.registration.state, Cancelled);
    let states: Vec<_> = dates_of(&harbour, "ada").await.iter().map(|one| one.state).collect();
    assert_eq!(states, [Cancelled, Confirmed, Confirmed]);
}

#[tokio::test]
async fn all_of_it_lapses_together_at_the_shortest_hold() {
    let harbour = evenings(Engine::Sqlite, [5, 5, 5]).await;
    harbour.programme.edit(&"c".parse().unwrap(), |event| {
        event.registration.as_mut().unwrap().hold_minutes = 10;
    });
    let answer = book(&harbour, "ada").await.unwrap();
    let short = Some(Answer::SeatHeld { hold_minutes: 10 });
    assert_eq!(told(&answer), [("a", short), ("b", short), ("c", short)]);
    let token = harbour.only_mail().await.token();
    harbour.clock.minutes(10);
    assert!(matches!(harbour.desk.confirm(&token).await, Err(LinkError::HoldOver(_))));
    assert!(dates_of(&harbour, "ada").await.iter().all(|one| one.state == Expired));
}

async fn a_whole_booking_is_given_up_at_once(engine: Engine) {
    let harbour = evenings(engine, [1, 1, 1]).await;
    harbour.desk.register(&"b".parse().unwrap(), application("eve")).await.unwrap();
    let eve = harbour.only_mail().await.token();
    book(&harbour, "ada").await.unwrap();
    let view = harbour.desk.confirm(&harbour.only_mail().await.token()).await.unwrap();
    harbour.desk.confirm(&eve).await.unwrap();
    harbour.collect().await;
    book(&harbour, "bob").await.unwrap();
    harbour.desk.confirm(&harbour.only_mail().await.token()).await.unwrap();
    harbour.collect().await;
    // The first evening has begun.
    harbour.clock.set(harbour.programme.event_now(&"a".parse().unwrap()).when.begins_at());
    let last = view.others.iter().find(|other| other.registration.event.as_str() == "c").unwrap();
    for _ in 0..2 {
        harbour.desk.cancel_booking(&last_part(&last.manage_path)).await.unwrap();
    }
    let states = |dates: Vec<Registration>| dates.iter().map(|one| one.state).collect::<Vec<_>>();
    assert_eq!(states(dates_of(&harbour, "ada").await), [Confirmed, Cancelled, Cancelled]);
    assert_eq!(states(dates_of(&harbour, "bob").await), [Waitlisted, Waitlisted, Confirmed]);
    let said = harbour.kinds().await;
    let cancelled = (MailKind::Cancelled, address("ada"));
    let expected = [(MailKind::Promoted, address("bob")), cancelled.clone(), cancelled];
    assert_eq!(said, expected);
}

async fn what_can_be_decided_of_a_booking_is_decided(engine: Engine) {
    let harbour = evenings(engine, [2, 2, 2]).await;
    book(&harbour, "ada").await.unwrap();
    let confirm = harbour.only_mail().await.token();
    let lost = harbour.programme.event_now(&"b".parse().unwrap());
    harbour.programme.lose(&lost.id);
    harbour.desk.confirm(&confirm).await.unwrap();
    let states = |dates: Vec<Registration>| dates.iter().map(|one| one.state).collect::<Vec<_>>();
    assert_eq!(states(dates_of(&harbour, "ada").await), [Confirmed, Held, Confirmed]);
    harbour.clock.minutes(60);
    harbour.desk.sweep().await.unwrap();
    harbour.programme.declare(lost);
    harbour.desk.confirm(&confirm).await.unwrap();
    assert_eq!(states(dates_of(&harbour, "ada").await), [Confirmed; 3]);
    assert_eq!(harbour.kinds().await.len(), 3, "each date sends its own mail, once");
}
