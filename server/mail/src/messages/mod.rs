//! The messages: what each kind of mail says. One file per kind.

mod already_registered;
mod cancelled;
mod confirm_seat;
mod confirm_waitlist;
mod confirmed;
mod promoted;
pub mod samples;
mod still_unconfirmed;
mod waitlisted;

use jiff::Timestamp;
use regatta_domain::calendar::Method;
use regatta_domain::person_name::PersonName;

use crate::layout::{Block, Fact};
use crate::letter::{Letter, Matter};
use crate::words;

/// A message in words, before it is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The subject line.
    pub subject: String,
    /// What follows, from greeting to small print.
    pub blocks: Vec<Block>,
    /// What the calendar part asks for, where the message carries one.
    pub calendar: Option<Method>,
}

/// Puts `letter` into words, to be read from `now` on.
pub fn compose(letter: &Letter, now: Timestamp) -> Content {
    match &letter.matter {
        Matter::ConfirmSeat(confirmation) => confirm_seat::message(letter, confirmation, now),
        Matter::ConfirmWaitlist(confirmation) => confirm_waitlist::message(letter, confirmation, now),
        Matter::Confirmed { name, manage_url } => confirmed::message(letter, name, manage_url),
        Matter::Waitlisted { name, position, manage_url } => {
            waitlisted::message(letter, name, *position, manage_url)
        }
        Matter::Promoted { name, manage_url } => promoted::message(letter, name, manage_url),
        Matter::Cancelled { name } => cancelled::message(letter, name.as_ref()),
        Matter::StillUnconfirmed(confirmation) => still_unconfirmed::message(letter, confirmation, now),
        Matter::AlreadyRegistered { name, standing, manage_url } => {
            already_registered::message(letter, name, *standing, manage_url)
        }
    }
}

fn paragraph(words: impl Into<String>) -> Block {
    Block::Paragraph(words.into())
}

fn greeting(name: Option<&PersonName>) -> Block {
    match name {
        Some(name) => paragraph(format!("Hello {name},")),
        None => paragraph("Hello,"),
    }
}

fn title(letter: &Letter) -> String {
    words::one_line(&letter.event.title)
}

/// What, when and where, as far as it is known.
fn facts(letter: &Letter) -> Block {
    let event = &letter.event;
    let words = |name, value| (name, Fact::Words(value));
    let mut facts = vec![words("What", title(letter)), words("When", words::when(&event.when))];
    facts.extend(event.place.as_ref().map(|place| words("Where", words::one_line(words::place(place)))));
    facts.push(("More", Fact::Page(letter.event_url())));
    if event.sample {
        facts.push(words("Note", "this event is a sample, made up to show the portal".to_owned()));
    }
    Block::Facts(facts)
}

/// Who writes, and why.
fn footer(letter: &Letter, why: &str) -> Block {
    Block::Footer(format!("{why} {}, {}", words::one_line(&letter.site.name), letter.site.base_url))
}

const BECAUSE_THEY_REGISTERED: &str = "You get this mail because you registered with this address.";
const BECAUSE_SOMEONE_TYPED_IT: &str = "You get this mail because someone typed this address into our form.";

#[cfg(test)]
mod tests;
