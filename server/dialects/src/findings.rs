//! What a reader has to say about a text: what it did not do, what it did otherwise, and what is wrong.

use regatta_domain::pipeline::{Diagnostic, Dialect, Note, NoteKind, Pipeline, Problem, Reading};

use crate::yaml::Place;

/// How many diagnostics, and how many notes, one text is worth. More would help nobody, and have to be carried about.
const MAX_TOLD: usize = 100;
/// How many of each are gathered before they are sorted; beyond that they are only counted, so that a text that is all
/// wrong is read no longer than one that is right.
const MAX_GATHERED: usize = 1000;

/// Notes and diagnostics in the making.
#[derive(Debug, Default)]
pub struct Findings {
    diagnostics: Vec<Diagnostic>,
    notes: Vec<Note>,
    diagnostics_beyond: usize,
    notes_beyond: usize,
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
        if self.is_full() {
            self.diagnostics_beyond += 1;
        } else {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether so much is wrong that one need not put more of it into words.
    pub fn is_full(&self) -> bool {
        self.diagnostics.len() >= MAX_GATHERED
    }

    /// Something is worth knowing, though it keeps nothing from running; a note without a place speaks of the whole.
    pub fn note(&mut self, kind: NoteKind, place: impl Into<Option<Place>>, text: impl Into<String>) {
        if self.notes.len() >= MAX_GATHERED {
            self.notes_beyond += 1;
            return;
        }
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
        let more_notes = (self.notes.len() + self.notes_beyond).checked_sub(MAX_TOLD);
        if let Some(more) = more_notes.filter(|more| *more > 0) {
            self.notes.truncate(MAX_TOLD);
            let text = format!("and {more} more remarks of this kind");
            self.notes.push(Note { line: None, kind: NoteKind::Explained, text });
        }
        let more_problems = (self.diagnostics.len() + self.diagnostics_beyond).checked_sub(MAX_TOLD);
        if let (Some(more @ 1..), Some(first)) = (more_problems, self.diagnostics.get(MAX_TOLD)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_counting_is_counted_all_the_same() {
        let mut findings = Findings::default();
        for line in 1..=5 * MAX_GATHERED {
            let place = Place { line, column: 1 };
            findings.wrong(place, "wrong");
            findings.ignored(place, "this", "of its kind");
        }
        assert!(findings.is_full());
        let Reading { diagnostics, pipeline, .. } = findings.conclude(Dialect::Tekton, Pipeline::default());
        assert_eq!((diagnostics.len(), pipeline.notes.len()), (MAX_TOLD + 1, MAX_TOLD + 1));
        assert_eq!(diagnostics[MAX_TOLD].message, "from here on, 4900 more problems");
        assert_eq!(pipeline.notes[MAX_TOLD].text, "and 4900 more remarks of this kind");
    }
}
