//! What happened to a registration, in words for its owner.

use jiff::Timestamp;
use leptos::prelude::*;
use regatta_domain::event::EventTime;
use regatta_domain::history::{Actor, Happening, HistoryEntry};
use regatta_domain::registration::RegistrationState as State;

use super::dates::{moment, moment_for};
use super::seats::{kind_words, party_words};

/// The history, first things first, with times in the meetup's zone where it is known. Nothing where there is none.
pub fn history(entries: &[HistoryEntry], when: Option<&EventTime>) -> Option<AnyView> {
    let at = |at: Timestamp| when.map_or_else(|| moment(at), |when| moment_for(at, when));
    let one = |entry: &HistoryEntry| {
        view! {
            <li>
                <time datetime=entry.at.to_string()>{at(entry.at)}</time>
                <span>{happening_words(&entry.what, &entry.actor)}</span>
            </li>
        }
    };
    (!entries.is_empty()).then(|| {
        view! {
            <section aria-labelledby="history">
                <h2 id="history">"What happened so far"</h2>
                <ol class="history">{entries.iter().map(one).collect_view()}</ol>
            </section>
        }
        .into_any()
    })
}

/// One entry as a sentence.
fn happening_words(what: &Happening, actor: &Actor) -> String {
    let who = match actor {
        Actor::Owner => "You",
        Actor::Organizer(_) => "The organizers",
        Actor::Portal => "The portal",
    };
    match what {
        Happening::Registered(State::HeldForWaitlist) => {
            format!("{who} registered, and a place on the waitlist was kept.")
        }
        Happening::Registered(_) => format!("{who} registered, and a seat was kept."),
        Happening::Moved { from, to } => moved_words(*from, *to, actor),
        Happening::PartyChanged { from, to } => {
            format!("{who} changed it from {} to {}.", party_words(*from), party_words(*to))
        }
        Happening::AttendanceChanged { from, to } => {
            format!("{who} moved it: “{}” became “{}”.", kind_words(*from), kind_words(*to))
        }
        Happening::AnswersChanged => format!("{who} changed the answers."),
        Happening::SeatedOutOfTurn => "The organizers gave you a seat out of turn.".to_owned(),
        Happening::EventChanged => "The meetup changed, and we wrote to you about it.".to_owned(),
    }
}

fn moved_words(from: State, to: State, actor: &Actor) -> String {
    let by_organizers = matches!(actor, Actor::Organizer(_));
    let words = match (from, to) {
        (State::Held, State::Confirmed) => "You confirmed. The seat is yours.",
        (State::Held, State::AwaitingApproval) => "You confirmed. The organizers decide about the seat.",
        (_, State::AwaitingApproval) => "A seat came free. The organizers decide about it.",
        (State::AwaitingApproval, State::Confirmed) => "The organizers decided for you. The seat is yours.",
        (State::Attended, State::Confirmed) => "The organizers took back that you came.",
        (_, State::Confirmed) if by_organizers => "The organizers gave you a seat.",
        (_, State::Confirmed) => "A seat came free. It is yours.",
        (_, State::Waitlisted) => "You confirmed, and wait for a seat.",
        (_, State::Attended) => "You came.",
        (_, State::Cancelled) => match actor {
            Actor::Owner => "You cancelled.",
            Actor::Organizer(_) => "The organizers cancelled it.",
            Actor::Portal => "It was cancelled.",
        },
        (_, State::Declined) => "The organizers decided against it.",
        (_, State::Expired) => "Nobody confirmed in time, so the place was given up.",
        (_, State::Held) => "A seat was kept.",
        (_, State::HeldForWaitlist) => "A place on the waitlist was kept.",
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_did_it_is_named_as_the_owner_knows_them() {
        let cancelled = |actor: &Actor| {
            let what = Happening::Moved { from: State::Confirmed, to: State::Cancelled };
            happening_words(&what, actor)
        };
        assert_eq!(cancelled(&Actor::Owner), "You cancelled.");
        assert_eq!(cancelled(&Actor::Organizer("grace".to_owned())), "The organizers cancelled it.");
        assert_eq!(cancelled(&Actor::Portal), "It was cancelled.");
    }

    #[test]
    fn a_promotion_and_an_approval_are_told_apart() {
        let seated =
            |from, actor: &Actor| happening_words(&Happening::Moved { from, to: State::Confirmed }, actor);
        assert_eq!(seated(State::Waitlisted, &Actor::Portal), "A seat came free. It is yours.");
        let organizer = Actor::Organizer("grace".to_owned());
        assert_eq!(seated(State::Waitlisted, &organizer), "The organizers gave you a seat.");
        assert_eq!(
            seated(State::AwaitingApproval, &organizer),
            "The organizers decided for you. The seat is yours."
        );
    }
}
