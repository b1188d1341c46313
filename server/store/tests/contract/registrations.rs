//! What is relied on of each registration: it is kept as it was, changed by one at a time, and found.

use std::sync::Arc;

use regatta_domain::history::{Actor, Happening, HistoryEntry};
use regatta_domain::ids::BookingId;
use regatta_domain::language::Language;
use regatta_domain::questions::Answers;
use regatta_domain::registration::RegistrationState::{Cancelled, Confirmed, Expired, Held, Waitlisted};
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::seats::{Attendance, SeatCount};
use regatta_store::desk::RegistrationFilter;
use regatta_store::{Store, StoreError};

use crate::fixtures::{add, at, begin, elsewhere, event, one_in_each_state, places, registration};

fn booking(number: u8) -> BookingId {
    BookingId::from_bytes([number; 16])
}

/// A registration that has something in each of its parts.
fn elaborate() -> Registration {
    Registration {
        language: Language::Chinese,
        attendance: Attendance::Online,
        party: 4,
        answers: Answers::default(),
        booking: Some(booking(7)),
        seated_at: Some(at(3)),
        generation: 2,
        sequence: 5,
        version: 8,
        updated_at: at(9),
        ..registration(50, Confirmed)
    }
}

pub async fn keeps_a_registration_as_it_was(store: Arc<dyn Store>) {
    let mut all = one_in_each_state();
    all.push(elaborate());
    add(&*store, &all).await;
    let mut tx = begin(&*store, &["sail"]).await;
    for stored in &all {
        assert_eq!(store.registration(&stored.id).await.unwrap().as_ref(), Some(stored));
        assert_eq!(tx.registration(&stored.id).await.unwrap().as_ref(), Some(stored));
    }
    let unknown = registration(99, Held).id;
    assert_eq!(store.registration(&unknown).await.unwrap(), None);
    assert_eq!(tx.registration(&unknown).await.unwrap(), None);
}

/// More than fit into one statement.
pub async fn a_crowd_is_stored_at_once(store: Arc<dyn Store>) {
    let crowd: Vec<_> = (1..=300).map(|number| registration(number, Held)).collect();
    add(&*store, &crowd).await;
    assert_eq!(store.seats(&event("sail")).await.unwrap().in_person, SeatCount { taken: 300, waiting: 0 });
    let filter = RegistrationFilter { limit: 1000, ..RegistrationFilter::default() };
    assert_eq!(store.list(&filter).await.unwrap(), crowd);
    let addresses: Vec<_> = crowd.iter().map(|one| one.email.normalized()).collect();
    let mut tx = begin(&*store, &["sail"]).await;
    let mut live = tx.live_by_addresses(&event("sail"), &addresses).await.unwrap();
    live.sort_by_key(|one| one.place);
    assert_eq!(live, crowd);
}

pub async fn nothing_is_stored_of_nothing(store: Arc<dyn Store>) {
    let mut tx = begin(&*store, &[]).await;
    tx.add(&[]).await.unwrap();
    tx.note(&[]).await.unwrap();
    assert_eq!(tx.enqueue(&[]).await.unwrap(), 0);
    assert_eq!(tx.live_by_addresses(&event("sail"), &[]).await.unwrap(), []);
    assert_eq!(tx.standing_in(&event("sail"), &[]).await.unwrap(), []);
    tx.raise_sequences(&[], at(0)).await.unwrap();
    tx.commit().await.unwrap();
}

pub async fn a_save_changes_it_and_raises_its_version(store: Arc<dyn Store>) {
    let before = registration(1, Held);
    add(&*store, &[before.clone(), registration(2, Held)]).await;
    let mut changed = Registration {
        name: "Ada".parse().unwrap(),
        email: "ada@example.org".parse().unwrap(),
        language: Language::Chinese,
        attendance: Attendance::Online,
        party: 3,
        answers: Answers::default(),
        state: Confirmed,
        booking: Some(booking(1)),
        held_until: at(7),
        seated_at: Some(at(4)),
        purge_at: at(77),
        generation: 3,
        sequence: 4,
        updated_at: at(5),
        ..before.clone()
    };
    let mut tx = begin(&*store, &["sail"]).await;
    tx.save(&before, &changed).await.unwrap();
    let live = tx.live_by_addresses(&changed.event, &["ada@example.org".into()]).await.unwrap();
    assert_eq!(live.len(), 1, "found under the new address at once");
    tx.commit().await.unwrap();
    changed.version = 2;
    assert_eq!(store.registration(&changed.id).await.unwrap(), Some(changed));
    let other = registration(2, Held);
    assert_eq!(store.registration(&other.id).await.unwrap(), Some(other));
}

