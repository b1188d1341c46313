//! What owners change by themselves.

use std::collections::BTreeMap;

use regatta_domain::event::{EventStatus, RegistrationPolicy};
use regatta_domain::history::{Actor, Happening};
use regatta_domain::language::Language;
use regatta_domain::questions::{AnswerError, Question, QuestionKind, Questions};
use regatta_domain::registration::RegistrationState::{self, AwaitingApproval, Confirmed, Waitlisted};
use regatta_domain::seats::Attendance::{self, InPerson, Online};
use regatta_domain::seats::Quotas;
use regatta_registration::{Change, ChangeError, FormError, GivenAnswers, LinkError};
use regatta_store::outbox::MailKind;

use crate::harbour::{Harbour, application, organizer, party_of};

fn to_party(party: u32) -> Change {
    Change { party: Some(party), ..Change::default() }
}

fn to(attendance: Attendance) -> Change {
    Change { attendance: Some(attendance), ..Change::default() }
}

/// So many seats on site and on the web, parties of up to four.
async fn hybrid(in_person: u32, online: u32) -> Harbour {
    let harbour = Harbour::with_seats(in_person).await;
    harbour.edit_policy(|policy| {
        policy.quotas = Quotas { in_person: Some(in_person), online: Some(online) };
        policy.party_size = 4;
    });
    harbour
}

async fn join(harbour: &Harbour, who: &str, attendance: Attendance, party: u32) -> String {
    let form = party_of(party, who);
    harbour.join_with(regatta_registration::Application { attendance: Some(attendance), ..form }).await
}

async fn state(harbour: &Harbour, token: &str) -> RegistrationState {
    harbour.desk.look(token).await.unwrap().registration.state
}

#[tokio::test]
async fn a_larger_party_takes_what_is_free_and_no_more() {
    let harbour = hybrid(3, 0).await;
    let ada = join(&harbour, "ada", InPerson, 1).await;
    let view = harbour.desk.change(&ada, to_party(3)).await.unwrap();
    assert_eq!((view.registration.party, view.registration.sequence), (3, 0));
    assert_eq!(harbour.seats().await, (3, 0));
    assert_eq!(harbour.only_mail().await.kind(), MailKind::Changed);
    assert!(matches!(harbour.desk.change(&ada, to_party(4)).await, Err(ChangeError::NoRoom)));
    assert_eq!(harbour.desk.look(&ada).await.unwrap().registration.party, 3, "nothing is lost");
    assert!(harbour.collect().await.is_empty());
}

#[tokio::test]
async fn a_smaller_party_gives_seats_to_the_line() {
    let harbour = hybrid(3, 0).await;
    let ada = join(&harbour, "ada", InPerson, 3).await;
    let bob = join(&harbour, "bob", InPerson, 2).await;
    harbour.desk.change(&ada, to_party(2)).await.unwrap();
    assert_eq!(state(&harbour, &bob).await, Waitlisted, "one seat is not two");
    harbour.desk.change(&ada, to_party(1)).await.unwrap();
    assert_eq!(state(&harbour, &bob).await, Confirmed);
    assert_eq!(harbour.seats().await, (3, 0));
}

#[tokio::test]
async fn nobody_grows_past_those_who_wait() {
    let harbour = hybrid(3, 0).await;
    let ada = join(&harbour, "ada", InPerson, 2).await;
    join(&harbour, "bob", InPerson, 2).await;
    assert_eq!(harbour.seats().await, (2, 2), "one seat is free, and awaited");
    assert!(matches!(harbour.desk.change(&ada, to_party(3)).await, Err(ChangeError::NoRoom)));
}

#[tokio::test]
async fn moving_to_the_web_frees_the_seat_on_site_and_changes_the_calendar() {
    let harbour = hybrid(1, 1).await;
    let ada = join(&harbour, "ada", InPerson, 1).await;
    let bob = join(&harbour, "bob", InPerson, 1).await;
    let view = harbour.desk.change(&ada, to(Online)).await.unwrap();
    assert_eq!((view.registration.attendance, view.registration.state), (Online, Confirmed));
    assert_eq!(view.registration.sequence, 1, "the place is another one");
    assert_eq!(state(&harbour, &bob).await, Confirmed);
    assert_eq!((harbour.seats_of(InPerson).await, harbour.seats_of(Online).await), ((1, 0), (1, 0)));
    let kinds: Vec<_> = harbour.kinds().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [MailKind::Promoted, MailKind::Changed]);
    assert!(matches!(harbour.desk.change(&ada, to(InPerson)).await, Err(ChangeError::NoRoom)), "bob has it");
    assert_eq!(state(&harbour, &ada).await, Confirmed);
    let moved = Happening::AttendanceChanged { from: InPerson, to: Online };
    let history = harbour.desk.look(&ada).await.unwrap().history;
    assert_eq!(history.iter().filter(|entry| entry.what == moved && entry.actor == Actor::Owner).count(), 1);
}

