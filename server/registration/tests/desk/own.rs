//! What owners do by their links.

use jiff::SignedDuration;
use regatta_domain::event::EventStatus;
use regatta_domain::history::{Actor, Happening};
use regatta_domain::registration::Registration;
use regatta_domain::registration::RegistrationState::{
    self, AwaitingApproval, Cancelled, Confirmed, Expired, Held, HeldForWaitlist, Waitlisted,
};
use regatta_mail::Matter;
use regatta_registration::LinkError;
use regatta_store::outbox::MailKind;

use crate::harbour::{Engine, Harbour, Posted, last_part};

async fn state(harbour: &Harbour, token: &str) -> RegistrationState {
    harbour.desk.look(token).await.unwrap().registration.state
}

#[tokio::test]
async fn looking_changes_nothing() {
    let harbour = Harbour::with_seats(1).await;
    let confirm = harbour.register_and_read("ada").await;
    for _ in 0..3 {
        let view = harbour.desk.look(&confirm).await.unwrap();
        assert_eq!((view.registration.state, view.registration.version), (Held, 1));
        assert_eq!(view.event.unwrap().title, "A meetup");
    }
    assert!(harbour.collect().await.is_empty());
}

/// Programs that look through mail open every link in it, often before their owner does.
#[tokio::test]
async fn a_scanner_that_opens_every_link_takes_and_gives_nothing() {
    let harbour = Harbour::with_seats(1).await;
    let confirm = harbour.register_and_read("ada").await;
    harbour.desk.look(&confirm).await.unwrap();
    assert_eq!(state(&harbour, &confirm).await, Held, "not confirmed by being looked at");
    let manage = last_part(&harbour.desk.confirm(&confirm).await.unwrap().manage_path);
    let before = harbour.registration_of("ada").await;
    harbour.desk.look(&manage).await.unwrap();
    harbour.desk.export(&manage).await.unwrap();
    assert_eq!(harbour.registration_of("ada").await, before, "nor cancelled");
    assert!(matches!(harbour.desk.cancel(&confirm).await, Err(LinkError::Invalid)), "by this link never");
    assert!(matches!(harbour.desk.confirm(&manage).await, Err(LinkError::Invalid)));
}

#[tokio::test]
async fn the_owner_sees_what_happened() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    let bob = harbour.join("bob").await;
    harbour.clock.minutes(5);
    harbour.desk.cancel(&bob).await.unwrap();
    let history = harbour.desk.look(&bob).await.unwrap().history;
    let told: Vec<_> = history.iter().map(|entry| (&entry.actor, &entry.what)).collect();
    let expected = [
        (&Actor::Owner, &Happening::Registered(HeldForWaitlist)),
        (&Actor::Owner, &Happening::Moved { from: HeldForWaitlist, to: Waitlisted }),
        (&Actor::Owner, &Happening::Moved { from: Waitlisted, to: Cancelled }),
    ];
    assert_eq!(told, expected);
    assert_eq!(history[2].at, harbour.now());
}

#[tokio::test]
async fn confirming_gives_the_seat_once_and_says_so_once() {
    let harbour = Harbour::with_seats(1).await;
    let confirm = harbour.register_and_read("ada").await;
    for _ in 0..3 {
        let view = harbour.desk.confirm(&confirm).await.unwrap();
        assert_eq!((view.registration.state, view.waitlist_position), (Confirmed, None));
    }
    assert_eq!(harbour.only_mail().await.kind(), MailKind::Confirmed);
    assert_eq!(harbour.seats().await, (1, 0));
}

#[tokio::test]
async fn a_confirmed_seat_outlives_its_hold() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.clock.minutes(31);
    harbour.desk.sweep().await.unwrap();
    assert_eq!(harbour.seats().await, (1, 0));
}

