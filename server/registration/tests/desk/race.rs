//! The last seat and eight visitors at once.

use std::sync::Arc;

use regatta_domain::ids::RegistrationId;
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_registration::{Answer, RegisterError};
use regatta_store::desk::DeskStore;
use tokio::sync::Barrier;

use crate::harbour::{Harbour, address, beginning};

const VISITORS: u8 = 8;

/// How it is done wrong: count first, insert later, both right by themselves.
async fn register_without_a_turn(harbour: &Harbour, capacity: u32, visitor: u8, counted: &Barrier) -> bool {
    let seats = harbour.store.seats(&harbour.event).await.unwrap();
    counted.wait().await;
    if seats.free(capacity) == 0 {
        return false;
    }
    let mut tx = harbour.store.begin().await.unwrap();
    let registration = Registration {
        id: RegistrationId::from_bytes([visitor; 16]),
        event: harbour.event.clone(),
        name: "Ada".parse().unwrap(),
        email: address(&format!("visitor{visitor}")).parse().unwrap(),
        state: RegistrationState::Held,
        place: tx.next_place(&harbour.event).await.unwrap(),
        held_until: beginning(),
        generation: 1,
        sequence: 0,
        version: 1,
        created_at: beginning(),
        updated_at: beginning(),
    };
    tx.add(&registration).await.unwrap();
    tx.commit().await.unwrap();
    true
}

/// Without this the next test would prove nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_turn_everybody_gets_the_last_seat() {
    let harbour = Arc::new(Harbour::with_seats(1).await);
    let counted = Arc::new(Barrier::new(VISITORS.into()));
    let visitors: Vec<_> = (0..VISITORS)
        .map(|visitor| {
            let (harbour, counted) = (harbour.clone(), counted.clone());
            tokio::spawn(async move { register_without_a_turn(&harbour, 1, visitor, &counted).await })
        })
        .collect();
    for visitor in visitors {
        assert!(visitor.await.unwrap());
    }
    assert_eq!(harbour.seats().await, (8, 0), "eight seats of one");
}

async fn at_once(harbour: &Arc<Harbour>) -> Vec<Result<Answer, RegisterError>> {
    let together = Arc::new(Barrier::new(VISITORS.into()));
    let visitors: Vec<_> = (0..VISITORS)
        .map(|visitor| {
            let (harbour, together) = (harbour.clone(), together.clone());
            tokio::spawn(async move {
                together.wait().await;
                harbour.register(&format!("visitor{visitor}")).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for visitor in visitors {
        answers.push(visitor.await.unwrap());
    }
    answers
}

fn seats_given(answers: &[Result<Answer, RegisterError>]) -> usize {
    answers.iter().filter(|answer| matches!(answer, Ok(Answer::SeatHeld { .. }))).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_desk_one_gets_the_last_seat_and_the_others_are_told() {
    for _ in 0..5 {
        let harbour = Arc::new(Harbour::with_seats(3).await);
        harbour.programme.edit_policy(&harbour.event, |policy| policy.waitlist = false);
        harbour.join("ada").await;
        harbour.register_and_read("bob").await;
        let answers = at_once(&harbour).await;
        assert_eq!(seats_given(&answers), 1, "{answers:?}");
        let full = answers.iter().filter(|answer| matches!(answer, Err(RegisterError::Full))).count();
        assert_eq!(full, 7, "{answers:?}");
        assert_eq!(harbour.seats().await, (3, 0));
        assert_eq!(harbour.collect().await.len(), 1, "and one mail is owed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_waitlist_the_others_stand_in_line() {
    let harbour = Arc::new(Harbour::with_seats(1).await);
    let answers = at_once(&harbour).await;
    assert_eq!(seats_given(&answers), 1, "{answers:?}");
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(harbour.seats().await, (1, 7));
    assert_eq!(harbour.collect().await.len(), 8);
}

/// One person who is impatient, or one form sent twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_at_once_takes_one_seat() {
    let harbour = Arc::new(Harbour::with_seats(5).await);
    let forms: Vec<_> = (0..VISITORS)
        .map(|_| {
            let harbour = harbour.clone();
            tokio::spawn(async move { harbour.register("ada").await })
        })
        .collect();
    for form in forms {
        assert!(matches!(form.await.unwrap(), Ok(Answer::SeatHeld { .. })));
    }
    assert_eq!(harbour.seats().await, (1, 0));
    assert_eq!(harbour.collect().await.len(), 2, "the question, and one word on the repeats");
}