pub async fn a_stale_save_is_refused(store: Arc<dyn Store>) {
    let first = registration(1, Held);
    add(&*store, std::slice::from_ref(&first)).await;
    let mut tx = begin(&*store, &["sail"]).await;
    tx.save(&first, &Registration { state: Confirmed, ..first.clone() }).await.unwrap();
    tx.commit().await.unwrap();
    let mut late = begin(&*store, &["sail"]).await;
    let refused = late.save(&first, &Registration { state: Expired, ..first.clone() }).await;
    assert!(matches!(refused, Err(StoreError::Stale(_))), "{refused:?}");
    drop(late);
    assert_eq!(store.registration(&first.id).await.unwrap().unwrap().state, Confirmed);
    assert_eq!(store.seats(&first.event).await.unwrap().in_person.taken, 1);
}

pub async fn an_address_has_one_live_registration_per_event(store: Arc<dyn Store>) {
    for (number, state) in (1..).zip(RegistrationState::ALL.into_iter().filter(|state| state.is_live())) {
        let name = format!("event-{number}");
        let first = elsewhere(&name, registration(number, state));
        add(&*store, std::slice::from_ref(&first)).await;
        let again = Registration {
            email: first.email.as_str().to_uppercase().parse().unwrap(),
            ..elsewhere(&name, registration(number + 100, Held))
        };
        let mut tx = begin(&*store, &[&name]).await;
        let refused = tx.add(std::slice::from_ref(&again)).await;
        assert!(matches!(refused, Err(StoreError::Stale(_))), "{state:?}: {refused:?}");
        drop(tx);
        add(&*store, &[elsewhere("row", again.clone())]).await;
        let mut tx = begin(&*store, &[&name]).await;
        tx.save(&first, &Registration { state: Cancelled, ..first.clone() }).await.unwrap();
        tx.add(&[Registration { id: registration(number + 200, Held).id, ..again }]).await.unwrap();
        tx.commit().await.unwrap();
    }
}

pub async fn a_save_takes_no_address_that_is_taken(store: Arc<dyn Store>) {
    let (one, other) = (registration(1, Confirmed), registration(2, Held));
    add(&*store, &[one.clone(), other.clone()]).await;
    let mut tx = begin(&*store, &["sail"]).await;
    let refused = tx.save(&other, &Registration { email: one.email, ..other.clone() }).await;
    assert!(matches!(refused, Err(StoreError::Stale(_))), "{refused:?}");
}

/// Of several new ones, all are stored or none is.
pub async fn one_refused_registration_refuses_all(store: Arc<dyn Store>) {
    let twin = Registration { email: registration(1, Held).email, ..registration(2, Held) };
    let mut tx = begin(&*store, &["sail"]).await;
    let refused = tx.add(&[registration(1, Held), twin]).await;
    assert!(matches!(refused, Err(StoreError::Stale(_))), "{refused:?}");
    drop(tx);
    assert_eq!(store.registration(&registration(1, Held).id).await.unwrap(), None);
    assert_eq!(store.seats(&event("sail")).await.unwrap().in_person.taken, 0);
}

pub async fn a_place_is_given_once(store: Arc<dyn Store>) {
    add(&*store, &[registration(1, Cancelled)]).await;
    let mut tx = begin(&*store, &["sail"]).await;
    let refused = tx.add(&[Registration { place: 1, ..registration(2, Held) }]).await;
    assert!(matches!(refused, Err(StoreError::Stale(_))), "{refused:?}");
}

pub async fn finds_live_registrations_by_address(store: Arc<dyn Store>) {
    let all = one_in_each_state();
    add(&*store, &all).await;
    let mut tx = begin(&*store, &["sail"]).await;
    for one in &all {
        let address = [one.email.normalized(), "nobody@example.org".to_owned()];
        let found = tx.live_by_addresses(&one.event, &address).await.unwrap();
        let expected: Vec<_> = one.state.is_live().then(|| one.clone()).into_iter().collect();
        assert_eq!(found, expected, "{:?}", one.state);
        assert_eq!(tx.live_by_addresses(&event("row"), &address).await.unwrap(), []);
    }
}

pub async fn finds_all_registrations_of_an_address_newest_first(store: Arc<dyn Store>) {
    let mine = registration(1, Held).email;
    let made = |number, state, seconds| Registration {
        email: mine.clone(),
        created_at: at(seconds),
        ..registration(number, state)
    };
    let rows = [
        made(1, Cancelled, 1),
        made(2, Held, 2),
        elsewhere("row", made(3, Expired, 3)),
        registration(4, Held),
    ];
    add(&*store, &rows).await;
    let found = store.by_address("visitor1@example.org").await.unwrap();
    assert_eq!(found, [rows[2].clone(), rows[1].clone(), rows[0].clone()]);
    assert_eq!(store.by_address("nobody@example.org").await.unwrap(), []);
}

pub async fn finds_what_was_booked_together(store: Arc<dyn Store>) {
    let booked = |number, name, id| Registration {
        booking: Some(booking(id)),
        ..elsewhere(name, registration(number, Held))
    };
    let rows = [booked(1, "sail", 1), booked(2, "row", 1), booked(3, "sail", 2), registration(4, Held)];
    add(&*store, &rows).await;
    let found = store.booking(&booking(1)).await.unwrap();
    assert_eq!(found, [rows[1].clone(), rows[0].clone()], "by event");
    assert_eq!(store.booking(&booking(9)).await.unwrap(), []);
}

