//! What is relied on when people are erased: nothing of them is left, and everything still counts.

use std::sync::Arc;

use regatta_domain::feedback::{Feedback, Rating};
use regatta_domain::history::{Actor, Happening, HistoryEntry};
use regatta_domain::ids::{BookingId, RegistrationId};
use regatta_domain::registration::Registration;
use regatta_domain::registration::RegistrationState::{Cancelled, Confirmed, Held, Waitlisted};
use regatta_store::desk::{Erased, RegistrationFilter};
use regatta_store::outbox::{MailFilter, MailKind, Settlement};
use regatta_store::{Store, StoreError};

use crate::fixtures::{
    add, at, begin, claim, elsewhere, enqueue, event, mail, mail_id, registration, settle, why,
};

fn due(number: i64, seconds: i64) -> Registration {
    Registration { purge_at: at(seconds), ..registration(number, Cancelled) }
}

async fn due_at(store: &dyn Store, seconds: i64, limit: u32) -> Vec<RegistrationId> {
    store.due_for_purge(at(seconds), limit).await.unwrap()
}

pub async fn data_is_due_for_purge_at_its_moment(store: Arc<dyn Store>) {
    let rows = [due(1, 30), due(2, 10), elsewhere("row", due(3, 20)), due(4, 40)];
    add(&*store, &rows).await;
    let [third, first, second, _] = rows.map(|one| one.id);
    assert_eq!(due_at(&*store, 9, 9).await, []);
    assert_eq!(due_at(&*store, 30, 9).await, [first.clone(), second.clone(), third], "longest due first");
    assert_eq!(due_at(&*store, 30, 2).await, [first, second]);
}

/// Whoever asked to be erased still gets the mail that says that they cancelled.
pub async fn owed_mail_comes_before_the_purge(store: Arc<dyn Store>) {
    let one = due(1, 10);
    add(&*store, std::slice::from_ref(&one)).await;
    enqueue(&*store, &[mail(1, &one, MailKind::Cancelled, at(0))]).await;
    assert_eq!(due_at(&*store, 99, 9).await, [], "queued");
    claim(&*store, at(1)).await.unwrap();
    assert_eq!(due_at(&*store, 99, 9).await, [], "being sent");
    settle(&*store, &mail_id(1), &Settlement::Retry { at: at(3), why: why() }, at(2)).await;
    assert_eq!(due_at(&*store, 99, 9).await, [], "to be sent again");
    claim(&*store, at(3)).await.unwrap();
    settle(&*store, &mail_id(1), &Settlement::Sent, at(4)).await;
    assert_eq!(due_at(&*store, 99, 9).await, [one.id]);
}

fn feedback(of: &Registration) -> Feedback {
    Feedback {
        registration: of.id.clone(),
        event: of.event.clone(),
        rating: Rating::new(4).unwrap(),
        comment: "I am Ada, and it was fun.".into(),
        given_at: at(5),
    }
}

/// Two who registered, with history, feedback, and one settled and one owed mail each.
async fn two_with_traces(store: &dyn Store) -> [Registration; 2] {
    let booking = Some(BookingId::from_bytes([1; 16]));
    let both = [1, 2].map(|number| Registration {
        booking: booking.clone(),
        party: 3,
        ..registration(number, Confirmed)
    });
    add(store, &both).await;
    for (number, one) in (1..).zip(&both) {
        let entry = HistoryEntry {
            registration: one.id.clone(),
            at: at(0),
            actor: Actor::Owner,
            what: Happening::Registered(Held),
        };
        let mut tx = begin(store, &["sail"]).await;
        tx.note(&[entry]).await.unwrap();
        let mails = [
            mail(number, one, MailKind::Confirmed, at(0)),
            mail(number + 10, one, MailKind::DayBefore, at(900)),
        ];
        tx.enqueue(&mails).await.unwrap();
        tx.commit().await.unwrap();
        store.give_feedback(&feedback(one)).await.unwrap();
        claim(store, at(1)).await.unwrap();
        let end = Settlement::Failed { why: format!("550 {} unknown", one.email) };
        settle(store, &mail_id(number), &end, at(2)).await;
    }
    both
}

