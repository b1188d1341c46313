//! What organizers decide, and what is kept of it.

use regatta_domain::event::{EventOverride, EventStatus, ForcedWindow, RegistrationWindow};
use regatta_domain::history::{Actor, Happening};
use regatta_domain::ids::RegistrationId;
use regatta_domain::registration::RegistrationState::{
    self, Attended, AwaitingApproval, Cancelled, Confirmed, Declined, HeldForWaitlist, Waitlisted,
};
use regatta_domain::seats::Attendance::{InPerson, Online};
use regatta_mail::Matter;
use regatta_registration::{LinkError, OrganizerError, RegisterError, Swept, TicketSigner};
use regatta_store::outbox::MailKind;

use crate::harbour::{Harbour, SECRET, address, meetup, organizer, party_of};

async fn state(harbour: &Harbour, who: &str) -> RegistrationState {
    harbour.registration_of(who).await.state
}

async fn id(harbour: &Harbour, who: &str) -> RegistrationId {
    harbour.registration_of(who).await.id
}

/// So many seats, on each of which the organizers decide.
async fn with_approval(seats: u32) -> Harbour {
    let harbour = Harbour::with_seats(seats).await;
    harbour.edit_policy(|policy| policy.approval = true);
    harbour
}

#[tokio::test]
async fn who_awaits_a_decision_keeps_a_seat_and_gets_it_by_approval() {
    let harbour = with_approval(1).await;
    let confirm = harbour.register_and_read("ada").await;
    let view = harbour.desk.confirm(&confirm).await.unwrap();
    assert_eq!((view.registration.state, view.registration.seated_at), (AwaitingApproval, None));
    assert_eq!(harbour.only_mail().await.kind(), MailKind::AwaitingApproval);
    assert_eq!(harbour.seats().await, (1, 0));
    harbour.clock.minutes(60);
    let done = harbour.desk.approve(&view.registration.id, &organizer("a speaker")).await.unwrap();
    assert_eq!((done.registration.state, done.already), (Confirmed, false));
    assert_eq!(
        done.registration.seated_at,
        Some(crate::harbour::beginning() + jiff::SignedDuration::from_mins(60))
    );
    assert!(harbour.desk.approve(&view.registration.id, &organizer("")).await.unwrap().already);
    assert_eq!(harbour.only_mail().await.kind(), MailKind::Approved, "said once");
    let log = harbour.store.audit_log(Some(view.registration.id.as_str()), 10).await.unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!(
        (log[0].actor.as_str(), log[0].action.as_str(), log[0].reason.as_str()),
        ("olga", "approve", "a speaker")
    );
    assert_eq!(log[0].detail, "awaiting_approval -> confirmed");
    let last = harbour.store.history(&view.registration.id).await.unwrap().pop().unwrap();
    assert_eq!(last.actor, Actor::Organizer("olga".into()));
    assert_eq!(last.what, Happening::Moved { from: AwaitingApproval, to: Confirmed });
}

#[tokio::test]
async fn a_declined_seat_goes_to_the_line_which_awaits_a_decision_in_turn() {
    let harbour = with_approval(1).await;
    harbour.join("ada").await;
    harbour.join("bob").await;
    assert_eq!(state(&harbour, "bob").await, Waitlisted);
    harbour.desk.decline(&id(&harbour, "ada").await, &organizer("we are too many")).await.unwrap();
    assert_eq!((state(&harbour, "ada").await, state(&harbour, "bob").await), (Declined, AwaitingApproval));
    let mails = harbour.collect().await;
    let declined = mails.iter().find(|mail| mail.kind() == MailKind::Declined).unwrap();
    let Matter::Declined { reason } = declined.matter() else { panic!("{declined:?}") };
    assert_eq!(reason.as_deref(), Some("we are too many"));
    let kinds: Vec<_> = mails.iter().map(|mail| (mail.kind(), mail.to())).collect();
    assert!(kinds.contains(&(MailKind::AwaitingApproval, "bob@example.org")), "{kinds:?}");
    assert_eq!(kinds.len(), 2);
}

#[tokio::test]
async fn who_was_declined_cannot_confirm_back_in() {
    let harbour = with_approval(1).await;
    let confirm = harbour.register_and_read("ada").await;
    harbour.desk.confirm(&confirm).await.unwrap();
    harbour.desk.decline(&id(&harbour, "ada").await, &organizer("")).await.unwrap();
    assert!(matches!(harbour.desk.confirm(&confirm).await, Err(LinkError::Declined(_))));
    assert_eq!(harbour.seats().await, (0, 0));
}

