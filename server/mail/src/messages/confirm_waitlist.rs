//! Please confirm this address, for a place on the waitlist.

use super::{BECAUSE_SOMEONE_TYPED_IT, Content, facts, footer, greeting, paragraph, title};
use crate::layout::Block;
use crate::letter::{Confirmation, Letter};
use crate::words;

pub(super) fn message(letter: &Letter, confirmation: &Confirmation) -> Content {
    let until = words::moment(confirmation.held_until, &letter.event.when);
    Content {
        subject: format!("Confirm your place on the waitlist: {}", title(letter)),
        blocks: vec![
            greeting(None),
            paragraph(format!(
                "All seats at {} are taken, so we put you on the waitlist. We keep your place until {until}. Confirm \
                 your address by then to stay in line.",
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
