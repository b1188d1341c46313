//! What stands at the end of every message: why it came, whom to ask, who writes.

use regatta_domain::event::Event;
use regatta_language::Words;

use crate::layout::Block;
use crate::letter::Site;
use crate::words;

/// Whom to ask about `event`, where its organizers say.
pub(super) fn contact(words: Words, event: &Event) -> Option<String> {
    let address = event.contact.as_ref()?.to_string();
    Some(words.say_with("mail-contact", &[("address", address.into())]))
}

/// The small print: `lines`, a link with its words where there is one, and who writes.
pub(super) fn footer(lines: Vec<String>, link: Option<(String, String)>, site: &Site) -> Block {
    Block::Footer { lines, link, site: words::one_line(&site.name), site_url: site.base_url.clone() }
}