#[tokio::test]
async fn a_registration_taken_back_frees_its_seat_and_its_calendar() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.join("bob").await;
    let done = harbour.desk.cancel_for(&id(&harbour, "ada").await, &organizer("twice")).await.unwrap();
    assert_eq!((done.registration.state, done.registration.sequence), (Cancelled, 1));
    assert_eq!(state(&harbour, "bob").await, Confirmed);
    let expected = [(MailKind::Promoted, address("bob")), (MailKind::CancelledByOrganizer, address("ada"))];
    assert_eq!(harbour.kinds().await, expected);
}

#[tokio::test]
async fn an_unconfirmed_address_gets_no_word_of_what_organizers_do() {
    let harbour = Harbour::with_seats(1).await;
    harbour.register_and_read("ada").await;
    harbour.desk.cancel_for(&id(&harbour, "ada").await, &organizer("spam")).await.unwrap();
    assert_eq!(state(&harbour, "ada").await, Cancelled);
    assert!(harbour.collect().await.is_empty());
}

#[tokio::test]
async fn out_of_turn_takes_a_free_seat_or_says_that_there_is_none() {
    let harbour = Harbour::with_seats(3).await;
    harbour.edit_policy(|policy| policy.party_size = 2);
    harbour.join_with(party_of(2, "zed")).await;
    harbour.join_with(party_of(2, "ada")).await;
    harbour.join("bob").await;
    harbour.join("cyd").await;
    let bob = id(&harbour, "bob").await;
    let done = harbour.desk.seat_out_of_turn(&bob, false, &organizer("a speaker")).await.unwrap();
    assert_eq!(done.registration.state, Confirmed);
    assert_eq!(state(&harbour, "ada").await, Waitlisted);
    assert_eq!(harbour.only_mail().await.kind(), MailKind::Promoted);
    let history = harbour.store.history(&bob).await.unwrap();
    assert_eq!(history.last().unwrap().what, Happening::SeatedOutOfTurn);
    let cyd = id(&harbour, "cyd").await;
    let refused = harbour.desk.seat_out_of_turn(&cyd, false, &organizer("")).await;
    assert!(matches!(refused, Err(OrganizerError::Full { free: 0, needed: 1 })), "{refused:?}");
    harbour.desk.seat_out_of_turn(&cyd, true, &organizer("we add a chair")).await.unwrap();
    assert_eq!(harbour.seats().await, (4, 2), "one more than there are, by decision");
    let log = harbour.store.audit_log(Some(cyd.as_str()), 10).await.unwrap();
    assert_eq!((log.len(), log[0].reason.as_str()), (1, "we add a chair"));
}

#[tokio::test]
async fn nobody_unconfirmed_and_nobody_after_the_start_is_seated_out_of_turn() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("zed").await;
    harbour.register_and_read("ada").await;
    let ada = id(&harbour, "ada").await;
    let refused = harbour.desk.seat_out_of_turn(&ada, true, &organizer("")).await;
    assert!(matches!(refused, Err(OrganizerError::Refused(HeldForWaitlist))), "{refused:?}");
    harbour.clock.days(7);
    let refused = harbour.desk.seat_out_of_turn(&ada, true, &organizer("")).await;
    assert!(matches!(refused, Err(OrganizerError::EventOver)), "{refused:?}");
    let nobody = RegistrationId::from_bytes([9; 16]);
    let unknown = harbour.desk.approve(&nobody, &organizer("")).await;
    assert!(matches!(unknown, Err(OrganizerError::UnknownRegistration)), "{unknown:?}");
}

#[tokio::test]
async fn a_ticket_checks_in_once_and_can_be_taken_back() {
    let harbour = Harbour::with_seats(2).await;
    harbour.join("ada").await;
    let ticket = TicketSigner::new(&SECRET).ticket(&harbour.registration_of("ada").await);
    let first = harbour.desk.check_in_ticket(&ticket, &organizer("")).await.unwrap();
    assert_eq!((first.registration.state, first.already), (Attended, false));
    let second = harbour.desk.check_in_ticket(&ticket, &organizer("")).await.unwrap();
    assert!(second.already, "the door sees that it was shown before");
    let undone = harbour.desk.undo_check_in(&first.registration.id, &organizer("wrong one")).await.unwrap();
    assert_eq!((undone.registration.state, undone.registration.sequence), (Confirmed, 0));
    assert_eq!(harbour.seats().await, (1, 0));
    assert!(harbour.collect().await.is_empty(), "nobody is written to about the door");
    let log = harbour.store.audit_log(Some(first.registration.id.as_str()), 10).await.unwrap();
    let actions: Vec<_> = log.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["undo-check-in", "check-in"]);
}

