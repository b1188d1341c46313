//! The worker's own life: when it wakes, how it stops, what it makes of an interrupted past.

use std::sync::Arc;

use crate::support::smtp_server::{Act, SmtpServer};
use crate::support::world::{Mood, World};
use jiff::SignedDuration;
use regatta_domain::ports::Clock;
use regatta_store::outbox::{MailKind, OutboxStore};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_notified_worker_sends_and_a_stopped_one_finishes_its_mail() {
    let world = World::new().await;
    let (reached, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let server = SmtpServer::start([Act::Wait { reached: Arc::clone(&reached), go: Arc::clone(&go) }]).await;
    let worker = world.worker(&server.url());
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    world.owe(MailKind::Confirmed).await;
    world.owe(MailKind::Confirmed).await;
    world.wake.notify_one();
    reached.notified().await;
    stop.cancel();
    go.notify_one();
    running.await.unwrap();
    assert_eq!(server.received().len(), 1, "the second mail must wait for the next start");
    assert_eq!(world.standing().await, (1, 0, 0));
}

#[tokio::test]
async fn an_interrupted_mail_is_marked_and_never_sent_again() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    world.owe(MailKind::Promoted).await;
    world.store.claim(world.clock.now()).await.unwrap().unwrap();
    world.clock.advance(SignedDuration::from_secs(1));
    let stop = CancellationToken::new();
    stop.cancel();
    world.worker(&server.url()).run(stop).await;
    assert_eq!(world.standing().await, (0, 0, 1));
    assert_eq!(world.deliver(&world.worker(&server.url())).await, 0);
    assert_eq!(server.received(), []);
}

#[tokio::test]
async fn with_nothing_left_to_tell_the_mail_is_dropped() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    world.owe(MailKind::Waitlisted).await;
    *world.letters.0.lock().unwrap() = Mood::Silent;
    assert_eq!(world.deliver(&world.worker(&server.url())).await, 1);
    assert_eq!(world.standing().await, (0, 0, 0));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn an_unreadable_event_delays_its_mail_until_the_file_is_mended() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let worker = world.worker(&server.url());
    world.owe(MailKind::Confirmed).await;
    *world.letters.0.lock().unwrap() = Mood::Blind;
    assert_eq!(world.deliver(&worker).await, 1);
    assert_eq!(world.standing().await, (1, 0, 0));
    *world.letters.0.lock().unwrap() = Mood::Writes;
    world.clock.advance(SignedDuration::from_secs(30));
    assert_eq!(world.deliver(&worker).await, 1);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn after_a_day_of_attempts_a_mail_is_given_up() {
    let world = World::new().await;
    let server = SmtpServer::start(vec![Act::AnswerRecipient("450 4.2.0 mailbox busy"); 20]).await;
    let worker = world.worker(&server.url());
    world.owe(MailKind::ConfirmSeat).await;
    let mut attempts = 0;
    while let Some(due) = world.store.next_due().await.unwrap() {
        world.clock.advance(due.duration_since(world.clock.now()));
        attempts += world.deliver(&worker).await;
    }
    assert_eq!(attempts, 9);
    assert_eq!(world.standing().await, (0, 1, 0));
}
