//! What owners read of their registration in each of its situations.

use std::sync::Arc;

use jiff::Timestamp;
use regatta_app::forms::{Asked, ChangeForm};
use regatta_app::pages::registration::{Done, Purpose, RegistrationView, registration};
use regatta_domain::event::{Event, EventStatus, Place};
use regatta_domain::history::{Actor, Happening, HistoryEntry};
use regatta_domain::questions::Answers;
use regatta_domain::registration::{Registration, RegistrationState as S};
use regatta_domain::seats::Attendance;

use crate::sample;

/// Ada's registration for a meetup that asks everything, with what happened to it.
pub fn owned(state: S) -> RegistrationView {
    let entry = |minutes: i64, actor, what| HistoryEntry {
        registration: sample::registration(state).id,
        at: sample::now() + jiff::SignedDuration::from_mins(minutes),
        actor,
        what,
    };
    let answers = [("meal", "Other"), ("which", "Nothing with nuts"), ("photos", "yes")];
    let answers = answers.map(|(id, answer)| (id.parse().unwrap(), vec![answer.to_owned()]));
    let own = Registration { answers: Answers(answers.into()), party: 2, ..sample::registration(state) };
    RegistrationView {
        waitlist_position: (state == S::Waitlisted).then_some(3),
        history: vec![
            entry(0, Actor::Owner, Happening::Registered(S::HeldForWaitlist)),
            entry(3, Actor::Owner, Happening::Moved { from: S::HeldForWaitlist, to: S::Waitlisted }),
            entry(9, Actor::Organizer("grace".into()), Happening::SeatedOutOfTurn),
            entry(11, Actor::Owner, Happening::PartyChanged { from: 1, to: 2 }),
        ],
        confirm_path: Some("/registrations/confirm/t".into()),
        ..RegistrationView::of(
            own,
            Some(Arc::new(sample::rich_meetup())),
            sample::now(),
            "/registrations/manage/t".into(),
        )
    }
}

fn page(view: &RegistrationView) -> String {
    registration(&sample::shell(), view)
}

fn at_event(state: S, change: impl FnOnce(&mut Event)) -> RegistrationView {
    let mut event = sample::rich_meetup();
    change(&mut event);
    RegistrationView { event: Some(Arc::new(event)), ..owned(state) }
}

#[test]
fn a_registration_offers_what_its_state_allows() {
    for state in S::ALL {
        let html = page(&owned(state));
        let offers = |part: &str| html.contains(part);
        let confirmed_address = matches!(state, S::AwaitingApproval | S::Waitlisted | S::Confirmed);
        assert_eq!(offers("action=\"/registrations/confirm/t\""), state.is_unconfirmed(), "{state:?}");
        assert_eq!(
            offers("action=\"/registrations/manage/t/cancel\""),
            confirmed_address || state.is_unconfirmed(),
            "{state:?}"
        );
        assert_eq!(
            offers("action=\"/registrations/manage/t/change#change\""),
            confirmed_address,
            "{state:?}"
        );
        assert_eq!(offers("/t/calendar.ics"), state == S::Confirmed, "{state:?}");
        assert_eq!(offers("/t/ticket"), state == S::Confirmed, "{state:?}");
        assert_eq!(offers("register again"), matches!(state, S::Cancelled | S::Expired), "{state:?}");
        assert!(offers("/t/export.json") && offers("/t/erase"), "{state:?}");
        assert!(offers("noindex"), "{state:?}");
    }
}

#[test]
fn each_state_has_words_of_its_own() {
    let headings: std::collections::BTreeSet<String> = S::ALL
        .iter()
        .map(|state| {
            let html = page(&owned(*state));
            let (_, rest) = html.split_once("<h1>").unwrap();
            rest.split_once("</h1>").unwrap().0.to_owned()
        })
        .collect();
    assert_eq!(headings.len(), S::ALL.len(), "{headings:?}");
}

#[test]
fn those_who_wait_learn_their_place_and_for_how_many_seats() {
    let html = page(&owned(S::Waitlisted));
    assert!(html.contains("you are number 3 in line for 2 seats"), "{html}");
}

#[test]
fn where_organizers_decide_a_confirmation_promises_no_seat() {
    assert!(page(&owned(S::Held)).contains("Then the organizers decide"));
    let without = at_event(S::Held, |event| event.registration.as_mut().unwrap().approval = false);
    assert!(page(&without).contains("Then the seat is yours."));
}

#[test]
fn a_link_opens_the_part_it_was_for() {
    let page = |purpose| page(&RegistrationView { purpose, ..owned(S::Confirmed) });
    let opens = |html: &str, part: &str| html.contains(&format!(" open class=\"{part}\">"));
    assert!(opens(&page(Purpose::Cancel), "cancel") && !opens(&page(Purpose::Cancel), "change"));
    assert!(opens(&page(Purpose::Change), "change") && !opens(&page(Purpose::Change), "cancel"));
    let overview = page(Purpose::Overview);
    assert!(!opens(&overview, "cancel") && !opens(&overview, "change"), "{overview}");
}