pub async fn erasing_leaves_only_what_counts(store: Arc<dyn Store>) {
    let [gone, kept] = two_with_traces(&*store).await;
    let erased = store.erase(std::slice::from_ref(&gone.id), at(9)).await.unwrap();
    assert_eq!(erased, Erased { registrations: 1, mails: 1 });
    assert_eq!(store.registration(&gone.id).await.unwrap(), None);
    assert_eq!(store.by_address(&gone.email.normalized()).await.unwrap(), []);
    assert_eq!(store.history(&gone.id).await.unwrap(), []);
    assert_eq!(store.booking(gone.booking.as_ref().unwrap()).await.unwrap(), std::slice::from_ref(&kept));
    let everybody = RegistrationFilter { limit: 9, ..RegistrationFilter::default() };
    assert_eq!(store.list(&everybody).await.unwrap(), std::slice::from_ref(&kept));
    assert_eq!(due_at(&*store, 99_000_000, 9).await, [], "the other one is owed a mail");
    let said = store.feedback(&gone.id).await.unwrap().unwrap();
    assert_eq!(said, Feedback { comment: String::new(), ..feedback(&gone) }, "the rating counts");
    let sent = store.mail(&mail_id(1)).await.unwrap().unwrap();
    assert_eq!((sent.recipient, sent.why), (None, None), "a server's words may name the address");
    assert!(store.mail(&mail_id(11)).await.unwrap().unwrap().recipient.is_some(), "it is owed");
    assert_eq!(store.seats(&event("sail")).await.unwrap().in_person.taken, 6);
    let mut tx = begin(&*store, &["sail"]).await;
    let standing = tx.standing_in(&event("sail"), &[Confirmed]).await.unwrap();
    assert_eq!(standing, std::slice::from_ref(&kept));
    assert_eq!(tx.registration(&gone.id).await.unwrap(), None);
}

pub async fn erasing_one_touches_nobody_else(store: Arc<dyn Store>) {
    let [gone, kept] = two_with_traces(&*store).await;
    store.erase(&[gone.id], at(9)).await.unwrap();
    assert_eq!(store.registration(&kept.id).await.unwrap().as_ref(), Some(&kept));
    assert_eq!(store.history(&kept.id).await.unwrap().len(), 1);
    assert_eq!(store.feedback(&kept.id).await.unwrap(), Some(feedback(&kept)));
    let theirs = MailFilter { registration: Some(kept.id), limit: 9, ..MailFilter::default() };
    let mails = store.mails(&theirs).await.unwrap();
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| mail.recipient.is_some()));
}

pub async fn what_is_erased_stays_so(store: Arc<dyn Store>) {
    let one = due(1, 10);
    add(&*store, std::slice::from_ref(&one)).await;
    assert_eq!(due_at(&*store, 10, 9).await, std::slice::from_ref(&one.id));
    store.erase(std::slice::from_ref(&one.id), at(10)).await.unwrap();
    assert_eq!(due_at(&*store, 99_000_000, 9).await, []);
    assert_eq!(store.erase(std::slice::from_ref(&one.id), at(11)).await.unwrap(), Erased::default());
    assert_eq!(store.erase(&[], at(11)).await.unwrap(), Erased::default());
    let mut tx = begin(&*store, &["sail"]).await;
    let refused = tx.save(&one, &one.clone()).await;
    assert!(matches!(refused, Err(StoreError::Stale(_))), "nobody writes it back: {refused:?}");
    drop(tx);
    let mut tx = begin(&*store, &["sail"]).await;
    tx.raise_sequences(std::slice::from_ref(&one.id), at(12)).await.unwrap();
    tx.set_purge_at(&one.event, at(99)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.registration(&one.id).await.unwrap(), None);
}

/// Also where they were erased with a seat of theirs: an event of long ago.
pub async fn who_was_erased_can_come_again(store: Arc<dyn Store>) {
    let old = [registration(1, Confirmed), registration(2, Waitlisted), registration(3, Held)];
    add(&*store, &old).await;
    let ids: Vec<_> = old.iter().map(|one| one.id.clone()).collect();
    assert_eq!(store.erase(&ids, at(9)).await.unwrap().registrations, 3);
    assert_eq!(store.events_with_waiting().await.unwrap(), []);
    assert_eq!(store.events_with_lapsed_holds(at(99_000)).await.unwrap(), []);
    assert_eq!(store.waitlist_position(&old[1].id).await.unwrap(), None);
    let again = Registration { email: old[0].email.clone(), ..registration(4, Waitlisted) };
    add(&*store, std::slice::from_ref(&again)).await;
    assert_eq!(store.waitlist_position(&again.id).await.unwrap(), Some(1));
    let mut tx = begin(&*store, &["sail"]).await;
    let live = tx.live_by_addresses(&event("sail"), &[again.email.normalized()]).await.unwrap();
    assert_eq!(live, [again]);
    assert_eq!(tx.lapsed_holds(&event("sail"), at(99_000)).await.unwrap(), []);
    assert_eq!(store.seats(&event("sail")).await.unwrap().in_person.taken, 2, "seats that were taken");
}
