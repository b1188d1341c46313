//! You registered again, and this address is not confirmed yet.

use super::{BECAUSE_SOMEONE_TYPED_IT, Content, facts, footer, greeting, paragraph, title};
use crate::layout::Block;
use crate::letter::{Confirmation, Letter};
use crate::words;

pub(super) fn message(letter: &Letter, confirmation: &Confirmation) -> Content {
    let until = words::moment(confirmation.held_until, &letter.event.when);
    Content {
        subject: format!("Confirm your registration: {}", title(letter)),
        blocks: vec![
            greeting(None),
            paragraph(format!(
                "You asked again to register for {}. We have your first registration and keep it until {until}; only \
                 your address is still to be confirmed.",
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
