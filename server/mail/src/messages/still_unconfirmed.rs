//! You registered again, and this address is not confirmed yet.

use jiff::Timestamp;

use super::{BECAUSE_SOMEONE_TYPED_IT, Content, facts, footer, greeting, paragraph, title};
use crate::layout::Block;
use crate::letter::{Confirmation, Letter};
use crate::words;

pub(super) fn message(letter: &Letter, confirmation: &Confirmation, now: Timestamp) -> Content {
    let deadline = words::deadline(confirmation.held_until, now);
    Content {
        subject: format!("Confirm your registration: {}", title(letter)),
        blocks: vec![
            greeting(None),
            paragraph(format!(
                "You asked again to register for {}. We have your first registration, but your address is not \
                 confirmed yet. Confirm it {deadline} to keep your place.",
                title(letter)
            )),
            Block::Action { label: "Confirm my address", url: confirmation.url.clone() },
            facts(letter),
            paragraph(
                "If you did not ask for this, do nothing. The registration lapses, and you will not hear from us \
                 again.",
            ),
            footer(letter, BECAUSE_SOMEONE_TYPED_IT),
        ],
        calendar: None,
    }
}
