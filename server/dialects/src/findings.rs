//! What a reader has to say about a text: what it did not do, and what is wrong.

use regatta_domain::pipeline::{Diagnostic, Note};

use crate::yaml::Place;

/// Notes and diagnostics in the making.
#[derive(Debug, Default)]
pub struct Findings {
    diagnostics: Vec<Diagnostic>,
    notes: Vec<Note>,
}

impl Findings {
    /// Something is wrong.
    pub fn wrong(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Something is done differently, or not at all.
    pub fn note(&mut self, place: Place, text: impl Into<String>) {
        self.notes.push(Note { line: Some(place.line), text: text.into() });
    }

    /// The value, with the notes in the order of their lines; or all that is wrong, in the order of its places.
    pub fn conclude<T>(mut self, value: Option<T>) -> Result<(T, Vec<Note>), Vec<Diagnostic>> {
        match value {
            Some(value) if self.diagnostics.is_empty() => {
                self.notes.sort_by_key(|note| note.line);
                // An alias can bring the same part of a text in several times; it is worth one note.
                self.notes.dedup();
                Ok((value, self.notes))
            }
            _ => {
                self.diagnostics.sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
                self.diagnostics.dedup();
                Err(self.diagnostics)
            }
        }
    }
}

/// A word of the text as a message shows it: in backquotes, cut where it is longer than anything one would name.
pub fn quoted(word: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown: String = word.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    if word.chars().count() > SHOWN {
        shown.push('…');
    }
    format!("`{shown}`")
}