#[tokio::test]
async fn a_ticket_without_a_seat_or_of_another_portal_opens_nothing() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    let registration = harbour.registration_of("ada").await;
    let ticket = TicketSigner::new(&SECRET).ticket(&registration);
    let forged = TicketSigner::new(&[2; 32]).ticket(&registration);
    let refused = harbour.desk.check_in_ticket(&forged, &organizer("")).await;
    assert!(matches!(refused, Err(OrganizerError::Ticket(_))), "{refused:?}");
    harbour.desk.cancel(&ada).await.unwrap();
    let refused = harbour.desk.check_in_ticket(&ticket, &organizer("")).await;
    assert!(matches!(refused, Err(OrganizerError::Refused(Cancelled))), "{refused:?}");
}

#[tokio::test]
async fn a_raised_capacity_promotes_at_once_and_a_lowered_one_throws_nobody_out() {
    let harbour = Harbour::with_seats(1).await;
    for who in ["ada", "bob", "cyd"] {
        harbour.join(who).await;
    }
    let event = &harbour.event;
    let decided = harbour.desk.set_capacity(event, InPerson, 2, &organizer("a larger room")).await.unwrap();
    assert_eq!(decided.swept, Swept { expired: 0, promoted: 1 });
    assert_eq!((state(&harbour, "bob").await, state(&harbour, "cyd").await), (Confirmed, Waitlisted));
    let decided = harbour.desk.set_capacity(event, InPerson, 0, &organizer("a flood")).await.unwrap();
    assert_eq!(decided.overrides, EventOverride { in_person: Some(0), ..EventOverride::default() });
    assert_eq!(harbour.seats().await, (2, 1));
    let shown = harbour.desk.as_decided(&harbour.programme.event_now(event)).await.unwrap();
    assert_eq!(shown.registration.unwrap().quotas.in_person, Some(0));
    harbour.desk.reset_overrides(event, &organizer("")).await.unwrap();
    let log = harbour.store.audit_log(Some(event.as_str()), 10).await.unwrap();
    let details: Vec<_> = log.iter().map(|entry| (entry.action.as_str(), entry.detail.as_str())).collect();
    let expected = [
        ("reset", "in_person=0 -> as in the file"),
        ("capacity", "in_person=2 -> in_person=0"),
        ("capacity", "as in the file -> in_person=2"),
    ];
    assert_eq!(details, expected);
}

#[tokio::test]
async fn only_seats_that_are_offered_are_counted_anew() {
    let harbour = Harbour::with_seats(1).await;
    let refused = harbour.desk.set_capacity(&harbour.event, Online, 5, &organizer("")).await;
    assert!(matches!(refused, Err(OrganizerError::NotOffered)), "{refused:?}");
    let nowhere = "nowhere".parse().unwrap();
    let refused = harbour.desk.set_capacity(&nowhere, InPerson, 5, &organizer("")).await;
    assert!(matches!(refused, Err(OrganizerError::UnknownEvent)), "{refused:?}");
    assert!(harbour.store.audit_log(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn registration_opens_and_closes_by_hand() {
    let harbour = Harbour::with_seats(5).await;
    let event = &harbour.event;
    harbour.desk.set_window(event, Some(ForcedWindow::Closed), &organizer("")).await.unwrap();
    let refused = harbour.register("ada").await;
    assert!(matches!(refused, Err(RegisterError::NotOpen(RegistrationWindow::Closed))), "{refused:?}");
    harbour.edit_policy(|policy| policy.closes = Some(crate::harbour::beginning()));
    harbour.desk.set_window(event, Some(ForcedWindow::Open), &organizer("")).await.unwrap();
    harbour.register("ada").await.unwrap();
    harbour.programme.edit(event, |event| event.status = EventStatus::Cancelled);
    let refused = harbour.register("bob").await;
    assert!(
        matches!(refused, Err(RegisterError::NotOpen(RegistrationWindow::Cancelled))),
        "no hand opens that"
    );
    harbour.programme.declare(meetup("meetup", 5));
    harbour.desk.set_window(event, None, &organizer("")).await.unwrap();
    harbour.register("bob").await.unwrap();
}
