//! What a reader has to say about a text: what it did not do, what it did otherwise, and what is wrong.

use regatta_domain::pipeline::{Diagnostic, Dialect, Note, NoteKind, Pipeline, Problem, Reading};

use crate::yaml::Place;

/// How many diagnostics, and how many notes, one text is worth. More would help nobody, and have to be carried about.
const MAX_TOLD: usize = 100;

/// Notes and diagnostics in the making.
#[derive(Debug, Default)]
pub struct Findings {
    diagnostics: Vec<Diagnostic>,
    notes: Vec<Note>,
}

impl Findings {
    /// The text is wrong here: the dialect's own system would not take it either.
    pub fn wrong(&mut self, place: Place, message: impl Into<String>) {
        self.tell(place.diagnostic(message));
    }

    /// The text is wrong here, and this is what to do about it.
    pub fn wrong_with_hint(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.tell(place.diagnostic_with_hint(message, hint));
    }

    /// The text is right, but this playground does not do that.
    pub fn refused(&mut self, place: Place, message: impl Into<String>) {
        self.tell(Diagnostic { problem: Problem::Refused, ..place.diagnostic(message) });
    }

    /// The text is right, but this playground does not do that; the hint says what it does do.
    pub fn refused_with_hint(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        let diagnostic = place.diagnostic_with_hint(message, hint);
        self.tell(Diagnostic { problem: Problem::Refused, ..diagnostic });
    }

    /// A diagnostic that was made elsewhere.
    pub fn tell(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Something is worth knowing, though it keeps nothing from running; a note without a place speaks of the whole.
    pub fn note(&mut self, kind: NoteKind, place: impl Into<Option<Place>>, text: impl Into<String>) {
        let line = place.into().map(|place| place.line);
        self.notes.push(Note { line, kind, text: text.into() });
    }

    /// `what` has no meaning here, and why.
    pub fn ignored(&mut self, place: Place, what: &str, why: &str) {
        self.note(NoteKind::Ignored, place, format!("{} is ignored: {why}", quoted(what)));
    }

    /// Whether nothing that was told so far keeps the text from running.
    pub fn is_runnable(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// The reading of what was understood, with the notes in the order of their lines and all that is wrong in the order of
    /// its places.
    pub fn conclude(mut self, dialect: Dialect, pipeline: Pipeline) -> Reading {
        // An alias or a shared part can bring the same words in several times; they are worth telling once.
        let by_place = |one: &Diagnostic, other: &Diagnostic| {
            (one.line, one.column, &one.message).cmp(&(other.line, other.column, &other.message))
        };
        self.diagnostics.sort_by(by_place);
        self.diagnostics.dedup();
        self.notes.sort_by(|one, other| (one.line, &one.text).cmp(&(other.line, &other.text)));
        self.notes.dedup();
        if let Some(more) = self.notes.len().checked_sub(MAX_TOLD).filter(|more| *more > 0) {
            self.notes.truncate(MAX_TOLD);
            let text = format!("and {more} more remarks of this kind");
            self.notes.push(Note { line: None, kind: NoteKind::Explained, text });
        }
        if let Some(more) = self.diagnostics.len().checked_sub(MAX_TOLD).filter(|more| *more > 0) {
            let first = &self.diagnostics[MAX_TOLD];
            let place = Place { line: first.line, column: first.column };
            self.diagnostics.truncate(MAX_TOLD);
            self.diagnostics.push(place.diagnostic(format!("from here on, {more} more problems")));
        }
        Reading {
            dialect,
            pipeline: Pipeline { notes: self.notes, ..pipeline },
            diagnostics: self.diagnostics,
        }
    }
}

/// A word of the text as a message shows it: in backquotes, cut where it is longer than anything one would name.
pub fn quoted(word: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown: String = word.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    if word.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}
