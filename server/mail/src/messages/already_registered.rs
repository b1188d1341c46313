//! You registered again; here is the registration that exists.

use regatta_domain::person_name::PersonName;

use super::{BECAUSE_THEY_REGISTERED, Content, facts, footer, greeting, paragraph, title};
use crate::layout::Block;
use crate::letter::{Letter, Standing};
use crate::words;

pub(super) fn message(letter: &Letter, name: &PersonName, standing: Standing, manage_url: &str) -> Content {
    let (standing, label) = match standing {
        Standing::Seat => ("you have a seat".to_owned(), "See or give up your seat"),
        Standing::Waitlist(position) => (
            format!("you are {} in line on the waitlist", words::ordinal(position)),
            "See or give up your place in line",
        ),
    };
    Content {
        subject: format!("You are already registered: {}", title(letter)),
        blocks: vec![
            greeting(Some(name)),
            paragraph(format!(
                "This address was used again to register for {}. Nothing changed: {standing}.",
                title(letter)
            )),
            Block::Link { label, url: manage_url.to_owned() },
            facts(letter),
            paragraph("If it was not you who tried, there is nothing to do: nobody but you has this link."),
            footer(letter, BECAUSE_THEY_REGISTERED),
        ],
        calendar: None,
    }
}
