//! Followers are told once that a meetup was published.

use regatta_domain::event::{EventStatus, Place};
use regatta_domain::follow::Topic;
use regatta_domain::language::Language;
use regatta_mail::FollowMatter;
use regatta_registration::Heralded;
use regatta_store::outbox::MailKind;

use crate::harbour::{Engine, Harbour, address, last_part, meetup_after};

fn published(published: u32, mails: u32) -> Heralded {
    Heralded { changes: 0, published, mails }
}

impl Harbour {
    /// Follows and confirms; hands out the token that ends it.
    pub async fn follow(&self, who: &str, topic: &str) -> String {
        let token = self.ask_to_follow(who, topic).await;
        last_part(&self.desk.confirm_follow(&token).await.unwrap().stop_path)
    }

    /// Follows, and hands out the token that confirms.
    pub async fn ask_to_follow(&self, who: &str, topic: &str) -> String {
        let topic: Topic = topic.parse().unwrap();
        self.desk.follow(address(who).parse().unwrap(), topic, Language::English).await.unwrap();
        let mail = self.only_mail().await;
        let FollowMatter::Confirm { url } = &mail.follow_letter().matter else { panic!("{mail:?}") };
        last_part(url)
    }

    fn publish_another(&self) {
        let mut event = meetup_after("another", 5, 14);
        event.place = Some(Place::Located("Hamburg, Germany".into()));
        event.series = Some("evenings".parse().unwrap());
        self.programme.declare_series("evenings");
        self.programme.declare(event);
    }
}

/// A portal where `meetup` is known from the start, in Hamburg.
async fn known(engine: Engine) -> Harbour {
    let harbour = Harbour::on(engine, 1).await;
    harbour.edit(|event| event.place = Some(Place::Located("Hamburg, Germany".into())));
    harbour.herald().await;
    harbour
}

on_each_engine!(each_follower_gets_one_mail);

async fn each_follower_gets_one_mail(engine: Engine) {
    let harbour = known(engine).await;
    harbour.programme.declare_series("evenings");
    for topic in ["portal", "city:Hamburg", "series:evenings"] {
        harbour.follow("ada", topic).await;
    }
    harbour.follow("bob", "city:Hamburg").await;
    harbour.ask_to_follow("cyd", "portal").await;
    harbour.publish_another();
    assert_eq!(harbour.herald().await, published(0, 0), "it settles first");
    harbour.clock.minutes(10);
    let (one, other) = (harbour.another_process().await, harbour.another_process().await);
    let (one, other) = tokio::join!(one.herald(), other.herald());
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(published(one.published + other.published, one.mails + other.mails), published(1, 2));
    let expected = [(MailKind::EventPublished, address("ada")), (MailKind::EventPublished, address("bob"))];
    assert_eq!(harbour.kinds().await, expected);
    harbour.clock.days(1);
    assert_eq!(harbour.herald().await, published(0, 0));
}

#[tokio::test]
async fn what_was_there_from_the_start_is_no_news() {
    let harbour = known(Engine::Sqlite).await;
    harbour.follow("ada", "portal").await;
    assert_eq!(harbour.settle().await, published(0, 0));
    assert!(harbour.collect().await.is_empty());
}

/// However far the first look came.
#[tokio::test]
async fn what_was_there_from_the_start_is_known_for_life() {
    let harbour = Harbour::with_seats(1).await;
    harbour.follow("ada", "portal").await;
    harbour.herald().await;
    let event = harbour.programme.event_now(&harbour.event);
    harbour.programme.lose(&harbour.event);
    harbour.programme.declare(event);
    let restarted = harbour.another_process().await;
    harbour.clock.minutes(10);
    assert_eq!(restarted.herald().await.unwrap(), published(0, 0));
}

#[tokio::test]
async fn a_draft_is_told_when_it_is_published() {
    let harbour = known(Engine::Sqlite).await;
    harbour.follow("ada", "portal").await;
    harbour.publish_another();
    let another = "another".parse().unwrap();
    harbour.programme.edit(&another, |event| event.status = EventStatus::Draft);
    assert_eq!(harbour.settle().await, published(0, 0));
    harbour.programme.edit(&another, |event| event.status = EventStatus::Published);
    assert_eq!(harbour.settle().await, published(1, 1));
}

#[tokio::test]
async fn a_meetup_that_nobody_can_go_to_any_more_is_not_told() {
    for status in [EventStatus::Cancelled, EventStatus::Postponed] {
        let harbour = known(Engine::Sqlite).await;
        harbour.follow("ada", "portal").await;
        harbour.publish_another();
        harbour.settle().await;
        harbour.programme.edit(&"another".parse().unwrap(), |event| event.status = status);
        assert!(harbour.only_mail().await.letter.is_none(), "{status:?}");
    }
    let harbour = known(Engine::Sqlite).await;
    harbour.follow("ada", "portal").await;
    harbour.publish_another();
    harbour.settle().await;
    harbour.clock.days(14);
    assert!(harbour.only_mail().await.letter.is_none(), "it has begun");
}

#[tokio::test]
async fn who_stopped_following_hears_no_more() {
    let harbour = known(Engine::Sqlite).await;
    let stop = harbour.follow("ada", "portal").await;
    harbour.publish_another();
    harbour.settle().await;
    harbour.desk.unfollow(&stop).await.unwrap();
    assert!(harbour.collect().await.iter().all(|mail| mail.letter.is_none()));
    harbour.desk.unfollow(&stop).await.unwrap();
}
