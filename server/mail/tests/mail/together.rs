//! Several workers, as of several processes, on one outbox: each mail goes out once, whoever stumbles.

use crate::support::smtp_server::{Act, Signal, SmtpServer};
use crate::support::world::World;
use jiff::SignedDuration;
use regatta_domain::ports::Clock;
use regatta_store::outbox::{MailState, Rates};

/// Longer than a sign of life lasts.
const TOO_LONG: SignedDuration = SignedDuration::from_secs(31);

async fn worlds() -> [World; 2] {
    [World::new().await, World::on_postgres().await]
}

#[tokio::test]
async fn two_workers_send_each_mail_once() {
    for world in worlds().await {
        let server = SmtpServer::start([]).await;
        let owed = world.owe_many(60).await;
        let (one, other) = (world.worker_of(&server.url(), 3), world.worker_of(&server.url(), 3));
        let (by_one, by_other) = tokio::join!(world.deliver(&one), world.deliver(&other));
        assert_eq!(by_one + by_other, 60);
        assert!(by_one > 0 && by_other > 0, "{by_one} and {by_other}");
        let mut expected: Vec<String> = owed.iter().map(|id| format!("<{id}@regatta.example.org>")).collect();
        expected.sort();
        assert_eq!(server.received_ids(), expected);
        assert_eq!(world.standing().await, (0, 0, 0));
    }
}

#[tokio::test]
async fn a_mail_whose_worker_died_before_the_text_is_sent_by_another_once() {
    for world in worlds().await {
        let server = SmtpServer::start([]).await;
        let id = world.owe().await;
        let now = world.clock.now();
        world.store.lease("dead", "dead", now, now + SignedDuration::from_secs(30)).await.unwrap();
        world.store.claim("dead", Rates::default(), now).await.unwrap().unwrap();
        let worker = world.worker(&server.url());

        assert_eq!(world.store.mark_interrupted(now).await.unwrap(), 0);
        assert_eq!(world.deliver(&worker).await, 0, "it may still be alive");
        world.clock.advance(TOO_LONG);
        assert_eq!(world.store.mark_interrupted(world.clock.now()).await.unwrap(), 0);
        assert_eq!(world.deliver(&worker).await, 1);
        assert_eq!(world.state(&id).await, MailState::Sent);
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_mail_whose_worker_died_over_the_text_is_unknown_and_says_why() {
    for world in worlds().await {
        let server = SmtpServer::start([]).await;
        let id = world.owe().await;
        let now = world.clock.now();
        world.store.lease("dead", "dead", now, now + SignedDuration::from_secs(30)).await.unwrap();
        world.store.claim("dead", Rates::default(), now).await.unwrap().unwrap();
        world.store.hand_over("dead", &id, now).await.unwrap();
        world.clock.advance(TOO_LONG);
        assert_eq!(world.store.mark_interrupted(world.clock.now()).await.unwrap(), 1);
        let mail = world.mail(&id).await;
        assert_eq!(mail.state, MailState::Unknown);
        assert!(mail.why.is_some_and(|why| !why.is_empty()));
        assert_eq!(world.deliver(&world.worker(&server.url())).await, 0);
        assert_eq!(server.received(), []);
    }
}

#[tokio::test]
async fn a_worker_that_slept_too_long_does_not_hand_over_what_another_sent() {
    for world in worlds().await {
        let signal = Signal::new();
        let slow = SmtpServer::start([Act::WaitAtRecipient(signal.clone())]).await;
        let quick = SmtpServer::start([]).await;
        let id = world.owe().await;
        let sleeper = world.worker(&slow.url());
        let meanwhile = async {
            signal.reached(1).await;
            world.clock.advance(TOO_LONG);
            world.store.mark_interrupted(world.clock.now()).await.unwrap();
            assert_eq!(world.deliver(&world.worker(&quick.url())).await, 1);
            signal.go.add_permits(1);
        };
        let (settled, ()) = tokio::join!(world.deliver(&sleeper), meanwhile);
        assert_eq!(settled, 0, "it was taken back");
        assert_eq!((slow.received().len(), quick.received().len()), (0, 1));
        assert!(!slow.commands().contains(&"DATA".to_owned()), "{:?}", slow.commands());
        assert_eq!(world.state(&id).await, MailState::Sent);
    }
}

#[tokio::test]
async fn a_worker_that_slept_over_the_text_leaves_the_mail_unknown() {
    for world in worlds().await {
        let signal = Signal::new();
        let server = SmtpServer::start([Act::Wait(signal.clone())]).await;
        let id = world.owe().await;
        let sleeper = world.worker(&server.url());
        let meanwhile = async {
            signal.reached(1).await;
            world.clock.advance(TOO_LONG);
            assert_eq!(world.store.mark_interrupted(world.clock.now()).await.unwrap(), 1);
            signal.go.add_permits(1);
        };
        tokio::join!(world.deliver(&sleeper), meanwhile);
        assert_eq!(world.state(&id).await, MailState::Unknown);
        assert_eq!(world.deliver(&sleeper).await, 0);
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_worker_without_its_lease_takes_nothing_on() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let worker = world.worker(&server.url());
    world.owe().await;
    let now = world.clock.now();
    // Its name is taken: somebody runs a second process with it.
    assert!(world.store.lease("mailroom-1", "somebody else", now, now + TOO_LONG).await.unwrap());
    assert_eq!(world.deliver(&worker).await, 0);
    world.clock.advance(TOO_LONG);
    assert_eq!(world.deliver(&worker).await, 1);
}