#[tokio::test]
async fn who_waits_on_site_gets_a_free_seat_on_the_web_at_once() {
    let harbour = hybrid(1, 1).await;
    join(&harbour, "ada", InPerson, 1).await;
    let bob = join(&harbour, "bob", InPerson, 1).await;
    let view = harbour.desk.change(&bob, to(Online)).await.unwrap();
    assert_eq!((view.registration.state, view.waitlist_position), (Confirmed, None));
    assert_eq!(harbour.only_mail().await.kind(), MailKind::Promoted, "one mail says it all");
}

#[tokio::test]
async fn who_waits_keeps_the_place_in_the_order_of_arrival() {
    let harbour = hybrid(2, 0).await;
    join(&harbour, "zed", InPerson, 1).await;
    let yve = join(&harbour, "yve", InPerson, 1).await;
    let ada = join(&harbour, "ada", InPerson, 1).await;
    let bob = join(&harbour, "bob", InPerson, 1).await;
    let view = harbour.desk.change(&ada, to_party(2)).await.unwrap();
    assert_eq!(view.waitlist_position, Some(1));
    harbour.desk.cancel(&yve).await.unwrap();
    assert_eq!((state(&harbour, &ada).await, state(&harbour, &bob).await), (Waitlisted, Waitlisted));
    harbour.desk.change(&ada, to_party(1)).await.unwrap();
    assert_eq!((state(&harbour, &ada).await, state(&harbour, &bob).await), (Confirmed, Waitlisted));
    assert!(
        matches!(harbour.desk.change(&bob, to_party(3)).await, Err(ChangeError::NoRoom)),
        "never so many"
    );
}

#[tokio::test]
async fn nobody_joins_a_line_that_was_closed() {
    let harbour = hybrid(1, 1).await;
    join(&harbour, "ada", Online, 1).await;
    join(&harbour, "eve", InPerson, 1).await;
    let bob = join(&harbour, "bob", InPerson, 1).await;
    harbour.edit_policy(|policy| policy.waitlist = false);
    assert!(matches!(harbour.desk.change(&bob, to(Online)).await, Err(ChangeError::NoRoom)));
    assert_eq!(harbour.desk.look(&bob).await.unwrap().waitlist_position, Some(1));
}

#[tokio::test]
async fn what_an_event_does_not_allow_is_told_all_at_once() {
    let harbour = Harbour::with_seats(5).await;
    let ada = harbour.join("ada").await;
    let change = Change { party: Some(2), attendance: Some(Online), ..Change::default() };
    let Err(ChangeError::Form(errors)) = harbour.desk.change(&ada, change).await else { panic!() };
    assert_eq!(errors, [FormError::Party { most: 1 }, FormError::Attendance]);
    for nobody in [0, u32::MAX] {
        assert!(matches!(harbour.desk.change(&ada, to_party(nobody)).await, Err(ChangeError::Form(_))));
    }
    assert_eq!(harbour.seats().await, (1, 0));
}

/// Whoever came with four when four were allowed may come with three when two are.
#[tokio::test]
async fn a_party_larger_than_allowed_by_now_may_still_shrink() {
    let harbour = hybrid(5, 0).await;
    let ada = join(&harbour, "ada", InPerson, 4).await;
    harbour.edit_policy(|policy| policy.party_size = 2);
    assert_eq!(harbour.desk.change(&ada, to_party(3)).await.unwrap().registration.party, 3);
    assert!(matches!(harbour.desk.change(&ada, to_party(4)).await, Err(ChangeError::Form(_))));
}

