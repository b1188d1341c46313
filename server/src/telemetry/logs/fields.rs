//! What spans and events carry, made harmless: bounded, and without characters that steer a terminal or end a line.

use std::fmt::{self, Write as _};

use serde_json::Value;
use tracing::field::{Field, Visit};

/// The longest text that a field may hold, in bytes; what is beyond is left out, and an ellipsis says so.
pub const MAX_TEXT: usize = 1024;

/// The field that `tracing` keeps an event's words in.
const MESSAGE: &str = "message";
/// Fields that speak to other listeners than the log.
const NOT_OURS: [&str; 2] = ["otel.", "log."];
/// Where the target stands of what came by way of the crate `log`.
const LOG_TARGET: &str = "log.target";

/// The fields of a span or an event, in the order in which they were recorded.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// An event's words.
    pub message: String,
    /// Where an event comes from that came by way of the crate `log`.
    pub log_target: Option<String>,
    values: Vec<(&'static str, Value)>,
}

impl Fields {
    /// The values by their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.values.iter().map(|(name, value)| (*name, value))
    }

    /// Takes over what has a name that is not here yet.
    pub fn take_over(&mut self, others: &Self) {
        for (name, value) in &others.values {
            if !self.knows(name) {
                self.values.push((name, value.clone()));
            }
        }
    }

    fn knows(&self, name: &str) -> bool {
        self.values.iter().any(|(known, _)| *known == name)
    }

    fn put(&mut self, field: &Field, value: Value) {
        let name = field.name();
        if NOT_OURS.iter().any(|start| name.starts_with(start)) {
            return;
        }
        self.values.retain(|(known, _)| *known != name);
        self.values.push((name, value));
    }

    fn put_text(&mut self, field: &Field, text: fmt::Arguments<'_>) {
        match field.name() {
            MESSAGE => self.message = harmless(text),
            LOG_TARGET => self.log_target = Some(harmless(text)),
            _ => self.put(field, Value::String(harmless(text))),
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::from(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put_text(field, format_args!("{value:?}"));
    }
}

/// The text as far as it may be told.
pub fn harmless(text: fmt::Arguments<'_>) -> String {
    let mut told = Told(String::new());
    // It breaks off where it has enough.
    if told.write_fmt(text).is_err() {
        told.0.push('…');
    }
    told.0
}

/// Keeps what is written to it until there is enough.
struct Told(String);

impl fmt::Write for Told {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| self.write_char(character))
    }

    fn write_char(&mut self, character: char) -> fmt::Result {
        if self.0.len() >= MAX_TEXT {
            return Err(fmt::Error);
        }
        if steers(character) {
            self.0.extend(character.escape_default());
        } else {
            self.0.push(character);
        }
        Ok(())
    }
}

/// Whether a character does something to whoever shows it, instead of being shown: controls, ends of lines and paragraphs,
/// and those that turn the direction of writing around (`Bidi_Control` of Unicode).
fn steers(character: char) -> bool {
    let turns = matches!(character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_told_steers_a_terminal_or_ends_a_line() {
        let told = harmless(format_args!("{}", "a\nb\x1b[31mc\u{9b}d\u{202e}e\u{2028}"));
        assert_eq!(told, "a\\nb\\u{1b}[31mc\\u{9b}d\\u{202e}e\\u{2028}");
        assert_eq!(harmless(format_args!("{}", "schön 中文")), "schön 中文");
    }

    #[test]
    fn long_texts_end_where_there_is_enough() {
        let told = harmless(format_args!("{}", "é".repeat(MAX_TEXT)));
        assert!(told.ends_with('…') && told.len() <= MAX_TEXT + '…'.len_utf8(), "{}", told.len());
        assert_eq!(harmless(format_args!("{}", "x".repeat(MAX_TEXT))).len(), MAX_TEXT);
    }
}
