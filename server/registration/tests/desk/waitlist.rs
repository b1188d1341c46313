//! The line: who moves up, when, and who never overtakes.

use std::time::Duration;

use jiff::SignedDuration;
use regatta_domain::event::EventStatus;
use regatta_domain::registration::RegistrationState::{Cancelled, Confirmed, HeldForWaitlist, Waitlisted};
use regatta_domain::seats::Quotas;
use regatta_mail::Matter;
use regatta_registration::{Answer, RegisterError, Swept};
use regatta_store::outbox::MailKind;
use tokio_util::sync::CancellationToken;

use crate::harbour::{Harbour, address};

#[tokio::test]
async fn a_seat_given_back_goes_to_the_first_in_line() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    let bob = harbour.join("bob").await;
    let eve = harbour.join("eve").await;
    assert_eq!(harbour.desk.look(&bob).await.unwrap().waitlist_position, Some(1));
    assert_eq!(harbour.desk.look(&eve).await.unwrap().waitlist_position, Some(2));
    harbour.desk.cancel(&ada).await.unwrap();
    let posted = harbour.collect().await;
    let mut said: Vec<_> = posted.iter().map(|mail| (mail.kind(), mail.to().to_owned())).collect();
    said.sort_by_key(|(_, to)| to.clone());
    assert_eq!(said, [(MailKind::Cancelled, address("ada")), (MailKind::Promoted, address("bob"))]);
    assert_eq!(harbour.desk.look(&bob).await.unwrap().registration.state, Confirmed);
    assert_eq!(harbour.desk.look(&eve).await.unwrap().waitlist_position, Some(1));
    assert_eq!(harbour.seats().await, (1, 1));
}

#[tokio::test]
async fn joining_the_line_says_the_position() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.join("bob").await;
    let confirm = harbour.register_and_read("eve").await;
    let view = harbour.desk.confirm(&confirm).await.unwrap();
    assert_eq!((view.registration.state, view.waitlist_position), (Waitlisted, Some(2)));
    let mail = harbour.only_mail().await;
    assert!(matches!(mail.matter(), Matter::Waitlisted { position: 2, .. }), "{mail:?}");
    harbour.desk.confirm(&confirm).await.unwrap();
    assert!(harbour.collect().await.is_empty(), "said once");
}

#[tokio::test]
async fn an_unconfirmed_place_is_passed_over_until_it_is_confirmed() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    let bob = harbour.register_and_read("bob").await;
    let eve = harbour.join("eve").await;
    harbour.desk.cancel(&ada).await.unwrap();
    assert_eq!(harbour.desk.look(&eve).await.unwrap().registration.state, Confirmed);
    assert_eq!(harbour.desk.look(&bob).await.unwrap().registration.state, HeldForWaitlist);
    harbour.desk.cancel(&eve).await.unwrap();
    harbour.collect().await;
    let view = harbour.desk.confirm(&bob).await.unwrap();
    assert_eq!(view.registration.state, Confirmed, "a seat was free at that moment");
    assert_eq!(harbour.only_mail().await.kind(), MailKind::Promoted, "and one mail says so");
}

#[tokio::test]
async fn no_newcomer_overtakes_an_unconfirmed_place() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    let bob = harbour.register_and_read("bob").await;
    harbour.desk.cancel(&ada).await.unwrap();
    harbour.collect().await;
    assert_eq!(harbour.seats().await, (0, 1), "the seat is free");
    assert_eq!(harbour.register("eve").await.unwrap(), Answer::OnWaitlist);
    assert_eq!(harbour.desk.confirm(&bob).await.unwrap().registration.state, Confirmed);
    assert_eq!(harbour.seats().await, (1, 1));
}

#[tokio::test]
async fn a_seat_that_nobody_waits_for_any_more_is_open_to_newcomers() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    harbour.register_and_read("bob").await;
    harbour.desk.cancel(&ada).await.unwrap();
    harbour.clock.minutes(30);
    assert!(matches!(harbour.register("eve").await.unwrap(), Answer::SeatHeld { .. }));
    assert_eq!(harbour.seats().await, (1, 0), "bob came too late");
}

