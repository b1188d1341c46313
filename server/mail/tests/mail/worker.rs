//! The worker's own life: when it wakes, how it stops, what it makes of trouble at home.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::smtp_server::{Act, Signal, SmtpServer};
use crate::support::stumbling::{Stumbling, full};
use crate::support::world::{Mood, World};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use regatta_domain::ids::EventId;
use regatta_domain::ports::Clock;
use regatta_mail::{OutboxWorker, WorkerParts, WorkerSettings, worker_name};
use regatta_store::herald::{Announced, HeraldStore};
use regatta_store::outbox::{MailState, Rates};
use regatta_store::{Store, StoreError};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long to wait for what is bound to happen, before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

fn start(worker: OutboxWorker) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    let until = stop.clone();
    (stop, tokio::spawn(async move { worker.run(until).await }))
}

async fn ends(running: JoinHandle<()>) {
    tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap();
}

/// Whether nobody holds the lease of the first worker of this world any more.
async fn lease_is_free(world: &World) -> bool {
    let now = world.clock.now();
    world.store.lease("mailroom-1", "somebody else", now, now + SignedDuration::from_secs(1)).await.unwrap()
}

#[tokio::test]
async fn a_notified_worker_sends_and_a_stopped_one_finishes_its_mail() {
    let world = World::new().await;
    let signal = Signal::new();
    let server = SmtpServer::start([Act::Wait(signal.clone())]).await;
    let (stop, running) = start(world.worker(&server.url()));
    world.owe_many(2).await;
    world.wake.notify_one();
    signal.reached(1).await;
    assert!(!lease_is_free(&world).await);
    stop.cancel();
    signal.go.add_permits(1);
    ends(running).await;
    assert_eq!(server.received().len(), 1, "the second mail must wait for the next start");
    assert_eq!(world.standing().await, (1, 0, 0));
    assert_eq!(server.commands().last().map(String::as_str), Some("QUIT"));
    assert!(lease_is_free(&world).await, "nobody has to wait for the end of its lease");
}

#[tokio::test]
async fn one_that_is_woken_wakes_the_others() {
    let world = World::new().await;
    let signal = Signal::new();
    let server = SmtpServer::start(vec![Act::Wait(signal.clone()); 4]).await;
    let (stop, running) = start(world.worker_of(&server.url(), 4));
    world.owe_many(4).await;
    world.wake.notify_one();
    signal.reached(4).await;
    signal.go.add_permits(4);
    stop.cancel();
    ends(running).await;
    assert_eq!(server.received_ids().len(), 4);
    assert_eq!(world.standing().await, (0, 0, 0));
}

#[tokio::test]
async fn mail_that_nobody_tells_of_is_found() {
    let world = World::new().await;
    let signal = Signal::new();
    let server = SmtpServer::start(vec![Act::Wait(signal.clone()); 2]).await;
    let first = world.owe().await;
    let (stop, running) = start(world.worker(&server.url()));
    signal.reached(1).await;
    signal.go.add_permits(1);
    // Stored by another process, while this one has long looked and found nothing.
    let second = world.owe_to("grace@example.org").await;
    signal.reached(1).await;
    signal.go.add_permits(1);
    stop.cancel();
    ends(running).await;
    assert_eq!((world.state(&first).await, world.state(&second).await), (MailState::Sent, MailState::Sent));
}

#[tokio::test]
async fn a_worker_stopped_before_the_text_does_not_wait_and_owes_the_mail() {
    let world = World::new().await;
    let signal = Signal::new();
    let server = SmtpServer::start([Act::WaitAtRecipient(signal.clone())]).await;
    let id = world.owe().await;
    let (stop, running) = start(world.worker(&server.url()));
    signal.reached(1).await;
    stop.cancel();
    ends(running).await;
    assert_eq!(world.state(&id).await, MailState::Retrying);
    assert!(lease_is_free(&world).await);
    assert_eq!(world.deliver(&world.worker(&server.url())).await, 1);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_worker_that_may_wait_no_longer_leaves_the_text_unknown() {
    let world = World::new().await;
    let signal = Signal::new();
    let server = SmtpServer::start([Act::Wait(signal.clone())]).await;
    let id = world.owe().await;
    let parts = world.parts(&server.url());
    let settings = WorkerSettings { drain: Duration::from_millis(20), ..parts.settings };
    let (stop, running) = start(OutboxWorker::new(WorkerParts { settings, ..parts }));
    signal.reached(1).await;
    stop.cancel();
    ends(running).await;
    assert!(!lease_is_free(&world).await, "its claims must not be taken for those of a worker that finished");
    world.clock.advance(SignedDuration::from_secs(31));
    world.store.mark_interrupted(world.clock.now()).await.unwrap();
    assert_eq!(world.state(&id).await, MailState::Unknown);
}

#[tokio::test]
async fn at_the_start_interrupted_mails_are_taken_back() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let (over_the_text, before_it) = (world.owe().await, world.owe().await);
    for id in [&over_the_text, &before_it] {
        let claimed = world.store.claim("dead", Rates::default(), world.clock.now()).await.unwrap().unwrap();
        assert_eq!(&claimed.mail.id, id);
    }
    world.store.hand_over("dead", &over_the_text, world.clock.now()).await.unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    world.worker(&server.url()).run(stop).await;
    assert_eq!(world.state(&over_the_text).await, MailState::Unknown);
    assert_eq!(world.state(&before_it).await, MailState::Queued);
    assert_eq!(server.received(), []);
}

