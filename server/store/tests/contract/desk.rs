//! What registrations rely on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use regatta_domain::registration::RegistrationState::{
    Cancelled, Confirmed, Expired, Held, HeldForWaitlist, Waitlisted,
};
use regatta_domain::registration::{Registration, RegistrationState, SeatCount};
use regatta_store::outbox::MailKind;
use regatta_store::{Store, StoreError};

use crate::fixtures::{add, at, event, mail, registration};

/// One registration in each state, at places from 1.
fn one_in_each_state() -> Vec<Registration> {
    (1..).zip(RegistrationState::ALL).map(|(place, state)| registration(place, state)).collect()
}

pub async fn keeps_a_registration_as_it_was(store: Arc<dyn Store>) {
    let all = one_in_each_state();
    add(&*store, &all).await;
    let mut tx = store.begin().await.unwrap();
    for stored in &all {
        assert_eq!(store.registration(&stored.id).await.unwrap().as_ref(), Some(stored));
        assert_eq!(tx.registration(&stored.id).await.unwrap().as_ref(), Some(stored));
    }
    let unknown = registration(99, Held).id;
    assert_eq!(store.registration(&unknown).await.unwrap(), None);
    assert_eq!(tx.registration(&unknown).await.unwrap(), None);
}

pub async fn a_save_changes_it_and_raises_its_version(store: Arc<dyn Store>) {
    let mut changed = registration(1, Held);
    add(&*store, &[changed.clone(), registration(2, Held)]).await;
    changed.name = "Ada".parse().unwrap();
    changed.email = "ada@example.org".parse().unwrap();
    changed.state = Confirmed;
    changed.held_until = at(7);
    changed.generation = 3;
    changed.sequence = 4;
    changed.updated_at = at(5);
    let mut tx = store.begin().await.unwrap();
    tx.save(&changed).await.unwrap();
    assert!(tx.live_by_address(&changed.event, "ada@example.org").await.unwrap().is_some());
    tx.commit().await.unwrap();
    changed.version = 2;
    assert_eq!(store.registration(&changed.id).await.unwrap(), Some(changed));
    let other = registration(2, Held);
    assert_eq!(store.registration(&other.id).await.unwrap(), Some(other));
}

pub async fn a_stale_save_is_refused(store: Arc<dyn Store>) {
    let first = registration(1, Held);
    add(&*store, std::slice::from_ref(&first)).await;
    let mut tx = store.begin().await.unwrap();
    tx.save(&Registration { state: Confirmed, ..first.clone() }).await.unwrap();
    tx.commit().await.unwrap();
    let mut late = store.begin().await.unwrap();
    let refused = late.save(&Registration { state: Expired, ..first.clone() }).await;
    assert!(matches!(refused, Err(StoreError::Stale(_))), "{refused:?}");
    drop(late);
    assert_eq!(store.registration(&first.id).await.unwrap().unwrap().state, Confirmed);
}

pub async fn a_transaction_that_is_not_committed_leaves_nothing(store: Arc<dyn Store>) {
    let lost = registration(1, Held);
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.next_place(&lost.event).await.unwrap(), 1);
    tx.add(&lost).await.unwrap();
    tx.enqueue(&mail(1, &lost, MailKind::ConfirmSeat, at(0))).await.unwrap();
    drop(tx);
    assert_eq!(store.registration(&lost.id).await.unwrap(), None);
    assert_eq!(store.seats(&lost.event).await.unwrap(), SeatCount::default());
    assert_eq!(store.claim(at(9)).await.unwrap(), None);
    assert_eq!(store.begin().await.unwrap().next_place(&lost.event).await.unwrap(), 1);
}

pub async fn others_see_only_what_is_committed(store: Arc<dyn Store>) {
    let new = registration(1, Held);
    let mut tx = store.begin().await.unwrap();
    tx.add(&new).await.unwrap();
    assert_eq!(tx.seats(&new.event).await.unwrap().taken, 1);
    assert_eq!(store.seats(&new.event).await.unwrap().taken, 0, "a reader neither waits nor sees it");
    tx.commit().await.unwrap();
    assert_eq!(store.seats(&new.event).await.unwrap().taken, 1);
}

