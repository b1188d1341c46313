//! The rules of an event's form: kinds of seats, parties, questions, invitations, terms.

use regatta_domain::event::{InvitationCode, Link};
use regatta_domain::history::{Actor, Happening};
use regatta_domain::language::Language;
use regatta_domain::questions::{AnswerError, Condition, Question, QuestionKind, Questions};
use regatta_domain::registration::RegistrationState::{Confirmed, Held, Waitlisted};
use regatta_domain::seats::Attendance::{InPerson, Online};
use regatta_domain::seats::Quotas;
use regatta_registration::{Answer, Application, FormError, GivenAnswers, RegisterError};
use sha2::{Digest, Sha256};

use crate::harbour::{Harbour, application, beginning, party_of};

async fn errors(harbour: &Harbour, application: Application) -> Vec<FormError> {
    match harbour.apply(application).await {
        Err(RegisterError::Form(errors)) => errors,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_kind_of_seat_has_its_own_number_and_line() {
    let harbour = Harbour::with_seats(0).await;
    harbour.edit_policy(|policy| policy.quotas = Quotas { in_person: Some(1), online: Some(1) });
    assert_eq!(errors(&harbour, application("ada")).await, [FormError::Attendance], "there is a choice");
    let on_site = |who| Application { attendance: Some(InPerson), ..application(who) };
    let on_the_web = |who| Application { attendance: Some(Online), ..application(who) };
    harbour.join_with(on_site("ada")).await;
    harbour.join_with(on_site("bob")).await;
    let eve = harbour.join_with(on_the_web("eve")).await;
    harbour.join_with(on_the_web("fay")).await;
    assert_eq!((harbour.seats_of(InPerson).await, harbour.seats_of(Online).await), ((1, 1), (1, 1)));
    harbour.desk.cancel(&eve).await.unwrap();
    assert_eq!(harbour.registration_of("fay").await.state, Confirmed);
    assert_eq!(harbour.registration_of("bob").await.state, Waitlisted, "a seat on the web is none on site");
}

#[tokio::test]
async fn what_is_not_offered_is_refused() {
    let harbour = Harbour::with_seats(1).await;
    let on_the_web = Application { attendance: Some(Online), ..application("ada") };
    assert_eq!(errors(&harbour, on_the_web).await, [FormError::Attendance]);
    harbour.apply(Application { attendance: Some(InPerson), ..application("ada") }).await.unwrap();
}

#[tokio::test]
async fn a_party_takes_as_many_seats_as_it_is_for() {
    let harbour = Harbour::with_seats(5).await;
    harbour.edit_policy(|policy| policy.party_size = 3);
    for party in [0, 4, u32::MAX] {
        assert_eq!(errors(&harbour, party_of(party, "ada")).await, [FormError::Party { most: 3 }]);
    }
    harbour.join_with(party_of(3, "ada")).await;
    assert_eq!(harbour.seats().await, (3, 0));
    assert_eq!(harbour.apply(party_of(3, "bob")).await.unwrap(), Answer::OnWaitlist, "two are not three");
    assert_eq!(harbour.apply(party_of(1, "eve")).await.unwrap(), Answer::OnWaitlist, "bob was first");
    assert_eq!(harbour.seats().await, (3, 4));
}

/// A party that can never be seated would keep everybody behind it waiting for ever.
#[tokio::test]
async fn nobody_waits_for_more_seats_than_there_are() {
    let harbour = Harbour::with_seats(2).await;
    harbour.edit_policy(|policy| policy.party_size = 3);
    assert!(matches!(harbour.apply(party_of(3, "ada")).await, Err(RegisterError::Full)));
    assert_eq!(harbour.seats().await, (0, 0));
}

#[tokio::test]
async fn a_party_of_four_waits_for_four_and_nobody_behind_overtakes() {
    let harbour = Harbour::with_seats(4).await;
    harbour.edit_policy(|policy| policy.party_size = 4);
    let mut seated = Vec::new();
    for who in ["ada", "bob", "cyd", "dan"] {
        seated.push(harbour.join(who).await);
    }
    harbour.join_with(party_of(4, "eve")).await;
    harbour.join("fay").await;
    for (given_back, token) in seated.iter().enumerate() {
        assert_eq!(harbour.registration_of("eve").await.state, Waitlisted, "{given_back} seats");
        assert_eq!(harbour.registration_of("fay").await.state, Waitlisted, "{given_back} seats");
        harbour.desk.cancel(token).await.unwrap();
    }
    assert_eq!(harbour.registration_of("eve").await.state, Confirmed);
    assert_eq!(harbour.seats().await, (4, 1));
}

fn question(id: &str, kind: QuestionKind, required: bool) -> Question {
    Question { id: id.parse().unwrap(), label: id.into(), hint: None, kind, required, condition: None }
}

fn given(answers: &[(&str, &str)]) -> GivenAnswers {
    let pairs = answers.iter().map(|(id, answer)| (id.parse().unwrap(), vec![(*answer).to_owned()]));
    pairs.collect()
}

#[tokio::test]
async fn only_what_is_asked_is_kept_and_every_mistake_is_told() {
    let harbour = Harbour::with_seats(2).await;
    let meal = question("meal", QuestionKind::Choice(vec!["Vegan".into(), "Other".into()]), true);
    let which = Question {
        condition: Some(Condition { question: "meal".parse().unwrap(), answers: vec!["Other".into()] }),
        ..question("which", QuestionKind::Text { lines: false }, true)
    };
    let photos = question("photos", QuestionKind::Consent, true);
    harbour.edit_policy(|policy| policy.questions = Questions::new(vec![meal, which, photos]).unwrap());
    let wrong = Application { answers: given(&[("meal", "Other")]), ..application("ada") };
    let expected = [
        FormError::Answer("which".parse().unwrap(), AnswerError::Missing),
        FormError::Answer("photos".parse().unwrap(), AnswerError::NotGiven),
    ];
    assert_eq!(errors(&harbour, wrong).await, expected);
    let answers = given(&[("meal", "Vegan"), ("which", "hidden"), ("photos", "yes"), ("admin", "true")]);
    harbour.apply(Application { answers, ..application("ada") }).await.unwrap();
    let kept = harbour.registration_of("ada").await.answers.0;
    assert_eq!(kept, given(&[("meal", "Vegan"), ("photos", "yes")]));
}

#[tokio::test]
async fn only_who_was_invited_gets_in() {
    let harbour = Harbour::with_seats(5).await;
    let digest = Sha256::digest(b"by digest").into();
    harbour.edit_policy(|policy| {
        policy.invitations = vec![InvitationCode::Plain("plainly".into()), InvitationCode::Digest(digest)];
    });
    for wrong in [None, Some(""), Some("Plainly"), Some("by digest?")] {
        let form = Application { invitation: wrong.map(str::to_owned), ..application("ada") };
        assert_eq!(errors(&harbour, form).await, [FormError::Invitation], "{wrong:?}");
    }
    for (who, right) in [("ada", "plainly"), ("bob", " by digest ")] {
        harbour.apply(Application { invitation: Some(right.into()), ..application(who) }).await.unwrap();
    }
    assert_eq!(harbour.seats().await, (2, 0));
}

#[tokio::test]
async fn terms_are_agreed_to_or_nobody_registers() {
    let harbour = Harbour::with_seats(5).await;
    harbour.edit_policy(|policy| {
        policy.terms = Some(Link { title: "The rules".into(), url: "/rules".into() });
    });
    assert_eq!(errors(&harbour, application("ada")).await, [FormError::Terms]);
    harbour.apply(Application { terms_accepted: true, ..application("ada") }).await.unwrap();
}

/// One wrong form in the middle of many keeps nobody else from being registered.
#[tokio::test]
async fn a_wrong_form_among_others_is_refused_alone() {
    let harbour = Harbour::with_seats(5).await;
    let forms = [application("ada"), party_of(9, "bob"), application("eve")];
    let [ada, bob, eve] = forms.map(|form| harbour.apply(form));
    let (ada, bob, eve) = tokio::join!(ada, bob, eve);
    assert!(ada.is_ok() && eve.is_ok() && matches!(bob, Err(RegisterError::Form(_))));
    assert_eq!(harbour.seats().await, (2, 0));
}

#[tokio::test]
async fn what_is_stored_is_what_was_filled_in() {
    let harbour = Harbour::with_seats(5).await;
    harbour.edit_policy(|policy| policy.retention_days = 10);
    harbour.apply(Application { language: Language::Chinese, ..application("ada") }).await.unwrap();
    let stored = harbour.registration_of("ada").await;
    assert_eq!((stored.state, stored.language, stored.attendance), (Held, Language::Chinese, InPerson));
    assert_eq!((stored.seated_at, stored.created_at), (None, beginning()));
    let over = harbour.programme.event_now(&harbour.event).when.over_at();
    assert_eq!(stored.purge_at, over + jiff::SignedDuration::from_hours(240));
    let history = harbour.store.history(&stored.id).await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!((&history[0].actor, &history[0].what), (&Actor::Owner, &Happening::Registered(Held)));
    assert_eq!(harbour.only_mail().await.claimed.mail.language, Language::Chinese);
}

/// Whoever watches the order of arrival learns nothing of whose addresses are known.
#[tokio::test]
async fn a_repeat_uses_up_a_place_like_anybody_else() {
    let harbour = Harbour::with_seats(5).await;
    for who in ["ada", "ada", "bob"] {
        harbour.register(who).await.unwrap();
    }
    assert_eq!(harbour.registration_of("bob").await.place, 3);
}
