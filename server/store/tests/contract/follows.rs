//! What is relied on of those who want to hear of new meetups.

use std::sync::Arc;

use regatta_domain::follow::{Follow, Topic};
use regatta_store::outbox::{MailKind, MailState, NewMail, Settlement};
use regatta_store::{Store, StoreError};

use crate::fixtures::{at, claim, follow, mail_for, mail_id, settle, why};

/// The mail that asks to confirm a follow, of the same number.
fn question(number: i64, follow: &Follow, seconds: i64) -> NewMail {
    mail_for(number, follow, MailKind::ConfirmFollow, at(seconds))
}

/// Stores a follow and confirms it.
async fn confirmed(store: &dyn Store, number: i64, follow: Follow) -> Follow {
    store.add_follow(&follow, &question(number, &follow, number)).await.unwrap();
    store.confirm_follow(&follow.id, at(100 + number)).await.unwrap();
    Follow { confirmed_at: Some(at(100 + number)), ..follow }
}

fn topic(text: &str) -> Topic {
    text.parse().unwrap()
}

pub async fn a_follow_and_its_question_are_kept_together(store: Arc<dyn Store>) {
    for (number, topic) in (1..).zip(["portal", "city:上海", "series:cicd-china"]) {
        let new = follow(number, topic);
        let asks = question(number, &new, number);
        store.add_follow(&new, &asks).await.unwrap();
        assert_eq!(store.follow(&new.id).await.unwrap().as_ref(), Some(&new));
        let address = new.email.normalized();
        assert_eq!(store.follow_of(&address, &new.topic).await.unwrap().as_ref(), Some(&new));
        assert_eq!(claim(&*store, at(number)).await.unwrap().mail, asks);
    }
    assert_eq!(store.follow(&follow(9, "portal").id).await.unwrap(), None);
    assert_eq!(store.follow_of("follower1@example.org", &topic("city:上海")).await.unwrap(), None);
}

pub async fn an_address_follows_a_topic_once(store: Arc<dyn Store>) {
    let first = follow(1, "portal");
    store.add_follow(&first, &question(1, &first, 1)).await.unwrap();
    let again = Follow { email: "FOLLOWER1@example.org".parse().unwrap(), ..follow(2, "portal") };
    let refused = store.add_follow(&again, &question(2, &again, 2)).await;
    assert!(matches!(refused, Err(StoreError::Stale(_))), "{refused:?}");
    assert_eq!(store.mail(&mail_id(2)).await.unwrap(), None, "nor is there a second question");
    let other = Follow { topic: topic("city:hamburg"), ..again };
    store.add_follow(&other, &question(3, &other, 3)).await.unwrap();
    assert_eq!(store.follows_by_address("follower1@example.org").await.unwrap(), [other, first]);
    assert_eq!(store.follows_by_address("nobody@example.org").await.unwrap(), []);
}

pub async fn a_follow_is_confirmed_once(store: Arc<dyn Store>) {
    let new = follow(1, "portal");
    store.add_follow(&new, &question(1, &new, 1)).await.unwrap();
    store.confirm_follow(&new.id, at(5)).await.unwrap();
    store.confirm_follow(&new.id, at(9)).await.unwrap();
    let stored = store.follow(&new.id).await.unwrap().unwrap();
    assert_eq!(stored, Follow { confirmed_at: Some(at(5)), ..new });
    store.confirm_follow(&follow(9, "portal").id, at(9)).await.unwrap();
}

pub async fn a_question_is_repeated_after_a_while(store: Arc<dyn Store>) {
    let (new, other) = (follow(1, "portal"), follow(2, "portal"));
    store.add_follow(&new, &question(1, &new, 10)).await.unwrap();
    store.add_follow(&other, &question(2, &other, 90)).await.unwrap();
    assert!(!store.remind_follow(&question(3, &new, 20), at(10)).await.unwrap());
    assert_eq!(store.mail(&mail_id(3)).await.unwrap(), None);
    assert!(store.remind_follow(&question(4, &new, 80), at(11)).await.unwrap());
    assert_eq!(store.mail(&mail_id(4)).await.unwrap().unwrap().state, MailState::Queued);
    assert!(!store.remind_follow(&question(5, &new, 81), at(11)).await.unwrap());
}

