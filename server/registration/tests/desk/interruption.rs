//! A visitor who goes away, or a program that stops, in the middle of anything.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use regatta_store::desk::DeskStore;
use regatta_store::outbox::OutboxStore;

use crate::harbour::{Harbour, last_part};

/// Goes on with `work` so many times, then drops it where it stands. `None` where that was before its end.
async fn interrupted<F: Future>(work: F, after: usize) -> Option<F::Output> {
    let mut work = pin!(work);
    let mut steps = 0;
    poll_fn(|context| {
        if steps == after {
            return Poll::Ready(None);
        }
        steps += 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// Whatever the moment, the seat and its mail are both there or both not.
#[tokio::test]
async fn a_registration_is_there_with_its_mail_or_not_at_all() {
    let harbour = Harbour::with_seats(1000).await;
    let mut seats_before = 0;
    for steps in 0.. {
        let who = format!("visitor{steps}");
        let answer = interrupted(harbour.register(&who), steps).await;
        // The next transaction can only begin once what was interrupted is undone.
        drop(harbour.store.begin().await.unwrap());
        let (taken, _) = harbour.seats().await;
        assert_eq!(taken, harbour.store.health().await.unwrap().owed, "after {steps} steps");
        assert!(taken - seats_before <= 1);
        seats_before = taken;
        if let Some(answer) = answer {
            answer.unwrap();
            assert!(steps > 1, "it was interrupted in the middle");
            break;
        }
    }
    assert!(seats_before >= 1);
}

/// The seat moves from one to the other with both mails, or stays where it was with none.
#[tokio::test]
async fn a_seat_moves_on_wholly_or_not_at_all() {
    for steps in 0.. {
        let harbour = Harbour::with_seats(1).await;
        let ada = harbour.join("ada").await;
        let bob = harbour.join("bob").await;
        let answer = interrupted(harbour.desk.cancel(&ada), steps).await;
        drop(harbour.store.begin().await.unwrap());
        let moved = harbour.store.health().await.unwrap().owed;
        assert!(moved == 0 || moved == 2, "after {steps} steps {moved} mails");
        assert_eq!(harbour.seats().await, (1, u32::from(moved == 0)));
        let waits = harbour.desk.look(&bob).await.unwrap().waitlist_position;
        assert_eq!(waits.is_some(), moved == 0);
        if let Some(answer) = answer {
            assert_eq!(last_part(&answer.unwrap().manage_path), ada);
            break;
        }
    }
}
