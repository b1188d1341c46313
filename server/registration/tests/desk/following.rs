//! Following and no longer following.

use regatta_domain::event::Place;
use regatta_domain::follow::Topic;
use regatta_domain::language::Language;
use regatta_mail::FollowMatter;
use regatta_registration::FollowError;
use regatta_store::outbox::MailKind;

use crate::harbour::{BASE_URL, Harbour, address, last_part};

async fn ask(harbour: &Harbour, who: &str, topic: &str) -> Result<(), FollowError> {
    let topic: Topic = topic.parse().unwrap();
    harbour.desk.follow(address(who).parse().unwrap(), topic, Language::Chinese).await
}

#[tokio::test]
async fn nothing_is_followed_before_its_owner_says_so() {
    let harbour = Harbour::with_seats(1).await;
    ask(&harbour, "ada", "portal").await.unwrap();
    let mail = harbour.only_mail().await;
    assert_eq!(mail.letter.as_ref().unwrap().language, Language::Chinese);
    let FollowMatter::Confirm { url } = &mail.follow_letter().matter else { panic!("{mail:?}") };
    assert!(url.starts_with(&format!("{BASE_URL}/follow/confirm/")), "{url}");
    assert!(mail.follow_letter().unfollow_url.starts_with(&format!("{BASE_URL}/follow/stop/")));
    let token = last_part(url);
    assert_eq!(harbour.desk.look_follow(&token).await.unwrap().follow.confirmed_at, None, "looked at");
    let followers = || harbour.store.followers(&[Topic::Portal]);
    assert!(followers().await.unwrap().is_empty());
    for _ in 0..2 {
        let view = harbour.desk.confirm_follow(&token).await.unwrap();
        assert!(view.follow.confirmed_at.is_some());
        assert_eq!(view.topic_name, "Regatta");
    }
    assert_eq!(followers().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_visitor_learns_nothing_of_the_address() {
    let harbour = Harbour::with_seats(1).await;
    harbour.follow("ada", "portal").await;
    ask(&harbour, "ada", "portal").await.unwrap();
    assert!(harbour.collect().await.is_empty(), "it is followed already");
    ask(&harbour, "bob", "portal").await.unwrap();
    ask(&harbour, "bob", "portal").await.unwrap();
    assert_eq!(harbour.kinds().await, [(MailKind::ConfirmFollow, address("bob"))], "asked once an hour");
    harbour.clock.minutes(61);
    ask(&harbour, "bob", "portal").await.unwrap();
    assert_eq!(harbour.kinds().await, [(MailKind::ConfirmFollow, address("bob"))]);
}

#[tokio::test]
async fn nobody_can_fill_a_mailbox_of_others() {
    let harbour = Harbour::with_seats(1).await;
    for number in 0..10 {
        let series = format!("series-{number}");
        harbour.programme.declare_series(&series);
        ask(&harbour, "ada", &format!("series:{series}")).await.unwrap();
    }
    assert_eq!(harbour.collect().await.len(), 3);
}

/// Whatever is followed is named in a mail to somebody who may not have asked for it.
#[tokio::test]
async fn only_what_our_files_name_can_be_followed() {
    let harbour = Harbour::with_seats(1).await;
    harbour.edit(|event| event.place = Some(Place::Located("São Paulo, Brazil".into())));
    for topic in ["city:cheap pills at example.com", "series:unknown"] {
        assert!(matches!(ask(&harbour, "ada", topic).await, Err(FollowError::UnknownTopic)), "{topic}");
    }
    ask(&harbour, "ada", "city:são paulo").await.unwrap();
    assert_eq!(harbour.only_mail().await.follow_letter().topic_name, "São Paulo");
}

#[tokio::test]
async fn links_do_what_they_are_for_and_nothing_else() {
    let harbour = Harbour::with_seats(1).await;
    let confirm = harbour.ask_to_follow("ada", "portal").await;
    let stop = last_part(&harbour.desk.look_follow(&confirm).await.unwrap().stop_path);
    assert!(matches!(harbour.desk.confirm_follow(&stop).await, Err(FollowError::Invalid)));
    assert!(matches!(harbour.desk.unfollow(&confirm).await, Err(FollowError::Invalid)));
    let manage = harbour.join("bob").await;
    assert!(matches!(harbour.desk.unfollow(&manage).await, Err(FollowError::Invalid)));
    harbour.clock.days(8);
    assert!(matches!(harbour.desk.confirm_follow(&confirm).await, Err(FollowError::Expired)));
    harbour.clock.days(4000);
    for _ in 0..2 {
        harbour.desk.unfollow(&stop).await.unwrap();
    }
    assert!(matches!(harbour.desk.look_follow(&stop).await, Err(FollowError::Gone)));
}

#[tokio::test]
async fn a_question_that_was_answered_or_is_too_old_is_not_asked() {
    let harbour = Harbour::with_seats(1).await;
    let confirm = harbour.ask_to_follow("ada", "portal").await;
    harbour.clock.minutes(61);
    ask(&harbour, "ada", "portal").await.unwrap();
    harbour.desk.confirm_follow(&confirm).await.unwrap();
    assert!(harbour.only_mail().await.letter.is_none(), "answered");
    ask(&harbour, "bob", "portal").await.unwrap();
    harbour.clock.days(7);
    assert!(harbour.only_mail().await.letter.is_none(), "too old");
}
