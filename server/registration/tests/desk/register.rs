//! Registering: what it takes, what it answers, what it mails.

use jiff::SignedDuration;
use regatta_domain::event::{EventStatus, RegistrationWindow};
use regatta_domain::ports::Clock;
use regatta_domain::registration::RegistrationState;
use regatta_mail::Matter;
use regatta_registration::{Answer, RegisterError};
use regatta_store::outbox::MailKind;

use crate::harbour::{BASE_URL, Harbour, address, beginning};

const SEAT: Answer = Answer::SeatHeld { hold_minutes: 30 };

#[tokio::test]
async fn a_free_seat_is_held_and_the_owner_is_asked() {
    let harbour = Harbour::with_seats(2).await;
    assert_eq!(harbour.register("ada").await.unwrap(), SEAT);
    assert_eq!(harbour.seats().await, (1, 0));
    let mail = harbour.only_mail().await;
    assert_eq!((mail.kind(), mail.to()), (MailKind::ConfirmSeat, "ada@example.org"));
    let Matter::ConfirmSeat(confirmation) = mail.matter() else { panic!("{mail:?}") };
    assert_eq!(confirmation.held_until, beginning() + SignedDuration::from_mins(30));
    assert!(confirmation.url.starts_with(&format!("{BASE_URL}/registrations/confirm/")));
    let stored = harbour.registration(mail.registration()).await;
    assert_eq!((stored.state, stored.place), (RegistrationState::Held, 1));
}

#[tokio::test]
async fn when_all_seats_are_taken_a_place_in_line_is_kept() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    assert_eq!(harbour.register("bob").await.unwrap(), Answer::OnWaitlist);
    assert_eq!(harbour.seats().await, (1, 1));
    assert_eq!(harbour.only_mail().await.kind(), MailKind::ConfirmWaitlist);
}

#[tokio::test]
async fn without_a_waitlist_full_is_full() {
    let harbour = Harbour::with_seats(1).await;
    harbour.edit_policy(|policy| policy.waitlist = false);
    harbour.join("ada").await;
    assert!(matches!(harbour.register("bob").await, Err(RegisterError::Full)));
    assert_eq!(harbour.seats().await, (1, 0));
    assert!(harbour.collect().await.is_empty());
}

/// What the visitor reads must not tell whether somebody is registered.
#[tokio::test]
async fn a_known_address_reads_what_an_unknown_one_reads() {
    for waitlist in [true, false] {
        for capacity in 1..=3 {
            let harbour = Harbour::with_seats(capacity).await;
            harbour.edit_policy(|policy| policy.waitlist = waitlist);
            harbour.join("ada").await;
            harbour.register("bob").await.ok();
            let known_and_confirmed = format!("{:?}", harbour.register("ADA").await);
            let known_and_unconfirmed = format!("{:?}", harbour.register("Bob").await);
            let unknown = format!("{:?}", harbour.register("eve").await);
            assert_eq!(known_and_confirmed, unknown, "{capacity} seats");
            assert_eq!(known_and_unconfirmed, unknown, "{capacity} seats");
        }
    }
}

#[tokio::test]
async fn a_repeat_takes_no_seat_and_tells_the_owner_where_they_stand() {
    let harbour = Harbour::with_seats(3).await;
    let manage = harbour.join("ada").await;
    harbour.register("ADA").await.unwrap();
    assert_eq!(harbour.seats().await, (1, 0));
    let mail = harbour.only_mail().await;
    assert_eq!((mail.kind(), mail.to()), (MailKind::AlreadyRegistered, "ada@example.org"));
    assert!(matches!(mail.matter(), Matter::AlreadyRegistered { .. }));
    assert_eq!(mail.token(), manage);
}

#[tokio::test]
async fn a_repeat_before_confirming_brings_the_link_again() {
    let harbour = Harbour::with_seats(3).await;
    let first = harbour.register_and_read("ada").await;
    harbour.register("ada").await.unwrap();
    let mail = harbour.only_mail().await;
    assert!(matches!(mail.matter(), Matter::StillUnconfirmed(_)));
    assert_eq!(mail.token(), first);
    assert_eq!(harbour.seats().await, (1, 0));
}

#[tokio::test]
async fn repeats_do_not_fill_a_mailbox() {
    let harbour = Harbour::with_seats(3).await;
    harbour.join("ada").await;
    let mut mails = 0;
    for _ in 0..60 {
        harbour.register("ada").await.unwrap();
        harbour.clock.advance(SignedDuration::from_secs(10));
        mails += harbour.collect().await.len();
    }
    assert_eq!(mails, 2, "one in five minutes, for ten minutes");
}

#[tokio::test]
async fn who_cancelled_or_came_too_late_may_register_again_at_the_end_of_the_line() {
    let harbour = Harbour::with_seats(2).await;
    let manage = harbour.join("ada").await;
    harbour.desk.cancel(&manage).await.unwrap();
    harbour.collect().await;
    harbour.register_and_read("bob").await;
    harbour.clock.minutes(30);
    assert_eq!(harbour.register("bob").await.unwrap(), SEAT);
    assert_eq!(harbour.register("ada").await.unwrap(), SEAT);
    let places = harbour.collect().await;
    for (mail, place) in places.iter().zip([3, 4]) {
        assert_eq!(harbour.registration(mail.registration()).await.place, place);
    }
}

#[tokio::test]
async fn outside_its_window_nobody_is_registered() {
    let harbour = Harbour::with_seats(2).await;
    let now = harbour.clock.now();
    let later = now + SignedDuration::from_hours(1);
    let event = &harbour.event;
    let refused = async |expected: RegistrationWindow| match harbour.register("ada").await {
        Err(RegisterError::NotOpen(window)) => assert_eq!(window, expected),
        other => panic!("{other:?}"),
    };
    harbour.edit_policy(|policy| policy.opens = Some(later));
    refused(RegistrationWindow::NotYet(later)).await;
    harbour.edit_policy(|policy| (policy.opens, policy.closes) = (None, Some(now)));
    refused(RegistrationWindow::Closed).await;
    harbour.edit_policy(|policy| policy.closes = None);
    harbour.programme.edit(event, |event| event.status = EventStatus::Cancelled);
    refused(RegistrationWindow::Cancelled).await;
    harbour.programme.edit(event, |event| event.status = EventStatus::Published);
    harbour.clock.advance(SignedDuration::from_hours(7 * 24));
    refused(RegistrationWindow::Past).await;
    harbour.programme.edit(event, |event| event.registration = None);
    refused(RegistrationWindow::None).await;
    harbour.programme.lose(event);
    assert!(matches!(harbour.register("ada").await, Err(RegisterError::UnknownEvent)));
    assert_eq!(harbour.seats().await, (0, 0));
    assert_eq!(harbour.store.next_due().await.unwrap(), None);
}

#[tokio::test]
async fn the_mail_room_hears_the_bell() {
    let harbour = Harbour::with_seats(1).await;
    let bell = harbour.desk.bell();
    harbour.register("ada").await.unwrap();
    bell.notified().await;
    assert_eq!(harbour.only_mail().await.to(), address("ada"));
}
