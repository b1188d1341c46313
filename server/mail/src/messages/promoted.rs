//! A seat came free and is yours.

use regatta_domain::calendar::Method;
use regatta_domain::person_name::PersonName;

use super::{BECAUSE_THEY_REGISTERED, Content, facts, footer, greeting, paragraph, title};
use crate::layout::Block;
use crate::letter::Letter;

pub(super) fn message(letter: &Letter, name: &PersonName, manage_url: &str) -> Content {
    Content {
        subject: format!("A seat came free, and it is yours: {}", title(letter)),
        blocks: vec![
            greeting(Some(name)),
            paragraph(format!(
                "A seat at {} came free and you were next in line: it is yours. There is nothing to confirm. The \
                 calendar entry comes with this mail.",
                title(letter)
            )),
            facts(letter),
            paragraph(
                "If you cannot come any more, please give the seat up; the next in line gets it at once.",
            ),
            Block::Link { label: "See or give up your seat", url: manage_url.to_owned() },
            footer(letter, BECAUSE_THEY_REGISTERED),
        ],
        calendar: Some(Method::Request),
    }
}