/// Asking at the same time asks once.
pub async fn a_question_is_not_repeated_twice_at_once(store: Arc<dyn Store>) {
    let new = follow(1, "portal");
    store.add_follow(&new, &question(1, &new, 1)).await.unwrap();
    let askers: Vec<_> = (2..10)
        .map(|number| {
            let (store, asks) = (Arc::clone(&store), question(number, &new, 50));
            tokio::spawn(async move { store.remind_follow(&asks, at(40)).await.unwrap() })
        })
        .collect();
    let mut asked = 0;
    for asker in askers {
        asked += u32::from(asker.await.unwrap());
    }
    assert_eq!(asked, 1);
}

pub async fn who_stops_is_forgotten(store: Arc<dyn Store>) {
    let (new, other) = (follow(1, "portal"), follow(2, "portal"));
    store.add_follow(&new, &question(1, &new, 1)).await.unwrap();
    claim(&*store, at(1)).await.unwrap();
    settle(&*store, &mail_id(1), &Settlement::Failed { why: why() }, at(2)).await;
    store.remind_follow(&question(2, &new, 50), at(40)).await.unwrap();
    store.add_follow(&other, &question(3, &other, 3)).await.unwrap();
    store.unfollow(&new.id).await.unwrap();
    store.unfollow(&new.id).await.unwrap();
    assert_eq!(store.follow(&new.id).await.unwrap(), None);
    assert_eq!(store.mail(&mail_id(2)).await.unwrap(), None, "nothing is owed to them");
    assert_eq!(store.mail(&mail_id(1)).await.unwrap().unwrap().recipient, None);
    assert_eq!(store.follow(&other.id).await.unwrap(), Some(other));
    assert!(store.mail(&mail_id(3)).await.unwrap().is_some());
    store.add_follow(&new, &question(4, &new, 60)).await.unwrap();
}

pub async fn who_never_confirms_is_forgotten(store: Arc<dyn Store>) {
    let mut follows = Vec::new();
    for number in 1..=3 {
        let new = follow(number, "portal");
        store.add_follow(&new, &question(number, &new, number)).await.unwrap();
        follows.push(new);
    }
    store.confirm_follow(&follows[0].id, at(9)).await.unwrap();
    assert_eq!(store.forget_unconfirmed(at(2)).await.unwrap(), 0, "before, not at that moment");
    assert_eq!(store.forget_unconfirmed(at(3)).await.unwrap(), 1);
    assert_eq!(store.follow(&follows[1].id).await.unwrap(), None);
    assert_eq!(store.mail(&mail_id(2)).await.unwrap(), None);
    for kept in [&follows[0], &follows[2]] {
        assert!(store.follow(&kept.id).await.unwrap().is_some());
    }
}

pub async fn one_mail_goes_to_each_address(store: Arc<dyn Store>) {
    let by_first = |number, topic| Follow { email: follow(1, topic).email, ..follow(number, topic) };
    let series = confirmed(&*store, 1, by_first(1, "series:cicd")).await;
    let portal = confirmed(&*store, 2, by_first(2, "portal")).await;
    let city = confirmed(&*store, 3, follow(3, "city:hamburg")).await;
    confirmed(&*store, 4, follow(4, "city:berlin")).await;
    let silent = follow(5, "portal");
    store.add_follow(&silent, &question(5, &silent, 5)).await.unwrap();
    let topics = [topic("portal"), topic("city:hamburg"), topic("series:cicd")];
    assert_eq!(store.followers(&topics).await.unwrap(), [portal.clone(), city.clone()]);
    let topics = [topic("series:cicd"), topic("city:hamburg"), topic("portal")];
    assert_eq!(store.followers(&topics).await.unwrap(), [series, city], "the earliest topic");
    assert_eq!(store.followers(&[topic("portal")]).await.unwrap(), [portal]);
    assert_eq!(store.followers(&[topic("series:other")]).await.unwrap(), []);
    assert_eq!(store.followers(&[]).await.unwrap(), []);
}
