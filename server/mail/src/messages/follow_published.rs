//! A meetup was published.

use regatta_domain::event::Event;

use super::content::Content;
use super::follow_page::FollowPage;
use super::small_print;
use crate::layout::{Block, Fact};
use crate::words;

pub(super) fn message(page: &FollowPage<'_>, event: &Event) -> Content {
    let lead = page.say_of("mail-follow-published-lead", &event.title);
    let mut middle = vec![Block::Paragraph(lead)];
    let summary = words::one_line(&event.summary);
    middle.extend((!summary.is_empty()).then_some(Block::Paragraph(summary)));
    middle.extend([
        facts(page, event),
        page.action("mail-follow-published-action", &page.site.event_url(event)),
    ]);
    let subject = page.say_of("mail-follow-published-subject", &event.title);
    let footer = page.footer_with_an_end(small_print::contact(page.words, event));
    let content = page.content(subject, page.words.when(&event.when), middle, footer);
    Content { list: Some(page.list()), ..content }
}

fn facts(page: &FollowPage<'_>, event: &Event) -> Block {
    let words = |key: &str, value| (page.say(key), Fact::Words(value));
    let mut facts = vec![words("mail-when", page.words.when(&event.when))];
    let place = page.words.place(event.place.as_ref(), None);
    facts.extend(place.map(|place| words("mail-where", words::one_line(&place))));
    if event.sample {
        facts.push((page.say("mail-note"), Fact::Aside(page.say("mail-sample"))));
    }
    Block::Facts(facts)
}
