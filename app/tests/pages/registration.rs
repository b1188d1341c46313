//! What visitors read of a registration in each of its situations.

use std::sync::Arc;

use regatta_app::forms::{RegisterErrors, RegisterForm};
use regatta_app::pages::event::{EventView, event};
use regatta_app::pages::registered::{RegisteredPlace, RegisteredView, registered};
use regatta_app::pages::registration::{Purpose, RegistrationView, registration};
use regatta_domain::event::{Event, EventStatus, RegistrationPolicy};
use regatta_domain::registration::{RegistrationState, SeatCount};

use crate::sample;

fn page(meetup: Event, seats: SeatCount) -> String {
    let view = EventView {
        event: Arc::new(meetup),
        now: sample::now(),
        seats: Some(seats),
        form: RegisterForm::default(),
        errors: RegisterErrors::default(),
    };
    event(&sample::shell(), &view)
}

fn with_policy(change: impl FnOnce(&mut RegistrationPolicy)) -> Event {
    let mut meetup = sample::meetup();
    meetup.registration.as_mut().map(change).unwrap();
    meetup
}

const FREE: SeatCount = SeatCount { taken: 1, waiting: 0 };
const FULL: SeatCount = SeatCount { taken: 4, waiting: 2 };
/// A seat came free, and those who wait have not got it yet.
const AWAITED: SeatCount = SeatCount { taken: 3, waiting: 2 };

#[test]
fn an_open_meetup_tells_its_free_seats() {
    let html = page(sample::meetup(), FREE);
    assert!(html.contains("3 of 4 seats free."), "{html}");
    assert!(html.contains(r#"action="/events/harbour-evening/register#register""#), "{html}");
}

#[test]
fn a_full_meetup_tells_of_the_waitlist() {
    let html = page(sample::meetup(), FULL);
    assert!(html.contains("Full, 2 waiting."), "{html}");
    assert!(html.contains("Join the waitlist"), "{html}");
}

#[test]
fn a_seat_that_others_wait_for_is_not_offered() {
    let html = page(sample::meetup(), AWAITED);
    assert!(html.contains("Full: 2 wait for the next free seats."), "{html}");
    assert!(html.contains("Join the waitlist"), "{html}");
}

#[test]
fn a_sample_is_told_to_no_search_engine() {
    let sample = page(sample::meetup(), FREE);
    assert!(sample.contains("noindex") && !sample.contains("ld+json"), "{sample}");
    let real = page(Event { sample: false, ..sample::meetup() }, FREE);
    assert!(!real.contains("noindex") && real.contains("ld+json"), "{real}");
}

#[test]
fn a_full_meetup_without_waitlist_has_no_form() {
    let html = page(with_policy(|policy| policy.waitlist = false), FULL);
    assert!(html.contains("there is no waitlist"), "{html}");
    assert!(!html.contains("<form"), "{html}");
}

#[test]
fn a_meetup_that_takes_nobody_says_why() {
    let later = with_policy(|policy| policy.opens = Some("2026-12-01T08:00:00Z".parse().unwrap()));
    let closed = with_policy(|policy| policy.closes = Some(sample::now()));
    let cancelled = Event { status: EventStatus::Cancelled, ..sample::meetup() };
    for (meetup, words) in [
        (later, "Registration opens on 1 December 2026, 09:00 CET."),
        (closed, "Registration is closed."),
        (cancelled, "This meetup was cancelled, so"),
    ] {
        let html = page(meetup, FREE);
        assert!(html.contains(words), "{words} is missing: {html}");
        assert!(!html.contains("<form"), "{html}");
    }
}

#[test]
fn a_refused_form_keeps_what_was_typed() {
    let form = RegisterForm { name: String::new(), email: "ada at example".into() };
    let errors = form.parse().unwrap_err();
    let view =
        EventView { event: Arc::new(sample::meetup()), now: sample::now(), seats: Some(FREE), form, errors };
    let html = event(&sample::shell(), &view);
    assert!(html.contains(r#"value="ada at example""#), "{html}");
    assert!(html.contains("This does not look like an e-mail address."), "{html}");
    assert!(html.contains("Enter the name we should greet you by."), "{html}");
    assert!(html.contains(r##"href="#email""##), "{html}");
    assert!(html.contains("<title>Problem: Harbour evening · Regatta</title>"), "{html}");
    assert_eq!(html.matches(" autofocus").count(), 1, "{html}");
    let (_, first) = html.split_once(r#"id="name""#).unwrap();
    assert!(first.split_once('>').unwrap().0.contains("autofocus"), "{html}");
}

#[test]
fn a_refusal_is_told_where_the_form_is_gone() {
    let view = EventView {
        event: Arc::new(with_policy(|policy| policy.closes = Some(sample::now()))),
        now: sample::now(),
        seats: Some(FREE),
        form: RegisterForm::default(),
        errors: RegisterErrors::refused("It closed a moment ago. Nothing was stored."),
    };
    assert!(event(&sample::shell(), &view).contains("It closed a moment ago."));
}

#[test]
fn the_answer_to_a_form_names_no_address() {
    for place in [RegisteredPlace::Seat, RegisteredPlace::Waitlist] {
        let html = registered(&sample::shell(), &RegisteredView { event: Arc::new(sample::meetup()), place });
        assert!(html.contains("for 30 minutes"), "{html}");
        assert!(!html.contains('@'), "{html}");
    }
}

fn own_page(state: RegistrationState, purpose: Purpose) -> String {
    let view = RegistrationView {
        registration: sample::registration(state),
        event: Some(Arc::new(sample::meetup())),
        waitlist_position: (state == RegistrationState::Waitlisted).then_some(3),
        confirm_action: "/registrations/confirm/t".into(),
        cancel_action: "/registrations/manage/t/cancel".into(),
        calendar_href: "/registrations/manage/t/calendar.ics".into(),
        purpose,
    };
    registration(&sample::shell(), &view)
}

#[test]
fn a_registration_offers_what_its_state_allows() {
    use RegistrationState as S;
    for state in S::ALL {
        let html = own_page(state, Purpose::Overview);
        let offers = |part: &str| html.contains(part);
        assert_eq!(offers("action=\"/registrations/confirm/t\""), state.is_unconfirmed(), "{state:?}");
        assert_eq!(offers("action=\"/registrations/manage/t/cancel\""), state.is_live(), "{state:?}");
        assert_eq!(offers("calendar.ics"), state == S::Confirmed, "{state:?}");
        assert_eq!(offers("register again"), !state.is_live(), "{state:?}");
        assert!(offers("noindex"), "{state:?}");
    }
}

#[test]
fn those_who_wait_learn_their_place() {
    assert!(own_page(RegistrationState::Waitlisted, Purpose::Overview).contains("you are number 3 in line"));
}

#[test]
fn a_link_to_cancel_opens_the_way_to_it() {
    assert!(
        own_page(RegistrationState::Confirmed, Purpose::Cancel).contains("<details open class=\"cancel\"")
    );
    assert!(
        !own_page(RegistrationState::Confirmed, Purpose::Overview).contains("<details open class=\"cancel\"")
    );
}
