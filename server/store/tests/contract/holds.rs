//! What is relied on of holds: when they lapse, and whether their owners were asked to confirm.

use std::collections::BTreeSet;
use std::sync::Arc;

use regatta_domain::ids::{BookingId, RegistrationId};
use regatta_domain::registration::Registration;
use regatta_domain::registration::RegistrationState::{
    AwaitingApproval, Confirmed, Expired, Held, HeldForWaitlist, Waitlisted,
};
use regatta_store::Store;
use regatta_store::outbox::MailKind::{AlreadyRegistered, ConfirmSeat, ConfirmWaitlist};
use regatta_store::outbox::Settlement;

use crate::fixtures::{
    add, at, begin, claim, elsewhere, enqueue, event, mail, places, registration, settle, why,
};

pub async fn holds_lapse_at_their_moment(store: Arc<dyn Store>) {
    let held = |place, state, until| Registration { held_until: at(until), ..registration(place, state) };
    let rows = [
        held(3, Held, 10),
        held(2, HeldForWaitlist, 9),
        held(1, Held, 11),
        held(4, Confirmed, 1),
        held(5, Waitlisted, 1),
        held(6, Expired, 1),
        held(7, AwaitingApproval, 1),
        elsewhere("row", held(8, Held, 11)),
    ];
    add(&*store, &rows).await;
    assert_eq!(store.events_with_lapsed_holds(at(8)).await.unwrap(), []);
    assert_eq!(store.events_with_lapsed_holds(at(10)).await.unwrap(), [event("sail")]);
    assert_eq!(store.events_with_lapsed_holds(at(11)).await.unwrap(), [event("row"), event("sail")]);
    let mut tx = begin(&*store, &["sail"]).await;
    assert_eq!(places(&tx.lapsed_holds(&event("sail"), at(10)).await.unwrap()), [2, 3]);
    assert_eq!(tx.lapsed_holds(&event("sail"), at(8)).await.unwrap(), []);
}

/// Unconfirmed registrations whose mails stand differently.
async fn held_with_mails(store: &dyn Store) {
    let booked =
        |place| Registration { booking: Some(BookingId::from_bytes([7; 16])), ..registration(place, Held) };
    let rows = [
        registration(1, Held),
        registration(2, Held),
        registration(3, Held),
        registration(4, HeldForWaitlist),
        registration(5, Held),
        booked(6),
        elsewhere("row", booked(7)),
        registration(8, Held),
    ];
    add(store, &rows).await;
    let to = |place: usize, kind| {
        let due = i64::try_from(place).unwrap();
        mail(due, &rows[place - 1], kind, at(due))
    };
    let mails = [
        to(1, ConfirmSeat),
        to(2, ConfirmSeat),
        to(3, ConfirmSeat),
        to(4, ConfirmWaitlist),
        to(5, AlreadyRegistered),
        to(7, ConfirmSeat),
    ];
    enqueue(store, &mails).await;
    let ends =
        [Settlement::Sent, Settlement::Failed { why: why() }, Settlement::Retry { at: at(99), why: why() }];
    for (mail, end) in mails.iter().zip(ends) {
        assert_eq!(claim(store, at(9)).await.unwrap().mail.id, mail.id);
        settle(store, &mail.id, &end, at(9)).await;
    }
    assert_eq!(claim(store, at(9)).await.unwrap().mail.id, mails[3].id, "and on its way it is");
}

pub async fn knows_for_whom_a_mail_to_confirm_is_owed(store: Arc<dyn Store>) {
    held_with_mails(&*store).await;
    let ids: Vec<_> = (1..=9).map(|number| registration(number, Held).id).collect();
    // To be tried again, being sent, and one for two of a booking.
    let owed = BTreeSet::from([3, 4, 6, 7].map(|number| registration(number, Held).id));
    let assert_owed = |found: Vec<RegistrationId>| {
        assert_eq!(found.len(), owed.len(), "{found:?}");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), owed);
    };
    assert_owed(store.owing_confirmation(&ids).await.unwrap());
    let mut tx = begin(&*store, &["sail"]).await;
    assert_owed(tx.owing_confirmation(&ids).await.unwrap());
    assert_eq!(tx.owing_confirmation(&ids[..2]).await.unwrap(), []);
    assert_eq!(tx.owing_confirmation(&[]).await.unwrap(), []);
    tx.enqueue(&[mail(9, &registration(1, Held), ConfirmSeat, at(9))]).await.unwrap();
    assert_eq!(tx.owing_confirmation(&ids[..2]).await.unwrap(), ids[..1], "what it owes itself too");
}