#[tokio::test]
async fn more_free_seats_than_people_in_line_are_open_to_newcomers() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("zed").await;
    harbour.register("ada").await.unwrap();
    harbour.edit_policy(|policy| policy.quotas = Quotas::in_person(3));
    assert!(matches!(harbour.register("bob").await.unwrap(), Answer::SeatHeld { .. }));
    assert_eq!(harbour.register("cyd").await.unwrap(), Answer::OnWaitlist);
    assert_eq!(harbour.seats().await, (2, 2));
}

/// Without a waitlist nobody can join the line, but whoever stands in it is still served first.
#[tokio::test]
async fn a_waitlist_switched_off_keeps_its_promises() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    let bob = harbour.register_and_read("bob").await;
    harbour.edit_policy(|policy| policy.waitlist = false);
    harbour.desk.cancel(&ada).await.unwrap();
    assert!(matches!(harbour.register("eve").await, Err(RegisterError::Full)));
    assert_eq!(harbour.desk.confirm(&bob).await.unwrap().registration.state, Confirmed);
}

#[tokio::test]
async fn who_confirms_is_passed_over_by_nobody_behind_them() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("zed").await;
    let ada = harbour.register_and_read("ada").await;
    let bob = harbour.join("bob").await;
    harbour.edit_policy(|policy| policy.quotas = Quotas::in_person(2));
    assert_eq!(harbour.desk.confirm(&ada).await.unwrap().registration.state, Confirmed);
    assert_eq!(harbour.desk.look(&bob).await.unwrap().registration.state, Waitlisted);
}

#[tokio::test]
async fn a_lapsed_hold_promotes() {
    let harbour = Harbour::with_seats(1).await;
    harbour.register_and_read("ada").await;
    let bob = harbour.join("bob").await;
    assert_eq!(harbour.desk.sweep().await.unwrap(), Swept::default());
    harbour.clock.minutes(30);
    assert_eq!(harbour.desk.sweep().await.unwrap(), Swept { expired: 1, promoted: 1 });
    assert_eq!(harbour.desk.look(&bob).await.unwrap().registration.state, Confirmed);
    let mail = harbour.only_mail().await;
    assert_eq!((mail.kind(), mail.to()), (MailKind::Promoted, "bob@example.org"));
    assert_eq!(harbour.desk.sweep().await.unwrap(), Swept::default());
}

#[tokio::test]
async fn a_newcomer_does_not_overtake_the_line() {
    let harbour = Harbour::with_seats(1).await;
    harbour.register_and_read("ada").await;
    let bob = harbour.join("bob").await;
    harbour.clock.minutes(30);
    assert_eq!(harbour.register("eve").await.unwrap(), Answer::OnWaitlist, "before anybody swept");
    assert_eq!(harbour.desk.look(&bob).await.unwrap().registration.state, Confirmed);
    assert_eq!(harbour.seats().await, (1, 1));
}

#[tokio::test]
async fn more_seats_are_given_out_by_place() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    let mut line = Vec::new();
    for who in ["bob", "cyd", "dan"] {
        line.push(harbour.join(who).await);
    }
    harbour.edit_policy(|policy| policy.quotas = Quotas::in_person(3));
    assert_eq!(harbour.desk.sweep().await.unwrap(), Swept { expired: 0, promoted: 2 });
    let mut states = Vec::new();
    for token in &line {
        states.push(harbour.desk.look(token).await.unwrap().registration.state);
    }
    assert_eq!(states, [Confirmed, Confirmed, Waitlisted]);
}

#[tokio::test]
async fn fewer_seats_throw_nobody_out_and_promote_nobody() {
    let harbour = Harbour::with_seats(3).await;
    let ada = harbour.join("ada").await;
    for who in ["bob", "cyd", "dan"] {
        harbour.join(who).await;
    }
    harbour.edit_policy(|policy| policy.quotas = Quotas::in_person(1));
    harbour.desk.sweep().await.unwrap();
    assert_eq!(harbour.seats().await, (3, 1));
    harbour.desk.cancel(&ada).await.unwrap();
    assert_eq!(harbour.seats().await, (2, 1));
}