pub async fn counts_seats_by_state(store: Arc<dyn Store>) {
    add(&*store, &one_in_each_state()).await;
    let elsewhere = Registration { event: event("row"), ..registration(7, Confirmed) };
    add(&*store, &[elsewhere]).await;
    let expected = SeatCount { taken: 2, waiting: 2 };
    assert_eq!(store.seats(&event("sail")).await.unwrap(), expected);
    assert_eq!(store.begin().await.unwrap().seats(&event("sail")).await.unwrap(), expected);
    assert_eq!(store.seats(&event("row")).await.unwrap(), SeatCount { taken: 1, waiting: 0 });
    assert_eq!(store.seats(&event("unheard-of")).await.unwrap(), SeatCount::default());
}

pub async fn an_address_has_one_live_registration_per_event(store: Arc<dyn Store>) {
    let first = registration(1, Confirmed);
    add(&*store, std::slice::from_ref(&first)).await;
    let again = Registration { email: "visitor1@example.ORG".parse().unwrap(), ..registration(2, Held) };
    let mut tx = store.begin().await.unwrap();
    let refused = tx.add(&again).await;
    assert!(matches!(refused, Err(StoreError::Stale(_))), "{refused:?}");
    drop(tx);
    let elsewhere = Registration { event: event("row"), ..again.clone() };
    add(&*store, &[elsewhere]).await;
    let mut tx = store.begin().await.unwrap();
    tx.save(&Registration { state: Cancelled, ..first }).await.unwrap();
    tx.add(&Registration { id: registration(3, Held).id, ..again }).await.unwrap();
    tx.commit().await.unwrap();
}

pub async fn finds_a_live_registration_by_any_spelling(store: Arc<dyn Store>) {
    for (state, expected) in RegistrationState::ALL.map(|state| (state, state.is_live())) {
        let place = state as i64 + 1;
        let one = registration(place, state);
        add(&*store, std::slice::from_ref(&one)).await;
        let mut tx = store.begin().await.unwrap();
        let normalized = format!("visitor{place}@example.org");
        let found = tx.live_by_address(&one.event, &normalized).await.unwrap();
        assert_eq!(found, expected.then_some(one), "{state:?}");
        assert_eq!(tx.live_by_address(&event("row"), &normalized).await.unwrap(), None);
    }
}

pub async fn places_rise_per_event(store: Arc<dyn Store>) {
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.next_place(&event("sail")).await.unwrap(), 1);
    assert_eq!(tx.next_place(&event("sail")).await.unwrap(), 2);
    assert_eq!(tx.next_place(&event("row")).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(store.begin().await.unwrap().next_place(&event("sail")).await.unwrap(), 3);
}

pub async fn a_place_is_given_once(store: Arc<dyn Store>) {
    add(&*store, &[registration(1, Cancelled)]).await;
    let mut tx = store.begin().await.unwrap();
    let refused = tx.add(&Registration { place: 1, ..registration(2, Held) }).await;
    assert!(matches!(refused, Err(StoreError::Stale(_))), "{refused:?}");
}

pub async fn the_line_is_everybody_who_waits_by_place(store: Arc<dyn Store>) {
    let line = [
        registration(4, Waitlisted),
        registration(3, Waitlisted),
        registration(2, HeldForWaitlist),
        registration(1, Confirmed),
        Registration { event: event("row"), ..registration(5, Waitlisted) },
    ];
    add(&*store, &line).await;
    let mut tx = store.begin().await.unwrap();
    let before = tx.line(&event("sail")).await.unwrap();
    assert_eq!(before.iter().map(|one| one.place).collect::<Vec<_>>(), [2, 3, 4]);
    tx.save(&Registration { state: Confirmed, ..before[1].clone() }).await.unwrap();
    let after = tx.line(&event("sail")).await.unwrap();
    assert_eq!(after, [before[0].clone(), before[2].clone()]);
    assert_eq!(tx.line(&event("unheard-of")).await.unwrap(), []);
}

pub async fn holds_lapse_at_their_moment(store: Arc<dyn Store>) {
    let held = |place, state, until| Registration { held_until: at(until), ..registration(place, state) };
    let rows = [
        held(3, Held, 10),
        held(2, HeldForWaitlist, 9),
        held(1, Held, 11),
        held(4, Confirmed, 1),
        held(5, Waitlisted, 1),
        held(6, Expired, 1),
        Registration { event: event("row"), ..held(7, Held, 11) },
    ];
    add(&*store, &rows).await;
    assert_eq!(store.events_with_lapsed_holds(at(8)).await.unwrap(), []);
    assert_eq!(store.events_with_lapsed_holds(at(10)).await.unwrap(), [event("sail")]);
    assert_eq!(store.events_with_lapsed_holds(at(11)).await.unwrap(), [event("row"), event("sail")]);
    let mut tx = store.begin().await.unwrap();
    let lapsed = tx.lapsed_holds(&event("sail"), at(10)).await.unwrap();
    assert_eq!(lapsed.iter().map(|one| one.place).collect::<Vec<_>>(), [2, 3]);
}

