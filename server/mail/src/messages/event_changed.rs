//! Start, end or place of the event changed, or it is postponed.

use regatta_domain::announcement::{EventFacts, Standing as EventStanding};
use regatta_domain::calendar::Method;
use regatta_domain::event::{EventStatus, Place};
use regatta_domain::registration::RegistrationState;

use super::content::Content;
use super::registration_page::RegistrationPage;
use crate::layout::{Block, Fact};
use crate::letter::Standing;
use crate::words;

pub(super) fn message(page: &RegistrationPage<'_>, was: &EventFacts) -> Content {
    let (subject, mut middle) = news(page, was);
    middle.extend(what_it_means(page));
    let seated = page.letter.registration.state.has_calendar_entry();
    page.content(subject, middle).with_calendar(seated.then_some(Method::Request))
}

/// What happened to the event: the subject, and the words with the facts.
fn news(page: &RegistrationPage<'_>, was: &EventFacts) -> (String, Vec<Block>) {
    if page.event().status == EventStatus::Postponed {
        let facts = page.facts_of_plan(&was.when);
        return (
            page.say("mail-event-postponed-subject"),
            vec![page.paragraph("mail-event-postponed-lead"), facts],
        );
    }
    match was.standing {
        EventStanding::Postponed => {
            let subject = page.say_with("mail-event-changed-subject", &[("what", "time".into())]);
            (subject, vec![page.paragraph("mail-event-back-lead"), facts(page, was)])
        }
        EventStanding::Cancelled => {
            let lead = page.paragraph("mail-event-revived-lead");
            (page.say("mail-event-revived-subject"), vec![lead, page.facts()])
        }
        EventStanding::On => {
            let what = [("what", what_changed(page, was).into())];
            let lead = page.paragraph_with("mail-event-changed-lead", &what);
            (page.say_with("mail-event-changed-subject", &what), vec![lead, facts(page, was)])
        }
    }
}

/// Which words to choose: for the time, the place, the web as the place, time and place, or neither.
fn what_changed(page: &RegistrationPage<'_>, was: &EventFacts) -> &'static str {
    match (page.event().when != was.when, page.event().place != was.place) {
        (true, true) if page.event().place == Some(Place::Online) => "time-online",
        (true, true) => "both",
        (true, false) => "time",
        (false, true) if page.event().place == Some(Place::Online) => "online",
        (false, true) => "place",
        (false, false) => "neither",
    }
}

/// The facts as they are now, with what they were.
fn facts(page: &RegistrationPage<'_>, was: &EventFacts) -> Block {
    let attendance = Some(page.letter.registration.attendance);
    let place = |of| page.words.place(of, attendance).map(|place| words::one_line(&place));
    let when = instead(page, page.words.when(&page.event().when), Some(page.words.when(&was.when)));
    let now = place(page.event().place.as_ref());
    let place = now.map(|now| instead(page, now, place(was.place.as_ref())));
    page.facts_with("mail-when", when, place)
}

fn instead(page: &RegistrationPage<'_>, now: String, was: Option<String>) -> Fact {
    match was.filter(|was| *was != now) {
        Some(was) => Fact::Changed { now, was: page.say_with("mail-instead-of", &[("was", was.into())]) },
        None => Fact::Words(now),
    }
}

/// What it means for this reader.
fn what_it_means(page: &RegistrationPage<'_>) -> Vec<Block> {
    match page.letter.registration.state {
        RegistrationState::Waitlisted | RegistrationState::HeldForWaitlist => vec![
            page.paragraph("mail-event-changed-waitlist"),
            page.event_page(),
            // The position does not matter to the words.
            page.manage(Standing::Waitlist(0)),
        ],
        RegistrationState::AwaitingApproval => vec![
            page.paragraph("mail-event-changed-approval"),
            page.event_page(),
            page.manage(Standing::AwaitingApproval),
        ],
        _ => {
            let postponed = page.event().status == EventStatus::Postponed;
            let seat = if postponed { "mail-event-postponed-seat" } else { "mail-event-changed-seat" };
            let mut blocks = vec![page.paragraph(seat), page.way_to_the_event()];
            blocks.extend(page.giving_up());
            blocks
        }
    }
}
