//! The seat is yours.

use regatta_domain::calendar::Method;
use regatta_domain::person_name::PersonName;

use super::{BECAUSE_THEY_REGISTERED, Content, facts, footer, greeting, paragraph, title};
use crate::layout::Block;
use crate::letter::Letter;

pub(super) fn message(letter: &Letter, name: &PersonName, manage_url: &str) -> Content {
    Content {
        subject: format!("You have a seat: {}", title(letter)),
        blocks: vec![
            greeting(Some(name)),
            paragraph(format!(
                "You have a seat at {}. The calendar entry comes with this mail.",
                title(letter)
            )),
            facts(letter),
            paragraph(
                "Should you not be able to come, please give the seat up, so that someone else can have it.",
            ),
            Block::Link { label: "See or give up your seat", url: manage_url.to_owned() },
            footer(letter, BECAUSE_THEY_REGISTERED),
        ],
        calendar: Some(Method::Request),
    }
}
