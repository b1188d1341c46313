//! What mails say, in which words, with which calendar: every letter that there is a sample of, through the front door.

#![expect(clippy::unwrap_used, clippy::panic, reason = "where a sample cannot be read, the test has failed")]

mod calendars;
mod catalogue;
mod content;
mod whole_mails;

use std::sync::Arc;

use mail_parser::{Message, MessageParser, MimeHeaders};
use regatta_domain::event::Event;
use regatta_domain::language::Language;
use regatta_language::Words;
use regatta_mail::messages::compose;
use regatta_mail::messages::samples::NOW;
use regatta_mail::mime::{Outgoing, render};
use regatta_mail::{About, FollowMatter, Letter, RegistrationLetter, Stationery, samples};

fn mail(letter: &Letter) -> Outgoing {
    let sender = "Regatta <regatta@example.org>".parse().unwrap();
    render(letter, &Stationery::plain(sender), NOW).unwrap()
}

fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

fn all_samples() -> Vec<Letter> {
    Language::ALL.into_iter().flat_map(samples).map(|sample| sample.letter).collect()
}

fn sample(name: &str) -> Letter {
    sample_in(Language::English, name)
}

fn sample_in(language: Language, name: &str) -> Letter {
    samples(language).into_iter().find(|sample| sample.name == name).unwrap().letter
}

/// The letter to somebody who registered, to change it.
fn registered(letter: &mut Letter) -> &mut RegistrationLetter {
    match &mut letter.about {
        About::Registration(about) => about,
        About::Follow(_) => panic!("this letter speaks of no registration"),
    }
}

fn event_of(letter: &mut Letter) -> &mut Event {
    let event = match &mut letter.about {
        About::Registration(about) => &mut about.event,
        About::Follow(about) => match &mut about.matter {
            FollowMatter::Published { event } => event,
            FollowMatter::Confirm { .. } => panic!("this letter speaks of no event"),
        },
    };
    Arc::make_mut(event)
}

fn text_of(letter: &Letter) -> String {
    regatta_mail::layout::text(Words::of(letter.language), &compose(letter, NOW).blocks)
}

fn calendar_of(outgoing: &Outgoing) -> Option<String> {
    let message = parsed(&outgoing.bytes);
    let part = message.parts.iter().find(|part| part.is_content_type("text", "calendar"))?;
    Some(String::from_utf8(part.contents().to_vec()).unwrap())
}
