//! What is relied on of a desk: its transactions, its counters, its line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use regatta_domain::event::{EventOverride, ForcedWindow};
use regatta_domain::ids::RegistrationId;
use regatta_domain::registration::RegistrationState::{
    AwaitingApproval, Cancelled, Confirmed, Expired, Held, HeldForWaitlist, Waitlisted,
};
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::seats::{Attendance, SeatCount, Seats};
use regatta_store::outbox::MailKind;
use regatta_store::{Store, StoreError};

use crate::fixtures::{
    Dice, add, at, begin, claim, elsewhere, event, mail, one_in_each_state, places, registration,
};

pub async fn a_transaction_that_is_not_committed_leaves_nothing(store: Arc<dyn Store>) {
    let lost = registration(1, Held);
    let mut tx = begin(&*store, &["sail"]).await;
    assert_eq!(tx.next_places(&lost.event, 3).await.unwrap(), 1);
    tx.add(std::slice::from_ref(&lost)).await.unwrap();
    tx.enqueue(&[mail(1, &lost, MailKind::ConfirmSeat, at(0))]).await.unwrap();
    drop(tx);
    assert_eq!(store.registration(&lost.id).await.unwrap(), None);
    assert_eq!(store.seats(&lost.event).await.unwrap(), Seats::default());
    assert_eq!(claim(&*store, at(9)).await, None);
    assert_eq!(begin(&*store, &["sail"]).await.next_places(&lost.event, 1).await.unwrap(), 1);
}

pub async fn others_see_only_what_is_committed(store: Arc<dyn Store>) {
    let new = registration(1, Held);
    let mut tx = begin(&*store, &["sail"]).await;
    tx.add(std::slice::from_ref(&new)).await.unwrap();
    assert_eq!(tx.seats(&new.event).await.unwrap().in_person.taken, 1);
    let seen = store.seats(&new.event).await.unwrap();
    assert_eq!(seen, Seats::default(), "a reader neither waits nor sees it");
    tx.commit().await.unwrap();
    assert_eq!(store.seats(&new.event).await.unwrap().in_person.taken, 1);
}

pub async fn counts_seats_by_state_and_kind(store: Arc<dyn Store>) {
    let party =
        |number, attendance, party, state| Registration { attendance, party, ..registration(number, state) };
    add(&*store, &one_in_each_state()).await;
    add(&*store, &[party(20, Attendance::Online, 3, Held), party(21, Attendance::Online, 4, Waitlisted)])
        .await;
    add(&*store, &[elsewhere("row", registration(22, Confirmed))]).await;
    let expected =
        Seats { in_person: SeatCount { taken: 4, waiting: 2 }, online: SeatCount { taken: 3, waiting: 4 } };
    assert_eq!(store.seats(&event("sail")).await.unwrap(), expected);
    assert_eq!(begin(&*store, &["sail"]).await.seats(&event("sail")).await.unwrap(), expected);
    assert_eq!(store.seats(&event("row")).await.unwrap().in_person, SeatCount { taken: 1, waiting: 0 });
    assert_eq!(store.seats(&event("unheard-of")).await.unwrap(), Seats::default());
}

/// How seats are taken, counted anew.
fn recount<'r>(registrations: impl Iterator<Item = &'r Registration>) -> Seats {
    let mut seats = Seats::default();
    for one in registrations {
        let count = seats.of_mut(one.attendance);
        match one.state {
            state if state.takes_a_seat() => count.taken += one.party,
            state if state.waits() => count.waiting += one.party,
            _ => {}
        }
    }
    seats
}

/// A registration somewhere else, in another state, of another size.
fn moved(dice: &mut Dice, registration: &Registration) -> Registration {
    Registration {
        state: dice.one_of(&RegistrationState::ALL),
        attendance: dice.one_of(&Attendance::ALL),
        party: u32::try_from(dice.below(5)).unwrap() + 1,
        ..registration.clone()
    }
}