#[tokio::test]
async fn with_nothing_left_to_tell_the_mail_is_dropped() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let id = world.owe().await;
    world.letters.feel(Mood::Silent);
    assert_eq!(world.deliver(&world.worker(&server.url())).await, 1);
    assert_eq!(world.state(&id).await, MailState::Dropped);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn an_unreadable_event_delays_its_mail_until_the_file_is_mended() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let worker = world.worker(&server.url());
    let id = world.owe().await;
    world.letters.feel(Mood::Blind);
    assert_eq!(world.deliver(&worker).await, 1);
    assert_eq!(world.state(&id).await, MailState::Retrying);
    world.letters.feel(Mood::Writes);
    world.wait_for_next().await;
    assert_eq!(world.deliver(&worker).await, 1);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_mail_at_which_the_program_stumbles_does_not_take_the_others_with_it() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let worker = world.worker(&server.url());
    let id = world.owe().await;
    world.letters.feel(Mood::Panics);
    assert_eq!(world.deliver(&worker).await, 1);
    assert_eq!(world.state(&id).await, MailState::Failed, "nothing was sent, that much is known");
    world.letters.feel(Mood::Writes);
    let next = world.owe().await;
    assert_eq!(world.deliver(&worker).await, 1);
    assert_eq!(world.state(&next).await, MailState::Sent);
}

/// A worker whose outbox has these troubles.
fn stumbling(
    world: &World,
    url: &str,
    settling: Vec<StoreError>,
    noting: Vec<StoreError>,
) -> (Arc<Stumbling>, OutboxWorker) {
    let outbox = Arc::new(Stumbling {
        settling: Mutex::new(VecDeque::from(settling)),
        noting: Mutex::new(VecDeque::from(noting)),
        ..Stumbling::over(&world.store)
    });
    let worker = OutboxWorker::new(WorkerParts { outbox: outbox.clone(), ..world.parts(url) });
    (outbox, worker)
}

#[tokio::test]
async fn a_store_that_stumbles_does_not_lose_what_came_of_a_mail() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let id = world.owe().await;
    // More often than a worker tries that has to stop.
    let (_, worker) =
        stumbling(&world, &server.url(), vec![full(), full(), full(), full(), full()], Vec::new());
    assert_eq!(world.deliver(&worker).await, 1);
    assert_eq!(world.state(&id).await, MailState::Sent);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_store_that_stays_broken_holds_up_nobody_who_has_to_stop() {
    let world = World::new().await;
    let signal = Signal::new();
    let server = SmtpServer::start([Act::Wait(signal.clone())]).await;
    world.owe().await;
    let (outbox, worker) =
        stumbling(&world, &server.url(), vec![full(), full(), full(), full(), full()], Vec::new());
    let stop = CancellationToken::new();
    let stopping = async {
        signal.reached(1).await;
        stop.cancel();
        signal.go.add_permits(1);
    };
    let (delivered, ()) = tokio::join!(worker.deliver_due(&stop), stopping);
    delivered.unwrap_err();
    assert_eq!(outbox.left(), 1);
    assert_eq!(server.received().len(), 1, "sent once");
}

#[tokio::test]
async fn what_cannot_be_noted_is_not_handed_over() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let id = world.owe().await;
    let (_, worker) = stumbling(&world, &server.url(), Vec::new(), vec![full()]);
    assert_eq!(world.deliver(&worker).await, 1);
    assert_eq!(world.state(&id).await, MailState::Retrying);
    assert_eq!(server.received(), []);
    world.wait_for_next().await;
    assert_eq!(world.deliver(&worker).await, 1);
    assert_eq!(server.received().len(), 1);
}

/// Tells of each lease that is asked for.
struct Watched {
    store: Arc<dyn Store>,
    asked: Semaphore,
}

#[async_trait]
impl HeraldStore for Watched {
    async fn announced(&self, event: &EventId) -> Result<Option<Announced>, StoreError> {
        self.store.announced(event).await
    }

    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let held = self.store.lease(name, holder, now, until).await;
        self.asked.add_permits(1);
        held
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.store.release(name, holder).await
    }

    async fn kept(&self, name: &str, first: &str) -> Result<String, StoreError> {
        self.store.kept(name, first).await
    }
}

/// Lets the next renewal come at once.
async fn ten_seconds_pass() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(10)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn while_it_works_it_renews_its_lease_and_looks_for_workers_that_died() {
    let world = World::new().await;
    let leases = Arc::new(Watched { store: world.store.clone(), asked: Semaphore::new(0) });
    let server = SmtpServer::start([]).await;
    let parts = WorkerParts { leases: leases.clone(), ..world.parts(&server.url()) };
    let dead = world.owe().await;
    let now = world.clock.now();
    world.store.lease("dead", "dead", now, now + SignedDuration::from_secs(25)).await.unwrap();
    world.store.claim("dead", Rates::default(), now).await.unwrap().unwrap();
    world.store.hand_over("dead", &dead, now).await.unwrap();
    let (stop, running) = start(OutboxWorker::new(parts));
    leases.asked.acquire().await.unwrap().forget();
    for renewal in 1..=4 {
        world.clock.advance(SignedDuration::from_secs(10));
        ten_seconds_pass().await;
        leases.asked.acquire().await.unwrap().forget();
        assert!(!lease_is_free(&world).await, "renewal {renewal}");
    }
    // Between the third renewal and the fourth it looked.
    assert_eq!(world.state(&dead).await, MailState::Unknown);
    stop.cancel();
    ends(running).await;
    assert!(lease_is_free(&world).await);
}

struct Fixed(u8);

impl regatta_domain::ports::Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

#[test]
fn every_worker_has_a_name_of_its_own() {
    assert_eq!(worker_name(&Fixed(0)), format!("mailroom-{}", "a".repeat(26)));
    assert_ne!(worker_name(&Fixed(1)), worker_name(&Fixed(2)));
}
