//! The rounds that one of several processes makes.

use std::time::Duration;

use jiff::SignedDuration;
use regatta_domain::ports::Clock;
use regatta_store::outbox::MailKind;
use tokio_util::sync::CancellationToken;

use crate::harbour::{Engine, Harbour};

const OFTEN: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_mins(1);

on_each_engine!(one_process_leads_until_it_stops);

async fn one_process_leads_until_it_stops(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    harbour.join("ada").await;
    harbour.herald().await;
    // A day before, so that the first round has something to remind of.
    let start = harbour.programme.event_now(&harbour.event).when.begins_at();
    harbour.clock.set(start - SignedDuration::from_hours(24));
    let (one, other) = (harbour.another_process().await, harbour.another_process().await);
    let (bells, stop) = ([one.bell(), other.bell()], CancellationToken::new());
    let closing = async {
        tokio::select! { () = bells[0].notified() => {} () = bells[1].notified() => {} }
        stop.cancel();
    };
    let both = async {
        tokio::join!(
            one.keep_heralding(OFTEN, "one", stop.clone()),
            other.keep_heralding(OFTEN, "other", stop.clone()),
            closing
        )
    };
    tokio::time::timeout(LONGEST, both).await.unwrap();
    assert_eq!(harbour.only_mail().await.kind(), MailKind::DayBefore);
    let now = harbour.clock.now();
    let until = now + SignedDuration::from_secs(30);
    assert!(harbour.store.lease("herald", "third", now, until).await.unwrap(), "it was given back");
}

/// Another one leads, until its lease is over.
#[tokio::test]
async fn who_does_not_lead_waits() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.herald().await;
    let start = harbour.programme.event_now(&harbour.event).when.begins_at();
    let due = start - SignedDuration::from_hours(24);
    harbour.clock.set(due);
    let until = due + SignedDuration::from_secs(30);
    assert!(harbour.store.lease("herald", "another", due, until).await.unwrap());
    let (bell, stop) = (harbour.desk.bell(), CancellationToken::new());
    // The bell may still ring from the mails before.
    tokio::select! { biased; () = bell.notified() => {} () = std::future::ready(()) => {} }
    let heralding = harbour.desk.keep_heralding(OFTEN, "one", stop.clone());
    let watching = async {
        for _ in 0..50 {
            assert!(harbour.store.next_due().await.unwrap().is_none(), "another one leads");
        }
        harbour.clock.set(until);
        bell.notified().await;
        stop.cancel();
    };
    let both = async { tokio::join!(heralding, watching) };
    tokio::time::timeout(LONGEST, both).await.unwrap();
    assert_eq!(harbour.only_mail().await.kind(), MailKind::DayBefore);
}