/// Whatever is stored and changed, committed or not: the counters say what a recount says.
pub async fn its_counters_always_equal_a_recount(store: Arc<dyn Store>) {
    const NAMES: [&str; 2] = ["sail", "row"];
    let mut dice = Dice(2026);
    let mut stored = BTreeMap::<RegistrationId, Registration>::new();
    let mut number = 0;
    for round in 0..120 {
        let mut tx = begin(&*store, &NAMES).await;
        let mut after = stored.clone();
        let new: Vec<_> = (0..dice.below(5))
            .map(|_| {
                number += 1;
                let new = elsewhere(dice.one_of(&NAMES), registration(number, Held));
                moved(&mut dice, &new)
            })
            .collect();
        tx.add(&new).await.unwrap();
        after.extend(new.into_iter().map(|one| (one.id.clone(), one)));
        for _ in 0..dice.below(4).min(after.len()) {
            let before = after.values().nth(dice.below(after.len())).unwrap().clone();
            let mut changed = moved(&mut dice, &before);
            tx.save(&before, &changed).await.unwrap();
            changed.version += 1;
            after.insert(changed.id.clone(), changed);
        }
        for name in NAMES {
            let expected = recount(after.values().filter(|one| one.event == event(name)));
            assert_eq!(tx.seats(&event(name)).await.unwrap(), expected, "{name} within round {round}");
        }
        if dice.below(4) > 0 {
            tx.commit().await.unwrap();
            stored = after;
        } else {
            drop(tx);
        }
        for name in NAMES {
            let expected = recount(stored.values().filter(|one| one.event == event(name)));
            assert_eq!(store.seats(&event(name)).await.unwrap(), expected, "{name} after round {round}");
        }
    }
    assert!(stored.len() > 100, "only {} registrations", stored.len());
}

