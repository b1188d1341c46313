//! A line of the log, for people and for programs.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;
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

/// What every JSON line has, in this order; no field may take these names.
const OWN_NAMES: [&str; 4] = ["time", "level", "target", "message"];

impl Line {
    /// For people: `2026-11-22T10:00:00.123456Z  INFO regatta::web: a run was accepted run=01ab request=5f3a`.
    pub fn text(&self, colours: bool) -> String {
        let (on, off) = if colours { (colour(self.level), "\u{1b}[0m") } else { ("", "") };
        let time = self.at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ");
        format!("{time} {on}{:>5}{off} {}: {}\n", self.level.as_str(), self.target, self.words())
    }

    /// For programs: one JSON object, which begins with what every line has.
    pub fn json(&self) -> String {
        let time = self.at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
        let level = self.level.as_str().to_lowercase();
        let every = [time, level, self.target.clone(), self.fields.message.clone()].map(Value::String);
        let every = OWN_NAMES.into_iter().zip(&every);
        let fields = self.fields.iter().filter(|(name, _)| !OWN_NAMES.contains(name));
        let pairs = every.chain(fields).map(|(name, value)| format!("{}:{value}", Value::from(name)));
        format!("{{{}}}\n", pairs.collect::<Vec<_>>().join(","))
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