#[tokio::test]
async fn confirming_too_late_says_so_and_gives_nothing() {
    for swept in [false, true] {
        let harbour = Harbour::with_seats(1).await;
        let confirm = harbour.register_and_read("ada").await;
        harbour.clock.minutes(30);
        if swept {
            harbour.desk.sweep().await.unwrap();
        }
        assert_eq!(state(&harbour, &confirm).await, Expired, "also before anybody swept");
        let Err(LinkError::HoldOver(view)) = harbour.desk.confirm(&confirm).await else { panic!() };
        assert_eq!(view.registration.state, Expired);
        assert_eq!(view.event.unwrap().slug.as_str(), "meetup", "so that one may register again");
        assert_eq!(harbour.seats().await, (0, 0));
        assert!(harbour.collect().await.is_empty());
        assert_eq!(harbour.registration(&view.registration.id).await.state, Expired);
    }
}

#[tokio::test]
async fn cancelling_frees_the_seat_once_and_says_so_once() {
    let harbour = Harbour::with_seats(1).await;
    let manage = harbour.join("ada").await;
    for _ in 0..3 {
        let view = harbour.desk.cancel(&manage).await.unwrap();
        assert_eq!((view.registration.state, view.registration.sequence), (Cancelled, 1));
    }
    let mail = harbour.only_mail().await;
    assert_eq!(mail.kind(), MailKind::Cancelled);
    assert_eq!(mail.registration_letter().registration.sequence, 1, "the calendar entry goes");
    assert_eq!(harbour.seats().await, (0, 0));
}

#[tokio::test]
async fn an_unconfirmed_registration_is_cancelled_without_a_mail() {
    let harbour = Harbour::with_seats(1).await;
    let confirm = harbour.register_and_read("ada").await;
    let manage = last_part(&harbour.desk.look(&confirm).await.unwrap().manage_path);
    let view = harbour.desk.cancel(&manage).await.unwrap();
    assert_eq!((view.registration.state, view.registration.sequence), (Cancelled, 0));
    assert!(harbour.collect().await.is_empty());
    let Err(LinkError::Cancelled(view)) = harbour.desk.confirm(&confirm).await else { panic!() };
    assert_eq!(view.registration.state, Cancelled);
    assert_eq!(harbour.seats().await, (0, 0));
}

#[tokio::test]
async fn a_link_serves_its_purpose_only() {
    let harbour = Harbour::with_seats(1).await;
    let confirm = harbour.register_and_read("ada").await;
    assert!(matches!(harbour.desk.cancel(&confirm).await, Err(LinkError::Invalid)));
    let manage = last_part(&harbour.desk.look(&confirm).await.unwrap().manage_path);
    assert!(matches!(harbour.desk.confirm(&manage).await, Err(LinkError::Invalid)));
    assert_eq!(state(&harbour, &manage).await, Held);
    for forged in ["", "x", &confirm[1..], &format!("{confirm}A")] {
        assert!(matches!(harbour.desk.look(forged).await, Err(LinkError::Invalid)));
        assert!(matches!(harbour.desk.confirm(forged).await, Err(LinkError::Invalid)));
        assert!(matches!(harbour.desk.cancel(forged).await, Err(LinkError::Invalid)));
    }
}

#[tokio::test]
async fn a_raised_generation_revokes_all_links() {
    let harbour = Harbour::with_seats(1).await;
    let manage = harbour.join("ada").await;
    let before = harbour.registration_of("ada").await;
    let raised = Registration { generation: before.generation + 1, ..before.clone() };
    let mut tx = harbour.store.begin(std::slice::from_ref(&harbour.event)).await.unwrap();
    tx.save(&before, &raised).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(harbour.desk.look(&manage).await, Err(LinkError::Revoked)));
    assert!(matches!(harbour.desk.cancel(&manage).await, Err(LinkError::Revoked)));
    assert_eq!(harbour.seats().await, (1, 0));
}

#[tokio::test]
async fn links_end_some_time_after_the_event() {
    let harbour = Harbour::with_seats(1).await;
    let manage = harbour.join("ada").await;
    harbour.clock.advance(SignedDuration::from_hours(24 * 90));
    assert_eq!(state(&harbour, &manage).await, Confirmed);
    harbour.clock.advance(SignedDuration::from_hours(24 * 8));
    assert!(matches!(harbour.desk.look(&manage).await, Err(LinkError::Expired)));
    assert!(matches!(harbour.desk.cancel(&manage).await, Err(LinkError::Expired)));
}