pub async fn knows_where_somebody_waits(store: Arc<dyn Store>) {
    add(&*store, &[registration(1, HeldForWaitlist), registration(2, Confirmed)]).await;
    assert_eq!(store.events_with_waiting().await.unwrap(), []);
    let rows = [registration(3, Waitlisted), registration(4, Waitlisted)];
    add(&*store, &rows).await;
    assert_eq!(store.events_with_waiting().await.unwrap(), [event("sail")]);
}

pub async fn positions_count_everybody_in_line(store: Arc<dyn Store>) {
    let states = [Confirmed, HeldForWaitlist, Cancelled, Waitlisted, Expired, Waitlisted, Held];
    let line: Vec<_> = (1..).zip(states).map(|(place, state)| registration(place, state)).collect();
    add(&*store, &line).await;
    add(&*store, &[Registration { event: event("row"), place: 1, ..registration(8, Waitlisted) }]).await;
    let mut positions = Vec::new();
    for one in &line {
        positions.push(store.waitlist_position(&one.id).await.unwrap());
    }
    assert_eq!(positions, [None, Some(1), None, Some(2), None, Some(3), None]);
    assert_eq!(store.waitlist_position(&registration(99, Held).id).await.unwrap(), None);
}

pub async fn knows_what_was_mailed_since(store: Arc<dyn Store>) {
    let (owner, other) = (registration(1, Held), registration(2, Held));
    let mut tx = store.begin().await.unwrap();
    tx.add(&owner).await.unwrap();
    tx.add(&other).await.unwrap();
    tx.enqueue(&mail(1, &owner, MailKind::AlreadyRegistered, at(5))).await.unwrap();
    assert!(tx.mailed_since(&owner.id, MailKind::AlreadyRegistered, at(5)).await.unwrap());
    tx.commit().await.unwrap();
    store.claim(at(5)).await.unwrap().unwrap();
    let mut tx = store.begin().await.unwrap();
    assert!(tx.mailed_since(&owner.id, MailKind::AlreadyRegistered, at(5)).await.unwrap());
    assert!(!tx.mailed_since(&owner.id, MailKind::AlreadyRegistered, at(6)).await.unwrap());
    assert!(!tx.mailed_since(&owner.id, MailKind::ConfirmSeat, at(0)).await.unwrap());
    assert!(!tx.mailed_since(&other.id, MailKind::AlreadyRegistered, at(0)).await.unwrap());
}

/// Nobody fails as busy, and what one read stays true until it commits.
pub async fn writers_take_turns(store: Arc<dyn Store>) {
    const WRITERS: i64 = 24;
    let writers: Vec<_> = (1..=WRITERS)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut tx = store.begin().await?;
                let seen = tx.seats(&event("sail")).await?.taken;
                tokio::task::yield_now().await;
                let place = tx.next_place(&event("sail")).await?;
                assert_eq!(place, i64::from(seen) + 1, "somebody else wrote in between");
                tx.add(&Registration { place, ..registration(number, Held) }).await?;
                tx.commit().await?;
                Ok::<_, StoreError>(place)
            })
        })
        .collect();
    let mut places = BTreeSet::new();
    for writer in writers {
        places.insert(writer.await.unwrap().unwrap());
    }
    assert_eq!(places, (1..=WRITERS).collect());
}

/// A visitor who goes away while their request waits or begins takes no connection along.
pub async fn an_abandoned_wait_harms_nobody(store: Arc<dyn Store>) {
    for patience in 0..60 {
        let held = if patience % 2 == 0 { Some(store.begin().await.unwrap()) } else { None };
        let wait = Duration::from_micros(patience * 20);
        drop(tokio::time::timeout(wait, store.begin()).await);
        drop(held);
    }
    add(&*store, &[registration(1, Held)]).await;
    assert_eq!(store.seats(&event("sail")).await.unwrap().taken, 1);
}
