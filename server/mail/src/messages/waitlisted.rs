//! You are on the waitlist.

use regatta_domain::person_name::PersonName;

use super::{BECAUSE_THEY_REGISTERED, Content, facts, footer, greeting, paragraph, title};
use crate::layout::Block;
use crate::letter::Letter;
use crate::words;

pub(super) fn message(letter: &Letter, name: &PersonName, position: u32, manage_url: &str) -> Content {
    Content {
        subject: format!("You are on the waitlist: {}", title(letter)),
        blocks: vec![
            greeting(Some(name)),
            paragraph(format!(
                "Your address is confirmed. All seats at {} are taken; you are {} in line as of now.",
                title(letter),
                words::ordinal(position)
            )),
            paragraph(
                "When a seat comes free and it is your turn, it is yours at once. We write to you then, and there is \
                 nothing you need to do until that day.",
            ),
            facts(letter),
            Block::Link { label: "See or give up your place in line", url: manage_url.to_owned() },
            footer(letter, BECAUSE_THEY_REGISTERED),
        ],
        calendar: None,
    }
}
