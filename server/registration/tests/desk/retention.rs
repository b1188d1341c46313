//! Nobody's data is kept longer than needed.

use regatta_domain::event::EventStatus;
use regatta_domain::follow::Topic;
use regatta_registration::Purged;

use crate::harbour::{Engine, Harbour, address};
use crate::news::moved_by;

impl Harbour {
    async fn purge(&self) -> Purged {
        self.desk.purge().await.unwrap()
    }

    /// To the moment at which the data of everybody who is registered is due.
    async fn to_purge(&self) {
        self.clock.set(self.registration_of("ada").await.purge_at);
    }

    async fn reports(&self) -> Vec<String> {
        let log = self.store.audit_log(None, 100).await.unwrap();
        log.into_iter().filter(|entry| entry.action == "purged").map(|entry| entry.detail).collect()
    }
}

on_each_engine!(what_is_due_is_erased_and_counted);

async fn what_is_due_is_erased_and_counted(engine: Engine) {
    let harbour = Harbour::on(engine, 2).await;
    harbour.join("ada").await;
    let bob = harbour.join("bob").await;
    harbour.desk.cancel(&bob).await.unwrap();
    harbour.collect().await;
    harbour.herald().await;
    let ids = [harbour.registration_of("ada").await.id, harbour.registration_of("bob").await.id];
    harbour.to_purge().await;
    harbour.clock.minutes(-1);
    // Mails that were sent so long ago need no recipient any more.
    let early = harbour.purge().await;
    assert_eq!((early.registrations, early.follows), (0, 0), "nothing is due");
    harbour.clock.minutes(1);
    let purged = harbour.purge().await;
    assert_eq!(purged.registrations, 2);
    for id in ids {
        assert_eq!(harbour.store.registration(&id).await.unwrap(), None);
    }
    assert!(harbour.store.by_address(&address("ada")).await.unwrap().is_empty());
    assert_eq!(harbour.seats().await, (1, 0), "what is left counts seats");
    assert_eq!(harbour.purge().await, Purged::default());
    let reports = harbour.reports().await;
    assert_eq!(reports.len(), 2, "one each time there was something: {reports:?}");
    assert!(reports.contains(&"registrations=2 recipients=0 follows=0".to_owned()), "{reports:?}");
}

#[tokio::test]
async fn nothing_is_said_where_nothing_was_due() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    assert_eq!(harbour.purge().await, Purged::default());
    assert!(harbour.reports().await.is_empty());
}

#[tokio::test]
async fn nobody_is_erased_while_mail_is_owed_to_them() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    harbour.desk.cancel(&ada).await.unwrap();
    harbour.to_purge().await;
    assert_eq!(harbour.purge().await.registrations, 0);
    harbour.collect().await;
    assert_eq!(harbour.purge().await.registrations, 1);
}

#[tokio::test]
async fn who_waits_for_what_is_still_to_come_is_kept() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.settle().await;
    harbour.edit(|event| event.status = EventStatus::Postponed);
    harbour.settle().await;
    harbour.collect().await;
    harbour.to_purge().await;
    assert_eq!(harbour.purge().await.registrations, 0, "it is postponed");
    harbour.edit(|event| {
        event.status = EventStatus::Rescheduled;
        moved_by(event, 365 * 24);
    });
    harbour.settle().await;
    harbour.collect().await;
    let until = harbour.registration_of("ada").await.purge_at;
    let over = harbour.programme.event_now(&harbour.event).when.over_at();
    assert_eq!(until.duration_since(over), jiff::SignedDuration::from_hours(90 * 24));
    harbour.to_purge().await;
    assert_eq!(harbour.purge().await.registrations, 1);
}

#[tokio::test]
async fn a_lost_file_keeps_nobody_for_ever() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.programme.lose(&harbour.event);
    harbour.to_purge().await;
    assert_eq!(harbour.purge().await.registrations, 1);
}

#[tokio::test]
async fn a_crowd_is_erased_to_the_last() {
    let harbour = Harbour::with_seats(210).await;
    for number in 0..210 {
        harbour.register(&format!("visitor{number}")).await.unwrap();
    }
    harbour.collect().await;
    harbour.clock.days(200);
    assert_eq!(harbour.purge().await.registrations, 210);
}

#[tokio::test]
async fn what_nobody_confirmed_is_forgotten() {
    let harbour = Harbour::with_seats(1).await;
    harbour.follow("ada", "portal").await;
    harbour.ask_to_follow("bob", "portal").await;
    harbour.clock.days(7);
    harbour.clock.minutes(1);
    assert_eq!(harbour.purge().await.follows, 1);
    let portal = Topic::Portal;
    assert!(harbour.store.follow_of(&address("ada"), &portal).await.unwrap().is_some());
    assert!(harbour.store.follow_of(&address("bob"), &portal).await.unwrap().is_none());
}

#[tokio::test]
async fn where_mails_went_is_forgotten_after_a_month() {
    let harbour = Harbour::with_seats(1).await;
    harbour.follow("ada", "portal").await;
    harbour.clock.days(30);
    harbour.clock.minutes(1);
    assert_eq!(harbour.purge().await, Purged { registrations: 0, recipients: 1, follows: 0 });
}