/// Events are in the order of their letters' codes, whatever the machine's language says of hyphens.
pub async fn lists_page_by_page(store: Arc<dyn Store>) {
    let names = ["row", "sail", "sail-2", "sailing"];
    let mut all = Vec::new();
    for (round, name) in (0..).zip(names) {
        all.extend(
            (1..=3).map(|place| Registration {
                place,
                ..elsewhere(name, registration(round * 10 + place, Held))
            }),
        );
    }
    let mut shuffled = all.clone();
    shuffled.reverse();
    add(&*store, &shuffled).await;
    let mut filter = RegistrationFilter { limit: 5, ..RegistrationFilter::default() };
    let mut listed = Vec::new();
    for expected in [5, 5, 2, 0] {
        let page = store.list(&filter).await.unwrap();
        assert_eq!(page.len(), expected);
        filter.after = page.last().map(|last| (last.event.clone(), last.place)).or(filter.after);
        listed.extend(page);
    }
    assert_eq!(listed, all);
}

pub async fn lists_by_event_and_state(store: Arc<dyn Store>) {
    let rows = [
        registration(1, Held),
        registration(2, Waitlisted),
        registration(3, Confirmed),
        elsewhere("row", registration(4, Confirmed)),
    ];
    add(&*store, &rows).await;
    let list = async |event: Option<&str>, states: &[RegistrationState]| {
        let event = event.map(crate::fixtures::event);
        let filter =
            RegistrationFilter { event, states: states.to_vec(), limit: 9, ..RegistrationFilter::default() };
        places(&store.list(&filter).await.unwrap())
    };
    assert_eq!(list(None, &[]).await, [4, 1, 2, 3]);
    assert_eq!(list(Some("sail"), &[]).await, [1, 2, 3]);
    assert_eq!(list(Some("sail"), &[Confirmed, Held]).await, [1, 3]);
    assert_eq!(list(None, &[Confirmed]).await, [4, 3]);
    assert_eq!(list(Some("swim"), &[]).await, [0; 0]);
}

pub async fn a_search_means_its_letters(store: Arc<dyn Store>) {
    let named = |number, name: &str, email: &str| Registration {
        name: name.parse().unwrap(),
        email: email.parse().unwrap(),
        ..registration(number, Held)
    };
    let rows = [
        named(1, "Ada Lovelace", "countess@example.org"),
        named(2, "周帆", "Zhou@Sails.example"),
        named(3, "100% Ada\\_", "a_b@example.org"),
        named(4, "100 Adam", "axb@example.org"),
    ];
    add(&*store, &rows).await;
    for (search, expected) in [
        ("ada", vec![1, 3, 4]),
        ("LOVE", vec![1]),
        ("周", vec![2]),
        ("sails.EXAMPLE", vec![2]),
        ("100%", vec![3]),
        ("a_b@", vec![3]),
        ("\\", vec![3]),
        ("%", vec![3]),
        ("' or 1=1 --", vec![]),
    ] {
        let search = Some(search.to_owned());
        let filter = RegistrationFilter { search, limit: 9, ..RegistrationFilter::default() };
        let found = store.list(&filter).await.unwrap();
        assert_eq!(places(&found), expected, "{:?}", filter.search);
    }
}

pub async fn a_history_is_kept_in_its_order(store: Arc<dyn Store>) {
    let (mine, other) = (registration(1, Held), registration(2, Held));
    let entry = |of: &Registration, seconds, actor, what| HistoryEntry {
        registration: of.id.clone(),
        at: at(seconds),
        actor,
        what,
    };
    let entries = [
        entry(&mine, 0, Actor::Owner, Happening::Registered(Held)),
        entry(&other, 0, Actor::Owner, Happening::Registered(Held)),
        entry(&mine, 5, Actor::Portal, Happening::Moved { from: Held, to: Confirmed }),
        entry(&mine, 5, Actor::Owner, Happening::PartyChanged { from: 1, to: 2 }),
    ];
    let seated = entry(&mine, 4, Actor::Organizer("ada 周".into()), Happening::SeatedOutOfTurn);
    let mut tx = begin(&*store, &["sail"]).await;
    tx.add(&[mine.clone(), other.clone()]).await.unwrap();
    tx.note(&entries).await.unwrap();
    tx.note(std::slice::from_ref(&seated)).await.unwrap();
    assert_eq!(store.history(&mine.id).await.unwrap(), [], "not before the commit");
    tx.commit().await.unwrap();
    let expected = [entries[0].clone(), entries[2].clone(), entries[3].clone(), seated];
    assert_eq!(store.history(&mine.id).await.unwrap(), expected);
    assert_eq!(store.history(&other.id).await.unwrap(), [entries[1].clone()]);
}