#[tokio::test]
async fn links_of_another_database_lead_nowhere() {
    let harbour = Harbour::with_seats(1).await;
    let confirm = harbour.register_and_read("ada").await;
    let other = Harbour::with_seats(1).await;
    assert!(matches!(other.desk.look(&confirm).await, Err(LinkError::Gone)));
    assert!(matches!(other.desk.confirm(&confirm).await, Err(LinkError::Gone)));
}

#[tokio::test]
async fn no_seat_is_confirmed_at_an_event_that_is_over_or_off() {
    let harbour = Harbour::with_seats(1).await;
    let event = &harbour.event;
    harbour.edit_policy(|policy| policy.hold_minutes = 30 * 24 * 60);
    let confirm = harbour.register_and_read("ada").await;
    harbour.programme.edit(event, |event| event.status = EventStatus::Cancelled);
    assert!(matches!(harbour.desk.confirm(&confirm).await, Err(LinkError::EventOver(_))));
    harbour.programme.edit(event, |event| event.status = EventStatus::Published);
    harbour.clock.advance(SignedDuration::from_hours(7 * 24));
    assert!(matches!(harbour.desk.confirm(&confirm).await, Err(LinkError::EventOver(_))));
    assert_eq!(state(&harbour, &confirm).await, Held);
    assert!(harbour.collect().await.is_empty());
}

on_each_engine!(what_cannot_be_decided_waits_for_the_file, a_lost_event_file_stops_nobody_who_goes);

/// Whether organizers decide on each registration is in the file alone: without it nobody gets past them, and nobody
/// loses the seat that is held.
async fn what_cannot_be_decided_waits_for_the_file(engine: Engine) {
    for (approval, decided) in [(true, AwaitingApproval), (false, Confirmed)] {
        let harbour = Harbour::on(engine, 1).await;
        harbour.edit_policy(|policy| policy.approval = approval);
        let confirm = harbour.register_and_read("ada").await;
        let event = harbour.programme.event_now(&harbour.event);
        harbour.programme.lose(&harbour.event);
        harbour.clock.minutes(29);
        for _ in 0..2 {
            let Err(LinkError::EventUnreadable(view)) = harbour.desk.confirm(&confirm).await else {
                panic!()
            };
            assert_eq!(view.registration.state, Held);
            // Longer than the hold that was promised.
            harbour.clock.minutes(60);
            harbour.desk.sweep().await.unwrap();
        }
        assert_eq!(harbour.seats().await, (1, 0), "the seat is kept");
        assert!(harbour.collect().await.is_empty(), "nothing is said before it is decided");
        harbour.programme.declare(event);
        assert_eq!(harbour.desk.confirm(&confirm).await.unwrap().registration.state, decided);
        assert_eq!(harbour.collect().await.len(), 1);
    }
}

/// A missing or broken file is no cancellation: whoever has a link can go on.
async fn a_lost_event_file_stops_nobody_who_goes(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    let ada = harbour.join("ada").await;
    let bob = harbour.register_and_read("bob").await;
    let event = harbour.programme.event_now(&harbour.event);
    harbour.programme.lose(&harbour.event);
    let view = harbour.desk.confirm(&bob).await.unwrap();
    assert_eq!(view.registration.state, Waitlisted, "that is so whoever decides");
    assert!(view.event.is_none());
    let view = harbour.desk.cancel(&ada).await.unwrap();
    assert_eq!(view.registration.state, Cancelled);
    harbour.programme.declare(event);
    let said = harbour.collect().await;
    let said: Vec<_> = said.iter().filter(|mail| mail.letter.is_some()).map(Posted::matter).collect();
    assert!(matches!(said[..], [Matter::Waitlisted { .. }, Matter::Cancelled]), "{said:?}");
}