#[tokio::test]
async fn nobody_is_promoted_where_a_seat_is_of_no_use_or_its_number_unknown() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    let bob = harbour.join("bob").await;
    let event = harbour.programme.event_now(&harbour.event);
    harbour.programme.lose(&harbour.event);
    harbour.desk.cancel(&ada).await.unwrap();
    assert_eq!(harbour.desk.sweep().await.unwrap(), Swept::default(), "its file is missing");
    harbour.programme.declare(event);
    harbour.programme.edit(&harbour.event, |event| event.status = EventStatus::Cancelled);
    assert_eq!(harbour.desk.sweep().await.unwrap(), Swept::default(), "it does not take place");
    harbour.programme.edit(&harbour.event, |event| event.status = EventStatus::Published);
    harbour.clock.advance(SignedDuration::from_hours(7 * 24));
    assert_eq!(harbour.desk.sweep().await.unwrap(), Swept::default(), "it has begun");
    assert_eq!(harbour.desk.look(&bob).await.unwrap().registration.state, Waitlisted);
}

#[tokio::test]
async fn closed_registration_still_passes_seats_on() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    let bob = harbour.join("bob").await;
    harbour.clock.minutes(1);
    harbour.edit_policy(|policy| policy.closes = Some(crate::harbour::beginning()));
    harbour.desk.cancel(&ada).await.unwrap();
    assert_eq!(harbour.desk.look(&bob).await.unwrap().registration.state, Confirmed);
}

#[tokio::test]
async fn the_desk_is_swept_until_it_closes() {
    let harbour = Harbour::with_seats(1).await;
    harbour.register_and_read("ada").await;
    harbour.join("bob").await;
    harbour.clock.minutes(30);
    let (bell, stop) = (harbour.desk.bell(), CancellationToken::new());
    // The bell may still ring from the mails before.
    tokio::select! { biased; () = bell.notified() => {} () = std::future::ready(()) => {} }
    let sweeping = harbour.desk.keep_swept(Duration::from_millis(1), stop.clone());
    let closing = async {
        bell.notified().await;
        stop.cancel();
    };
    let both = async { tokio::join!(sweeping, closing) };
    tokio::time::timeout(Duration::from_secs(30), both).await.unwrap();
    assert_eq!(harbour.only_mail().await.kind(), MailKind::Promoted);
}

/// A seat that goes from hand to hand makes one promotion at each, and nobody who gave it up gets it again.
#[tokio::test]
async fn who_was_promoted_and_cancels_is_not_promoted_again() {
    let harbour = Harbour::with_seats(1).await;
    let mut line = Vec::new();
    for who in ["ada", "bob", "cyd"] {
        line.push(harbour.join(who).await);
    }
    for token in &line {
        harbour.desk.cancel(token).await.unwrap();
        harbour.desk.cancel(token).await.unwrap();
        harbour.desk.sweep().await.unwrap();
    }
    assert_eq!(harbour.seats().await, (0, 0));
    let promoted: Vec<_> =
        harbour.kinds().await.into_iter().filter(|(kind, _)| *kind == MailKind::Promoted).collect();
    assert_eq!(promoted, [(MailKind::Promoted, address("bob")), (MailKind::Promoted, address("cyd"))]);
    for who in ["ada", "bob", "cyd"] {
        assert_eq!(harbour.registration_of(who).await.state, Cancelled);
    }
}

/// Where the file was edited while the page was open, what holds at the desk counts, not what the page showed.
#[tokio::test]
async fn seats_are_counted_when_the_form_comes_back_not_when_the_page_was_read() {
    let harbour = Harbour::with_seats(1).await;
    assert_eq!(harbour.seats().await, (0, 0), "so the page says that a seat is free");
    harbour.join("ada").await;
    assert_eq!(harbour.register("bob").await.unwrap(), Answer::OnWaitlist);
}