#[tokio::test]
async fn what_organizers_decided_on_grows_by_nobody_else() {
    let harbour = hybrid(5, 0).await;
    harbour.edit_policy(|policy| policy.approval = true);
    let ada = join(&harbour, "ada", InPerson, 1).await;
    assert_eq!(state(&harbour, &ada).await, AwaitingApproval);
    harbour.desk.change(&ada, to_party(2)).await.unwrap();
    let id = harbour.registration_of("ada").await.id;
    harbour.desk.approve(&id, &organizer("")).await.unwrap();
    assert!(matches!(harbour.desk.change(&ada, to_party(3)).await, Err(ChangeError::Form(_))));
    assert_eq!(harbour.desk.change(&ada, to_party(1)).await.unwrap().registration.party, 1);
}

fn meal(required: bool) -> Questions {
    let kind = QuestionKind::Choice(vec!["Vegan".into(), "Other".into()]);
    let id = "meal".parse().unwrap();
    let meal = Question { id, label: "Meal".into(), hint: None, kind, required, condition: None };
    Questions::new(vec![meal]).unwrap()
}

fn answer(question: &str, answer: &str) -> GivenAnswers {
    BTreeMap::from([(question.parse().unwrap(), vec![answer.to_owned()])])
}

#[tokio::test]
async fn answers_name_and_language_change_and_what_they_were_is_not_kept() {
    let harbour = Harbour::with_seats(5).await;
    harbour.edit_policy(|policy: &mut RegistrationPolicy| policy.questions = meal(true));
    let answers = answer("meal", "Other");
    let ada = harbour.join_with(regatta_registration::Application { answers, ..application("ada") }).await;
    let mut answers = answer("meal", "Vegan");
    answers.extend(answer("never-asked", "x"));
    let change = Change {
        name: Some("Ada Lovelace".parse().unwrap()),
        language: Some(Language::Chinese),
        answers: Some(answers),
        ..Change::default()
    };
    let view = harbour.desk.change(&ada, change).await.unwrap();
    assert_eq!(view.registration.name.as_str(), "Ada Lovelace");
    assert_eq!(view.registration.answers.0, answer("meal", "Vegan"));
    assert!(view.history.iter().any(|entry| entry.what == Happening::AnswersChanged));
    let mail = harbour.only_mail().await;
    assert_eq!((mail.kind(), mail.claimed.mail.language), (MailKind::Changed, Language::Chinese));
    let wrong = Change { answers: Some(answer("meal", "Steak")), ..Change::default() };
    let Err(ChangeError::Form(errors)) = harbour.desk.change(&ada, wrong).await else { panic!() };
    assert_eq!(errors, [FormError::Answer("meal".parse().unwrap(), AnswerError::NotAChoice)]);
    assert_eq!(harbour.registration_of("ada").await.answers.0, answer("meal", "Vegan"));
}

#[tokio::test]
async fn a_change_that_changes_nothing_says_nothing() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    let before = harbour.registration_of("ada").await;
    harbour
        .desk
        .change(&ada, Change { attendance: Some(InPerson), party: Some(1), ..Change::default() })
        .await
        .unwrap();
    assert_eq!(harbour.registration_of("ada").await, before);
    assert!(harbour.collect().await.is_empty());
}

#[tokio::test]
async fn only_what_is_confirmed_and_not_over_changes() {
    let harbour = Harbour::with_seats(4).await;
    harbour.edit_policy(|policy| policy.party_size = 4);
    let confirm = harbour.register_and_read("ada").await;
    assert!(matches!(
        harbour.desk.change(&confirm, to_party(2)).await,
        Err(ChangeError::Link(LinkError::Invalid))
    ));
    let manage = crate::harbour::last_part(&harbour.desk.look(&confirm).await.unwrap().manage_path);
    assert!(matches!(harbour.desk.change(&manage, to_party(2)).await, Err(ChangeError::Settled(_))));
    harbour.desk.confirm(&confirm).await.unwrap();
    let event = harbour.programme.event_now(&harbour.event);
    harbour.programme.lose(&harbour.event);
    assert!(matches!(harbour.desk.change(&manage, to_party(2)).await, Err(ChangeError::EventUnreadable)));
    harbour.programme.declare(event);
    harbour.programme.edit(&harbour.event, |event| event.status = EventStatus::Cancelled);
    assert!(matches!(harbour.desk.change(&manage, to_party(2)).await, Err(ChangeError::Settled(_))));
    harbour.programme.edit(&harbour.event, |event| event.status = EventStatus::Published);
    harbour.clock.days(7);
    assert!(matches!(harbour.desk.change(&manage, to_party(2)).await, Err(ChangeError::Settled(_))));
    assert_eq!(harbour.registration_of("ada").await.party, 1);
}
