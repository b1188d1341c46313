//! A message as plain text.

use regatta_language::Words;

use super::wrap::wrap;
use super::{Block, Fact};

/// The message as plain text, wrapped, lines ending in LF. Addresses stand on lines of their own.
pub fn text(words: Words, blocks: &[Block]) -> String {
    let paragraphs: Vec<String> = blocks.iter().map(|block| text_of(words, block)).collect();
    paragraphs.join("\n\n") + "\n"
}

fn text_of(words: Words, block: &Block) -> String {
    match block {
        Block::Paragraph(said) => wrap(said),
        Block::Facts(facts) => joined(facts.iter().map(|(name, fact)| fact_as_text(words, name, fact))),
        Block::List(items) => joined(items.iter().map(|item| format!("- {}", indented(&wrap(item))))),
        Block::Quote { label, lines } => {
            let quoted = lines.iter().map(|line| format!("> {}", wrap(line).replace('\n', "\n> ")));
            format!("{label}\n{}", joined(quoted))
        }
        Block::Action { label, url, .. } | Block::Link { label, url } => link(words, label, url),
        Block::Footer { lines, link: end, site, site_url } => {
            let mut said: Vec<String> = lines.iter().map(|line| wrap(line)).collect();
            said.extend(end.iter().map(|(label, url)| link(words, label, url)));
            said.push(link(words, site, site_url));
            // The mark before a signature (RFC 3676 section 4.3).
            format!("-- \n{}", said.join("\n"))
        }
    }
}

fn fact_as_text(words: Words, name: &str, fact: &Fact) -> String {
    match fact {
        Fact::Words(value) | Fact::Aside(value) => named(words, name, value),
        Fact::Changed { now, was } => format!("{}\n  {}", named(words, name, now), indented(&wrap(was))),
    }
}

fn named(words: Words, name: &str, value: &str) -> String {
    let line = words.say_with("mail-fact", &[("name", name.into()), ("value", value.into())]);
    indented(&wrap(&line))
}

fn link(words: Words, label: &str, url: &str) -> String {
    format!("{}\n{url}", words.say_with("mail-link", &[("label", label.into())]))
}

fn indented(lines: &str) -> String {
    lines.replace('\n', "\n  ")
}

fn joined(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}