#[test]
fn once_it_has_begun_or_is_cancelled_nothing_can_be_changed() {
    let over = RegistrationView { now: Timestamp::MAX, ..owned(S::Confirmed) };
    let cancelled = at_event(S::Confirmed, |event| event.status = EventStatus::Cancelled);
    for view in [over, cancelled] {
        let html = page(&view);
        for gone in ["<details", "/t/ticket", "calendar.ics", "We remind you", "register again"] {
            assert!(!html.contains(gone), "{gone} is there: {html}");
        }
    }
    let postponed = page(&at_event(S::Confirmed, |event| event.status = EventStatus::Postponed));
    assert!(
        postponed.contains("You keep your seat")
            && postponed.contains("action=\"/registrations/manage/t/cancel\"")
    );
}

#[test]
fn the_form_to_change_stands_as_the_registration_does() {
    let html = page(&owned(S::Confirmed));
    let (_, form) = html.split_once(" class=\"change\">").unwrap();
    let (form, _) = form.split_once("</details>").unwrap();
    for part in [
        r#"value="in_person" checked"#,
        r#"<option value="2" selected"#,
        r#"value="Other" checked"#,
        r#"value="Nothing with nuts""#,
    ] {
        assert!(form.contains(part), "{part} is missing: {form}");
    }
}

#[test]
fn a_refused_change_keeps_what_was_chosen_and_says_why() {
    let sent = [("attendance", "online"), ("party", "9"), ("q-meal", "Other"), ("q-which", " ")];
    let form = ChangeForm::read(&sent.map(|(key, value)| (key.to_owned(), value.to_owned())));
    let errors = form.parse(&Asked::by(&sample::everything())).unwrap_err();
    let html = page(&RegistrationView { form, errors, ..owned(S::Confirmed) });
    assert!(html.contains("<title>Problem: You have a seat"), "{html}");
    assert!(html.contains(r##"<a href="#party">Please choose for how many"##), "{html}");
    assert!(html.contains(r##"<a href="#q-which">Please answer this."##), "{html}");
    assert!(html.contains(r#"value="online" checked"#), "{html}");
    assert_eq!(html.matches(" autofocus").count(), 1, "{html}");
}

#[test]
fn a_change_is_read_as_it_is_meant() {
    let form = ChangeForm::of(&owned(S::Confirmed).registration);
    let change = form.parse(&Asked::by(&sample::everything())).unwrap();
    assert_eq!((change.attendance, change.party), (Attendance::InPerson, 2));
    assert_eq!(change.answers, owned(S::Confirmed).registration.answers);
    let html = page(&RegistrationView { done: Done::named("changed"), ..owned(S::Confirmed) });
    assert!(html.contains("Your registration was changed."), "{html}");
    assert_eq!(Done::named("<script>"), None);
}

#[test]
fn the_history_names_no_organizer() {
    let html = page(&owned(S::Confirmed));
    assert!(html.contains("The organizers gave you a seat out of turn."), "{html}");
    assert!(html.contains("22 November 2026, 13:11 CET"), "{html}");
    assert!(!html.contains("grace"), "{html}");
}

#[test]
fn whoever_registered_on_site_takes_part_online_once_it_moved_there() {
    let moved = at_event(S::Confirmed, |event| {
        event.status = EventStatus::MovedOnline;
        event.place = Some(regatta_domain::event::Place::Online);
    });
    let html = page(&moved);
    assert!(html.contains("<dt>How</dt><dd>Online</dd>"), "{html}");
    assert!(html.contains("This meetup takes place online"), "{html}");
}

#[test]
fn the_way_in_is_a_ticket_at_the_door_and_the_meetups_page_on_the_web() {
    let on_site = page(&owned(S::Confirmed));
    assert!(on_site.contains("Show the ticket") && !on_site.contains("How to join"));
    let online = page(&at_event(S::Confirmed, |event| event.place = Some(Place::Online)));
    assert!(online.contains("How to join") && !online.contains("Show the ticket"));
}

#[test]
fn nobody_in_line_is_promised_a_seat_on_which_the_organizers_decide() {
    let with = |approval| {
        page(&at_event(S::Waitlisted, |event| event.registration.as_mut().unwrap().approval = approval))
    };
    assert!(with(false).contains("gets the next free seat"));
    assert!(
        !with(true).contains("gets the next free seat") && with(true).contains("organizers decide on your")
    );
}

#[test]
fn dates_of_a_series_are_confirmed_together() {
    let other = (Arc::new(sample::meetup()), S::HeldForWaitlist);
    let html = page(&RegistrationView { booking: vec![other], ..owned(S::Held) });
    assert!(html.contains("Yes, I want to come to all of these"), "{html}");
    assert!(html.contains("A place in line is kept until you confirm."), "{html}");
}

#[test]
fn without_its_meetup_a_registration_still_stands() {
    let html = page(&RegistrationView { event: None, ..owned(S::Confirmed) });
    assert!(html.contains("cannot be read at the moment"), "{html}");
    assert!(html.contains("action=\"/registrations/manage/t/cancel\""), "{html}");
}
