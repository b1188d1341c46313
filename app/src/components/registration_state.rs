//! Where a registration stands, in words for its owner.

use regatta_domain::event::{Event, EventStatus};
use regatta_domain::registration::{Registration, RegistrationState as State};

use super::dates::{deadline_for, moment};
use super::seats::party_words;

/// The heading of a registration's page.
pub fn heading(state: State) -> &'static str {
    match state {
        State::Held => "A seat is kept for you",
        State::HeldForWaitlist => "A place in line is kept for you",
        State::AwaitingApproval => "The organizers will decide",
        State::Waitlisted => "You are on the waitlist",
        State::Confirmed => "You have a seat",
        State::Attended => "You were there",
        State::Cancelled => "Your registration is cancelled",
        State::Declined => "There is no seat for you this time",
        State::Expired => "The time to confirm is over",
    }
}

/// How things stand and what is to be done, in a sentence or two. `position` is the place in line of one that waits.
pub fn standing(registration: &Registration, event: Option<&Event>, position: Option<u32>) -> String {
    let name = registration.name.as_str();
    let until = || match event {
        Some(event) => deadline_for(registration.held_until, &event.when),
        None => moment(registration.held_until),
    };
    match registration.state {
        State::Held => {
            format!("{name}, confirm until {} that you want to come. {}", until(), once_confirmed(event))
        }
        State::HeldForWaitlist => {
            format!("{name}, every seat is taken. Confirm until {} to wait for one.", until())
        }
        State::AwaitingApproval => {
            format!(
                "{name}, your address is confirmed and your seat is kept until the organizers have decided."
            )
        }
        State::Waitlisted => waiting(registration, position),
        State::Confirmed => match event.map(|event| event.status) {
            Some(EventStatus::Cancelled) => {
                format!("{name}, the meetup is cancelled, so your seat is of no use. We are sorry.")
            }
            Some(EventStatus::Postponed) => {
                format!("{name}, the meetup is postponed. You keep your seat for the new date.")
            }
            _ => format!("See you there, {name}. We sent a calendar entry to {}.", registration.email),
        },
        State::Attended => format!("It was good to have you there, {name}."),
        State::Cancelled => {
            format!("{name}, this registration is over, and its place is free for someone else.")
        }
        State::Declined => format!("{name}, the organizers decided against this registration."),
        State::Expired => {
            format!("{name}, nobody confirmed this registration in time, so its place was given up.")
        }
    }
}

fn once_confirmed(event: Option<&Event>) -> &'static str {
    if needs_approval(event) {
        "Then the organizers decide, and your seat is kept until they have."
    } else {
        "Then the seat is yours."
    }
}

fn needs_approval(event: Option<&Event>) -> bool {
    event.and_then(|event| event.registration.as_ref()).is_some_and(|policy| policy.approval)
}

fn waiting(registration: &Registration, position: Option<u32>) -> String {
    let name = registration.name.as_str();
    let line = match position {
        Some(1) => "you are first in line".to_owned(),
        Some(position) => format!("you are number {position} in line"),
        None => "you are in line".to_owned(),
    };
    match registration.party {
        1 => format!("{name}, {line}. When a seat comes free for you, we write to you at once."),
        party => format!(
            "{name}, {line} for {}. When so many are free for you, we write to you at once.",
            party_words(party)
        ),
    }
}

/// What happens next without anybody doing anything. Nothing where nothing does.
pub fn next_words(registration: &Registration, event: Option<&Event>) -> Option<String> {
    let event = event.filter(|event| event.status.takes_place());
    match registration.state {
        State::Held | State::HeldForWaitlist => {
            Some("Without a confirmation the place is given up by itself. You need not do anything then.".to_owned())
        }
        State::AwaitingApproval => {
            Some(format!("We write to {} as soon as the organizers have decided.", registration.email))
        }
        State::Waitlisted if needs_approval(event) => Some(
            "When it is your turn, a seat is kept for you and the organizers decide on your registration. If you cannot \
             come any more, leave the line, so that it goes to the next."
                .to_owned(),
        ),
        State::Waitlisted => Some(
            "Who is first in line gets the next free seat, without being asked again. If you cannot come any more, \
             leave the line, so that it goes to the next."
                .to_owned(),
        ),
        State::Confirmed => event.map(|_| {
            "We remind you a day and an hour before. If time or place change, we write to you and your calendar entry \
             changes with it."
                .to_owned()
        }),
        State::Attended | State::Cancelled | State::Declined | State::Expired => None,
    }
}

/// What one gives up by cancelling.
pub fn gives_up(registration: &Registration, event: Option<&Event>) -> &'static str {
    let has_waitlist =
        event.and_then(|event| event.registration.as_ref()).is_some_and(|policy| policy.waitlist);
    match registration.state {
        State::Held | State::AwaitingApproval | State::Confirmed if has_waitlist => {
            "Your seat goes to the first in line, should anybody wait for one. This cannot be undone."
        }
        State::Held | State::AwaitingApproval | State::Confirmed => {
            "Your seat is then free for someone else. This cannot be undone."
        }
        _ => "You lose your place in line. This cannot be undone.",
    }
}