pub async fn places_rise_per_event(store: Arc<dyn Store>) {
    let mut tx = begin(&*store, &["sail", "row"]).await;
    assert_eq!(tx.next_places(&event("sail"), 1).await.unwrap(), 1);
    assert_eq!(tx.next_places(&event("sail"), 5).await.unwrap(), 2);
    assert_eq!(tx.next_places(&event("sail"), 2).await.unwrap(), 7);
    assert_eq!(tx.next_places(&event("row"), 1).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(begin(&*store, &["sail"]).await.next_places(&event("sail"), 1).await.unwrap(), 9);
}

/// Several dates of a series, one of them named twice.
pub async fn one_transaction_has_several_desks(store: Arc<dyn Store>) {
    let mut tx = begin(&*store, &["sail", "row", "sail"]).await;
    tx.add(&[registration(1, Held), elsewhere("row", registration(2, Confirmed))]).await.unwrap();
    tx.add(&[registration(3, Held)]).await.unwrap();
    assert_eq!(tx.seats(&event("sail")).await.unwrap().in_person.taken, 2);
    tx.commit().await.unwrap();
    assert_eq!(store.seats(&event("sail")).await.unwrap().in_person.taken, 2);
    assert_eq!(store.seats(&event("row")).await.unwrap().in_person.taken, 1);
}

pub async fn a_desk_that_was_not_begun_is_refused(store: Arc<dyn Store>) {
    assert!(begin(&*store, &["sail"]).await.next_places(&event("row"), 1).await.is_err());
    let stranger = elsewhere("row", registration(1, Held));
    assert!(begin(&*store, &["sail"]).await.add(&[stranger]).await.is_err());
    let closed = EventOverride { window: Some(ForcedWindow::Closed), ..EventOverride::default() };
    assert!(begin(&*store, &["sail"]).await.set_overrides(&event("row"), &closed).await.is_err());
}

/// Whoever takes the same desks in another order waits, and never for ever.
pub async fn desks_in_another_order_lock_nobody_out(store: Arc<dyn Store>) {
    let takers: Vec<_> = [["sail", "row", "swim"], ["swim", "row", "sail"], ["row", "swim", "sail"]]
        .into_iter()
        .map(|names| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for _ in 0..8 {
                    let mut tx = begin(&*store, &names).await;
                    for name in names {
                        tx.next_places(&event(name), 1).await.unwrap();
                    }
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    for taker in takers {
        taker.await.unwrap();
    }
    let mut tx = begin(&*store, &["sail", "row", "swim"]).await;
    for name in ["sail", "row", "swim"] {
        assert_eq!(tx.next_places(&event(name), 1).await.unwrap(), 25);
    }
}

pub async fn overrides_stay_until_they_are_taken_back(store: Arc<dyn Store>) {
    add(&*store, &[registration(1, Held)]).await;
    let sail = event("sail");
    assert_eq!(store.overrides(&sail).await.unwrap(), EventOverride::default());
    let decided =
        EventOverride { window: Some(ForcedWindow::Closed), in_person: Some(0), online: Some(u32::MAX) };
    let other = EventOverride { window: Some(ForcedWindow::Open), ..EventOverride::default() };
    let mut tx = begin(&*store, &["sail", "row"]).await;
    tx.set_overrides(&sail, &decided).await.unwrap();
    tx.set_overrides(&event("row"), &other).await.unwrap();
    assert_eq!(tx.overrides(&sail).await.unwrap(), decided);
    assert!(store.overrides(&sail).await.unwrap().is_empty(), "not before the commit");
    tx.commit().await.unwrap();
    assert_eq!(store.overrides(&sail).await.unwrap(), decided);
    assert_eq!(store.overrides(&event("row")).await.unwrap(), other);
    assert_eq!(store.seats(&sail).await.unwrap().in_person.taken, 1, "seats are something else");
    let mut tx = begin(&*store, &["sail"]).await;
    tx.set_overrides(&sail, &EventOverride::default()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(store.overrides(&sail).await.unwrap().is_empty());
    assert!(store.overrides(&event("unheard-of")).await.unwrap().is_empty());
}

pub async fn the_line_is_who_waits_with_a_confirmed_address(store: Arc<dyn Store>) {
    let line = [
        registration(5, Waitlisted),
        registration(4, Waitlisted),
        registration(3, Waitlisted),
        registration(2, HeldForWaitlist),
        registration(1, Confirmed),
        Registration { attendance: Attendance::Online, ..registration(6, Waitlisted) },
        elsewhere("row", registration(7, Waitlisted)),
    ];
    add(&*store, &line).await;
    let sail = event("sail");
    let mut tx = begin(&*store, &["sail"]).await;
    let before = tx.line(&sail, Attendance::InPerson, 9).await.unwrap();
    assert_eq!(places(&before), [3, 4, 5]);
    assert_eq!(places(&tx.line(&sail, Attendance::InPerson, 2).await.unwrap()), [3, 4]);
    assert_eq!(places(&tx.line(&sail, Attendance::Online, 9).await.unwrap()), [6]);
    tx.save(&before[0], &Registration { state: Confirmed, ..before[0].clone() }).await.unwrap();
    assert_eq!(places(&tx.line(&sail, Attendance::InPerson, 9).await.unwrap()), [4, 5]);
    assert_eq!(tx.line(&event("unheard-of"), Attendance::InPerson, 9).await.unwrap(), []);
}

pub async fn finds_registrations_by_standing(store: Arc<dyn Store>) {
    let mut rows = one_in_each_state();
    rows.push(elsewhere("row", registration(20, Confirmed)));
    rows.reverse();
    add(&*store, &rows).await;
    let mut tx = begin(&*store, &["sail"]).await;
    let states = [Confirmed, AwaitingApproval, Cancelled];
    let found = tx.standing_in(&event("sail"), &states).await.unwrap();
    let mut expected: Vec<_> =
        one_in_each_state().into_iter().filter(|one| states.contains(&one.state)).collect();
    expected.sort_by_key(|one| one.place);
    assert_eq!(found, expected);
}

pub async fn knows_where_somebody_waits(store: Arc<dyn Store>) {
    add(&*store, &[registration(1, HeldForWaitlist), registration(2, Confirmed)]).await;
    assert_eq!(store.events_with_waiting().await.unwrap(), []);
    let online = Registration { attendance: Attendance::Online, ..registration(5, Waitlisted) };
    add(&*store, &[registration(3, Waitlisted), registration(4, Waitlisted), elsewhere("row", online)]).await;
    assert_eq!(store.events_with_waiting().await.unwrap(), [event("row"), event("sail")]);
}

pub async fn positions_count_everybody_in_line(store: Arc<dyn Store>) {
    let states = [Confirmed, HeldForWaitlist, Cancelled, Waitlisted, Expired, Waitlisted, Held];
    let line: Vec<_> = (1..).zip(states).map(|(place, state)| registration(place, state)).collect();
    add(&*store, &line).await;
    add(&*store, &[Registration { place: 1, ..elsewhere("row", registration(8, Waitlisted)) }]).await;
    let online = Registration { attendance: Attendance::Online, party: 3, ..registration(9, Waitlisted) };
    add(&*store, std::slice::from_ref(&online)).await;
    let mut positions = Vec::new();
    for one in line.iter().chain([&online]) {
        positions.push(store.waitlist_position(&one.id).await.unwrap());
    }
    assert_eq!(positions, [None, Some(1), None, Some(2), None, Some(3), None, Some(1)]);
    assert_eq!(store.waitlist_position(&registration(99, Held).id).await.unwrap(), None);
}

pub async fn sequences_rise_together(store: Arc<dyn Store>) {
    let rows: Vec<_> = (1..=3).map(|number| registration(number, Confirmed)).collect();
    add(&*store, &rows).await;
    let mut tx = begin(&*store, &["sail"]).await;
    tx.raise_sequences(&[rows[0].id.clone(), rows[2].id.clone()], at(8)).await.unwrap();
    let refused = tx.save(&rows[0], &Registration { state: Cancelled, ..rows[0].clone() }).await;
    assert!(matches!(refused, Err(StoreError::Stale(_))), "a copy from before is stale: {refused:?}");
    drop(tx);
    let mut tx = begin(&*store, &["sail"]).await;
    tx.raise_sequences(&[rows[0].id.clone(), rows[2].id.clone()], at(8)).await.unwrap();
    tx.commit().await.unwrap();
    let mut raised = rows.clone();
    for one in [0, 2] {
        raised[one] = Registration { sequence: 1, version: 2, updated_at: at(8), ..raised[one].clone() };
    }
    for one in raised {
        assert_eq!(store.registration(&one.id).await.unwrap(), Some(one));
    }
}

pub async fn the_time_to_keep_data_moves_with_the_event(store: Arc<dyn Store>) {
    let asked = Registration { purge_at: at(5), updated_at: at(5), ..registration(3, Cancelled) };
    let row = elsewhere("row", registration(4, Held));
    add(&*store, &[registration(1, Confirmed), registration(2, Cancelled), asked.clone(), row.clone()]).await;
    let purge_at =
        async |number| store.registration(&registration(number, Held).id).await.unwrap().unwrap().purge_at;
    for moment in [at(2_000_000), at(500)] {
        let mut tx = begin(&*store, &["sail"]).await;
        tx.set_purge_at(&event("sail"), moment).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!([purge_at(1).await, purge_at(2).await], [moment; 2]);
        assert_eq!(purge_at(3).await, at(5), "who asked to be erased still is");
        assert_eq!(purge_at(4).await, row.purge_at, "another event");
    }
}

/// Nobody fails as busy, and what one read stays true until it commits.
pub async fn writers_take_turns(store: Arc<dyn Store>) {
    const WRITERS: i64 = 24;
    let writers: Vec<_> = (1..=WRITERS)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let sail = event("sail");
                let mut tx = store.begin(std::slice::from_ref(&sail)).await?;
                let seen = tx.seats(&sail).await?.in_person.taken;
                tokio::task::yield_now().await;
                let place = tx.next_places(&sail, 1).await?;
                assert_eq!(place, i64::from(seen) + 1, "somebody else wrote in between");
                tx.add(&[Registration { place, ..registration(number, Held) }]).await?;
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
    let sail = [event("sail")];
    for patience in 0..60 {
        let held = if patience % 2 == 0 { Some(store.begin(&sail).await.unwrap()) } else { None };
        let wait = Duration::from_micros(patience * 20);
        drop(tokio::time::timeout(wait, store.begin(&sail)).await);
        drop(held);
    }
    add(&*store, &[registration(1, Held)]).await;
    assert_eq!(store.seats(&event("sail")).await.unwrap().in_person.taken, 1);
}
