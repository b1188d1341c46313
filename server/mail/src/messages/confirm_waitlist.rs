//! Please confirm this address, for a place on the waitlist.

use jiff::Timestamp;

use super::{BECAUSE_SOMEONE_TYPED_IT, Content, facts, footer, greeting, paragraph, title};
use crate::layout::Block;
use crate::letter::{Confirmation, Letter};
use crate::words;

pub(super) fn message(letter: &Letter, confirmation: &Confirmation, now: Timestamp) -> Content {
    let deadline = words::deadline(confirmation.held_until, now);
    Content {
        subject: format!("Confirm your place on the waitlist: {}", title(letter)),
        blocks: vec![
            greeting(None),
            paragraph(format!(
                "All seats at {} are taken, or kept for people who came before you, so we put you on the waitlist. \
                 Confirm your address {deadline} to stay in line.",
                title(letter)
            )),
            Block::Action { label: "Confirm my address", url: confirmation.url.clone() },
            facts(letter),
            paragraph(
                "If you did not ask for this, do nothing. The place is given up, and you will not hear from us again.",
            ),
            footer(letter, BECAUSE_SOMEONE_TYPED_IT),
        ],
        calendar: None,
    }
}
