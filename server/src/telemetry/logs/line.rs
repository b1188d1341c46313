//! A line of the log, for people and for programs.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::Level;

use super::fields::Fields;

/// What happened, with all that is known of its surroundings.
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// How bad.
    pub level: Level,
    /// Which part of the program says so.
    pub target: String,
    /// Its words, its own fields, and those of the spans around it.
    pub fields: Fields,
}

/// Names of a JSON line that no field may take.
const OWN_NAMES: [&str; 4] = ["time", "level", "target", "message"];

impl Line {
    /// For people: `2026-11-22T10:00:00.123456Z  INFO regatta::web: a run was accepted run=01ab request=5f3a`.
    pub fn text(&self, colours: bool) -> String {
        let (on, off) = if colours { (colour(self.level), "\u{1b}[0m") } else { ("", "") };
        let time = self.at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ");
        format!("{time} {on}{:>5}{off} {}: {}\n", self.level.as_str(), self.target, self.words())
    }

    /// For programs: one JSON object.
    pub fn json(&self) -> String {
        let mut line = Map::new();
        line.insert("time".into(), self.at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string().into());
        line.insert("level".into(), self.level.as_str().to_lowercase().into());
        line.insert("target".into(), self.target.as_str().into());
        line.insert("message".into(), self.fields.message.as_str().into());
        for (name, value) in self.fields.iter().filter(|(name, _)| !OWN_NAMES.contains(name)) {
            line.insert(name.to_owned(), value.clone());
        }
        format!("{}\n", Value::Object(line))
    }

    /// What was said and the fields, on one line.
    pub fn words(&self) -> String {
        let mut words = self.fields.message.clone();
        for (name, value) in self.fields.iter() {
            // Writing to a text never fails.
            let _ = match value {
                Value::String(text) if needs_quotes(text) => {
                    write!(words, " {name}=\"{}\"", text.replace('"', "\\\""))
                }
                Value::String(text) => write!(words, " {name}={text}"),
                other => write!(words, " {name}={other}"),
            };
        }
        words
    }
}

fn needs_quotes(text: &str) -> bool {
    text.is_empty() || text.contains([' ', '"', '='])
}

/// The colour of a level, by the sequences that every terminal knows (ECMA-48, section 8.3.117).
fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\u{1b}[31m",
        Level::WARN => "\u{1b}[33m",
        Level::INFO => "\u{1b}[32m",
        Level::DEBUG => "\u{1b}[34m",
        Level::TRACE => "\u{1b}[35m",
    }
}
