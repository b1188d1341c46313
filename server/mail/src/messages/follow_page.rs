//! What all messages to somebody who follows have in common.

use regatta_domain::follow::Topic;
use regatta_language::{Value, Words};

use super::content::{Content, List};
use super::small_print;
use crate::layout::Block;
use crate::letter::{FollowLetter, Site};
use crate::words;

/// The longest name of a city in a list's name, in characters; a name of the domain system may have no more than 63.
const MAX_LABEL: usize = 50;

/// A letter to somebody who follows, on its way into words.
pub(super) struct FollowPage<'a> {
    pub words: Words,
    pub site: &'a Site,
    pub letter: &'a FollowLetter,
}

impl FollowPage<'_> {
    /// What is followed, as part of a sentence.
    pub fn topic(&self) -> String {
        let kind = match self.letter.topic {
            Topic::Portal => "portal",
            Topic::City(_) => "city",
            Topic::Series(_) => "series",
        };
        let name = words::one_line(&self.letter.topic_name);
        self.words.say_with("mail-topic", &[("kind", kind.into()), ("name", name.into())])
    }

    /// The message `key`, which may speak of what is followed.
    pub fn say(&self, key: &str) -> String {
        self.words.say_with(key, &[("topic", self.topic().into())])
    }

    pub fn paragraph(&self, key: &str) -> Block {
        Block::Paragraph(self.say(key))
    }

    pub fn action(&self, label: &str, url: &str) -> Block {
        let help = self.say("mail-button-help");
        Block::Action { label: self.say(label), url: url.to_owned(), help }
    }

    /// The message `key` about an event.
    pub fn say_of(&self, key: &str, title: &str) -> String {
        self.words.say_with(key, &[("event", Value::from(words::one_line(title)))])
    }

    /// The whole message: a greeting, which names nobody, `middle`, and `footer`.
    pub fn content(&self, subject: String, preview: String, middle: Vec<Block>, footer: Block) -> Content {
        let mut blocks = vec![self.paragraph("mail-greeting-stranger")];
        blocks.extend(middle);
        blocks.push(footer);
        Content { language: self.words.language(), subject, preview, blocks, calendar: None, list: None }
    }

    /// The small print of a mail that one can end; `contact` tells whom to ask.
    pub fn footer_with_an_end(&self, contact: Option<String>) -> Block {
        let mut lines = vec![self.say("mail-because-follow")];
        lines.extend(contact);
        let end = (self.say("mail-unfollow"), self.letter.unfollow_url.clone());
        small_print::footer(lines, Some(end), self.site)
    }

    /// The list that everybody who follows the same is on.
    pub fn list(&self) -> List {
        let label = match &self.letter.topic {
            Topic::Portal => "portal".to_owned(),
            Topic::City(name) => format!("city-{}", label(name)),
            Topic::Series(slug) => format!("series-{slug}"),
        };
        List { id: format!("{label}.follow"), unsubscribe_url: self.letter.unfollow_url.clone() }
    }
}

/// `name` in letters, digits and hyphens: what is none of these in ASCII becomes a hyphen, other characters their number.
fn label(name: &str) -> String {
    let mut label = String::new();
    for c in name.chars() {
        let piece = match c {
            'a'..='z' | '0'..='9' => c.to_string(),
            _ if c.is_ascii() => "-".to_owned(),
            _ => format!("u{:x}", u32::from(c)),
        };
        if label.len() + piece.len() > MAX_LABEL {
            break;
        }
        label.push_str(&piece);
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_plain_and_short() {
        for (name, plain) in [("hamburg", "hamburg"), ("new york", "new-york"), ("上海", "u4e0au6d77")] {
            assert_eq!(label(name), plain);
        }
        assert_eq!(label(&"京".repeat(40)).len(), 50);
    }
}
