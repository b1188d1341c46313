//! Your registration is cancelled.

use regatta_domain::calendar::Method;
use regatta_domain::person_name::PersonName;

use super::{BECAUSE_THEY_REGISTERED, Content, facts, footer, greeting, paragraph, title};
use crate::layout::Block;
use crate::letter::Letter;

pub(super) fn message(letter: &Letter, name: Option<&PersonName>) -> Content {
    // Someone who never had a seat never got a calendar entry, and must not get one by its cancellation.
    let calendar = (letter.sequence > 0).then_some(Method::Cancel);
    let entry = if calendar.is_some() { " The entry in your calendar goes away with this mail." } else { "" };
    Content {
        subject: format!("Your registration is cancelled: {}", title(letter)),
        blocks: vec![
            greeting(name),
            paragraph(format!("Your registration for {} is cancelled, as you asked.{entry}", title(letter))),
            facts(letter),
            paragraph("Should you change your mind, you can register again as long as registration is open."),
            Block::Link { label: "Go to the event", url: letter.event_url() },
            footer(letter, BECAUSE_THEY_REGISTERED),
        ],
        calendar,
    }
}
