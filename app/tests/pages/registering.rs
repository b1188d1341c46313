//! What visitors read of registering in each situation of a meetup.

use std::sync::Arc;

use regatta_app::forms::{Asked, RegisterErrors, RegisterForm};
use regatta_app::pages::event::{EventView, event};
use regatta_app::pages::registered::{RegisteredPlace, RegisteredView, registered};
use regatta_app::pages::series::{SeriesDate, SeriesView, series};
use regatta_domain::event::{
    Event, EventOverride, EventStatus, ForcedWindow, Link, Place, RegistrationPolicy,
};
use regatta_domain::seats::{Quotas, SeatCount, Seats};

use crate::sample;

fn page(meetup: Event, seats: SeatCount) -> String {
    let seats = Some(Seats { in_person: seats, ..Seats::default() });
    event(&sample::shell(), &EventView { seats, ..sample::event_view(meetup) })
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
    let by_hand = decided(EventOverride { window: Some(ForcedWindow::Closed), ..EventOverride::default() });
    let with_status = |status| Event { status, ..sample::meetup() };
    for (meetup, words) in [
        (later, "Registration opens on 1 December 2026, 09:00 CET."),
        (closed, "Registration is closed."),
        (by_hand, "Registration was closed by the organizers."),
        (with_status(EventStatus::Postponed), "This meetup is postponed. One can register again"),
        (with_status(EventStatus::Cancelled), "This meetup was cancelled, so"),
    ] {
        let html = page(meetup, FREE);
        assert!(html.contains(words), "{words} is missing: {html}");
        assert!(!html.contains("<form"), "{html}");
    }
}

#[test]
fn a_refused_form_keeps_what_was_typed() {
    let form = RegisterForm { email: "ada at example".into(), ..RegisterForm::default() };
    let errors = form.parse(&Asked::by(sample::meetup().registration.as_ref().unwrap())).unwrap_err();
    let view = EventView { form, errors, ..sample::event_view(sample::meetup()) };
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
        errors: RegisterErrors::refused("It closed a moment ago. Nothing was stored."),
        ..sample::event_view(with_policy(|policy| policy.closes = Some(sample::now())))
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

/// The sample meetup with what its organizers decided otherwise.
fn decided(overrides: EventOverride) -> Event {
    overrides.applied_to(&sample::meetup())
}

#[test]
fn what_organizers_decided_is_told_where_it_shows() {
    let more = page(decided(EventOverride { in_person: Some(9), ..EventOverride::default() }), FREE);
    assert!(more.contains("8 of 9 seats free. The number of seats was set by the organizers."), "{more}");
    let open =
        page(decided(EventOverride { window: Some(ForcedWindow::Open), ..EventOverride::default() }), FREE);
    assert!(open.contains("Registration was opened by the organizers."), "{open}");
    assert!(!page(sample::meetup(), FREE).contains("organizers"));
}

#[test]
fn each_kind_of_seats_tells_what_is_left_of_it() {
    let html = page(sample::rich_meetup(), FULL);
    assert!(html.contains("Full, 2 waiting. You can wait for a seat."), "{html}");
    assert!(html.contains(">50 of 50 seats free.</span>"), "{html}");
    assert!(!html.contains(" disabled") && html.contains(">Register</button>"), "{html}");
}

#[test]
fn a_full_kind_that_one_cannot_wait_for_cannot_be_chosen() {
    let mut meetup = sample::rich_meetup();
    meetup.registration.as_mut().unwrap().waitlist = false;
    let html = page(meetup, FULL);
    let (_, on_site) = html.split_once(r#"id="attendance""#).unwrap();
    assert!(on_site.split_once('>').unwrap().0.contains(" disabled"), "{html}");
    assert_eq!(html.matches(" disabled").count(), 1, "{html}");
}

#[test]
fn what_is_not_asked_is_not_there() {
    let html = page(sample::meetup(), FREE);
    for absent in ["attendance", "name=\"party\"", "invitation", "name=\"q-", "name=\"terms\"", "<asked-if"] {
        assert!(!html.contains(absent), "{absent} is there: {html}");
    }
}

#[test]
fn a_conditional_question_says_when_it_is_asked() {
    let html = page(sample::rich_meetup(), FREE);
    assert!(html.contains("Only if you answered “Other” to “Label of meal”:"), "{html}");
    assert!(html.contains(r#"<asked-if question="q-meal" answers="[&quot;Other&quot;]">"#), "{html}");
}

#[test]
fn nobody_sees_the_trap_and_the_token_goes_along() {
    let html = page(sample::meetup(), FREE);
    let (_, trap) = html.split_once(r#"<div aria-hidden="true" class="leave-empty">"#).unwrap();
    let (trap, _) = trap.split_once("</div>").unwrap();
    assert!(trap.contains(r#"name="website""#) && trap.contains(r#"tabindex="-1""#), "{trap}");
    assert!(trap.contains(r#"autocomplete="off""#), "{trap}");
    assert!(html.contains(r#"<input type="hidden" name="form" value="handed-out-at-noon">"#), "{html}");
}

#[test]
fn a_stale_form_comes_back_filled_in_with_a_fresh_token() {
    let form = RegisterForm { name: "Ada".into(), token: "fresh".into(), ..RegisterForm::default() };
    let view = EventView { form, errors: RegisterErrors::stale(), ..sample::event_view(sample::meetup()) };
    let html = event(&sample::shell(), &view);
    assert!(html.contains("This form was open for a long time"), "{html}");
    assert!(html.contains(r#"value="Ada""#) && html.contains(r#"value="fresh""#), "{html}");
}

#[test]
fn every_status_is_a_label_and_a_sentence() {
    for (status, label, words) in [
        (EventStatus::Rescheduled, "New date", "It was to begin on 3 December 2026, 18:00 CET."),
        (EventStatus::MovedOnline, "Moved online", "takes place online, not where"),
        (EventStatus::Postponed, "Postponed", "Whoever has a seat keeps it."),
        (EventStatus::Cancelled, "Cancelled", "It does not take place."),
    ] {
        let previous_start = Some("2026-12-03T18:00[Europe/Berlin]".parse().unwrap());
        let meetup = Event { status, previous_start, ..sample::meetup() };
        let html = page(meetup, FREE);
        assert!(html.contains(&format!(">{label}</span>")), "{label}: {html}");
        assert!(html.contains(words), "{words}: {html}");
    }
    let html = page(sample::meetup(), FREE);
    assert!(!html.contains("notice-busy") && !html.contains("notice-bad"), "{html}");
}

fn told_to_machines(meetup: Event, seats: SeatCount) -> serde_json::Value {
    let html = page(Event { sample: false, ..meetup }, seats);
    let (_, rest) = html.split_once(r#"<script type="application/ld+json">"#).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn machines_are_told_what_became_of_it() {
    for (status, name) in [
        (EventStatus::Published, "EventScheduled"),
        (EventStatus::Rescheduled, "EventRescheduled"),
        (EventStatus::MovedOnline, "EventMovedOnline"),
        (EventStatus::Postponed, "EventPostponed"),
        (EventStatus::Cancelled, "EventCancelled"),
    ] {
        let previous_start = Some("2026-12-03T18:00[Europe/Berlin]".parse().unwrap());
        let data = told_to_machines(Event { status, previous_start, ..sample::meetup() }, FREE);
        assert_eq!(data["eventStatus"], format!("https://schema.org/{name}"));
        let previous = data["previousStartDate"].as_str();
        assert_eq!(previous, (status == EventStatus::Rescheduled).then_some("2026-12-03T18:00:00+01:00"));
        assert_eq!(data["organizer"][0]["name"], "The crew");
        let offered = status.takes_place().then_some("https://schema.org/InStock");
        assert_eq!(data["offers"]["availability"].as_str(), offered, "{status:?}");
    }
}

#[test]
fn machines_are_told_how_one_takes_part_and_what_is_left() {
    let mode = |data: &serde_json::Value| data["eventAttendanceMode"].as_str().unwrap().to_owned();
    let site = told_to_machines(sample::meetup(), FULL);
    assert_eq!(mode(&site), "https://schema.org/OfflineEventAttendanceMode");
    assert_eq!(site["offers"]["availability"], "https://schema.org/SoldOut");
    assert_eq!(site["maximumPhysicalAttendeeCapacity"], 4);
    assert_eq!(site["maximumVirtualAttendeeCapacity"], serde_json::Value::Null);

    let both = told_to_machines(sample::rich_meetup(), FULL);
    assert_eq!(mode(&both), "https://schema.org/MixedEventAttendanceMode");
    assert_eq!(both["offers"]["availability"], "https://schema.org/InStock");
    assert_eq!(both["location"][1]["@type"], "VirtualLocation");

    let web = Event {
        place: Some(Place::Online),
        ..with_policy(|policy| {
            policy.quotas = Quotas { in_person: None, online: Some(9) };
        })
    };
    assert_eq!(mode(&told_to_machines(web, FREE)), "https://schema.org/OnlineEventAttendanceMode");

    let later = with_policy(|policy| policy.opens = Some("2026-12-01T08:00:00Z".parse().unwrap()));
    let later = told_to_machines(later, FREE);
    assert_eq!(later["offers"]["availability"], "https://schema.org/PreSale");
    assert_eq!(later["offers"]["validFrom"], "2026-12-01T08:00:00Z");
}

#[test]
fn recordings_and_contact_are_shown_where_there_are_any() {
    let talk = Link { title: "The first talk".into(), url: "https://example.org/talk".into() };
    let meetup = Event {
        recordings: vec![talk],
        contact: Some("crew@example.org".parse().unwrap()),
        ..sample::meetup()
    };
    let html = page(meetup, FREE);
    assert!(html.contains(r#"<a href="https://example.org/talk">The first talk</a>"#), "{html}");
    assert!(html.contains(r#"<a href="mailto:crew@example.org">"#), "{html}");
    let without = page(sample::meetup(), FREE);
    assert!(!without.contains("Recordings") && !without.contains("mailto:"), "{without}");
}

fn series_view(dates: Vec<Event>) -> SeriesView {
    let date = |event: Event| SeriesDate { event: Arc::new(event), seats: Some(sample::seats(1, 0)) };
    SeriesView {
        series: Arc::new(sample::series()),
        upcoming: dates.into_iter().map(date).collect(),
        past: vec![],
        now: sample::now(),
        form: RegisterForm::default(),
        errors: RegisterErrors::default(),
    }
}

#[test]
fn a_series_takes_registrations_for_all_its_open_dates() {
    let html = series(&sample::shell(), &series_view(vec![sample::meetup(), sample::rich_meetup()]));
    assert!(html.contains(r#"action="/series/evenings/register#register""#), "{html}");
    assert!(html.contains("2 dates at once."), "{html}");
    assert!(html.contains(r#"name="q-meal""#) && html.contains(r#"name="attendance""#), "{html}");
    assert!(html.contains("3 of 4 seats free."), "{html}");
    assert!(html.contains(r#"href="/follow?topic=series%3Aevenings""#), "{html}");
}

#[test]
fn a_series_with_one_open_date_leaves_registering_to_its_page() {
    let cancelled = Event { status: EventStatus::Cancelled, ..sample::meetup() };
    let html = series(&sample::shell(), &series_view(vec![sample::meetup(), cancelled]));
    assert!(!html.contains("<form"), "{html}");
}

#[test]
fn a_meetup_leads_to_its_series_and_to_its_next_dates() {
    let view = EventView { series: Some(Arc::new(sample::series())), ..sample::event_view(sample::meetup()) };
    let html = event(&sample::shell(), &view);
    assert!(html.contains(r#"<a href="/series/evenings">Harbour evenings</a>"#), "{html}");
    assert!(html.contains(r#"href="/follow?topic=series%3Aevenings""#), "{html}");
    let alone = event(&sample::shell(), &sample::event_view(sample::meetup()));
    assert!(alone.contains(r#"href="/follow?topic=portal""#), "{alone}");
}
