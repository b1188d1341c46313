//! The lines of a step, kept compactly: one text for all of them, and some twenty bytes beside it for each.

use regatta_domain::run::{LogLine, Span, Stream, Style};

/// The lines of a step, or the last of them.
#[derive(Clone, Debug, Default)]
pub struct StepLines {
    /// How many lines came before the first that is kept.
    before: usize,
    /// The texts, each with a line feed behind it.
    text: String,
    entries: Vec<Entry>,
    stretches: Vec<Stretch>,
}

/// What is kept of a line beside its text.
#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    stretches: u32,
    seq: u32,
    at_ms: u32,
    stream: Stream,
}

/// A part of a line that looks different, in bytes from the line's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub from: u32,
    pub to: u32,
    pub style: Style,
}

/// A line as it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// Its number within the step, from 1.
    pub number: usize,
    /// The event that brought it.
    pub seq: u64,
    /// When it was printed, in milliseconds since the run was accepted.
    pub at_ms: u64,
    pub stream: Stream,
    pub text: &'a str,
    pub stretches: &'a [Stretch],
}

impl StepLines {
    /// The lines that `kept` are the last of `printed`.
    pub fn last_of(printed: usize, kept: &[LogLine]) -> Self {
        let mut lines = Self { before: printed.saturating_sub(kept.len()), ..Self::default() };
        for line in kept {
            lines.push(line.seq, line.at_ms, line.stream, &line.text, &line.spans);
        }
        lines
    }

    /// Takes the next line. A log has at most some ten thousand events and lasts minutes: 32 bits hold all of it.
    pub fn push(&mut self, seq: u64, at_ms: u64, stream: Stream, text: &str, spans: &[Span]) {
        let narrow = |wide: u64| u32::try_from(wide).unwrap_or(u32::MAX);
        self.entries.push(Entry {
            start: narrow(self.text.len() as u64),
            stretches: narrow(self.stretches.len() as u64),
            seq: narrow(seq),
            at_ms: narrow(at_ms),
            stream,
        });
        self.stretches.extend(stretches(text, spans));
        // A line feed within a line would be taken for its end.
        self.text.extend(text.chars().map(|c| if c == '\n' { ' ' } else { c }));
        self.text.push('\n');
    }

    /// How many lines are kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The texts from line `at` on, each with a line feed behind it.
    pub(crate) fn text_from(&self, at: usize) -> &str {
        self.entries.get(at).map_or("", |entry| &self.text[entry.start as usize..])
    }

    /// The texts of the lines in `range`, each with a line feed behind it.
    pub(crate) fn text_of(&self, range: std::ops::Range<usize>) -> &str {
        let from = self.text.len() - self.text_from(range.start).len();
        let to = self.text.len() - self.text_from(range.end).len();
        &self.text[from.min(to)..to]
    }

    /// The line at `at`, from 0.
    pub(crate) fn line(&self, at: usize) -> Option<Line<'_>> {
        let entry = self.entries.get(at)?;
        let next = self.entries.get(at + 1);
        let end = next.map_or(self.text.len(), |next| next.start as usize) - 1;
        let last_stretch = next.map_or(self.stretches.len(), |next| next.stretches as usize);
        Some(Line {
            number: self.before + at + 1,
            seq: entry.seq.into(),
            at_ms: entry.at_ms.into(),
            stream: entry.stream,
            text: &self.text[entry.start as usize..end],
            stretches: &self.stretches[entry.stretches as usize..last_stretch],
        })
    }

    /// The lines whose events are from `first` to `last`.
    pub(crate) fn between(&self, first: u64, last: u64) -> std::ops::Range<usize> {
        let before = |limit: u64| self.entries.partition_point(|entry| u64::from(entry.seq) < limit);
        before(first)..before(last.saturating_add(1))
    }
}

/// Spans count characters; what is kept counts bytes, within the text and in order.
fn stretches(text: &str, spans: &[Span]) -> Vec<Stretch> {
    let mut places = text.char_indices().map(|(at, _)| at).chain([text.len()]).enumerate().peekable();
    let mut byte_of = |char: u32| {
        while places.peek().is_some_and(|(number, _)| *number < char as usize) {
            places.next();
        }
        places.peek().map_or(text.len(), |(_, at)| *at)
    };
    let measured = spans.iter().map(|span| {
        let (from, to) = (byte_of(span.at), byte_of(span.at.saturating_add(span.len)));
        (from, to, span.style)
    });
    let narrow = |wide: usize| u32::try_from(wide).unwrap_or(u32::MAX);
    measured
        .filter(|(from, to, _)| from < to)
        .map(|(from, to, style)| Stretch { from: narrow(from), to: narrow(to), style })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bold(at: u32, len: u32) -> Span {
        Span { at, len, style: Style { bold: true, ..Style::default() } }
    }

    #[test]
    fn spans_of_characters_become_stretches_of_bytes() {
        let found = stretches("aé上b", &[bold(1, 1), bold(2, 2)]);
        let places: Vec<_> = found.iter().map(|one| (one.from, one.to)).collect();
        assert_eq!(places, [(1, 3), (3, 7)]);
        assert_eq!(stretches("ab", &[bold(1, 9), bold(7, 1)]).len(), 1, "what is beyond the end is left out");
    }

    #[test]
    fn lines_are_found_by_the_events_that_brought_them() {
        let mut lines = StepLines::default();
        for seq in [3, 5, 9] {
            lines.push(seq, seq * 10, Stream::Out, &format!("line {seq}"), &[]);
        }
        assert_eq!((lines.between(4, 9), lines.between(10, 12)), (1..3, 3..3));
        assert_eq!(lines.text_of(1..3), "line 5\nline 9\n");
    }

    proptest! {
        #[test]
        fn every_line_reads_back(texts in prop::collection::vec(".{0,40}", 0..60)) {
            let mut lines = StepLines { before: 7, ..StepLines::default() };
            for (at, text) in texts.iter().enumerate() {
                lines.push(at as u64 + 1, 0, Stream::Out, text, &[bold(0, 2)]);
            }
            prop_assert_eq!(lines.len(), texts.len());
            for (at, text) in texts.iter().enumerate() {
                let line = lines.line(at).unwrap();
                prop_assert_eq!(line.text, text.replace('\n', " "));
                prop_assert_eq!(line.number, at + 8);
                for stretch in line.stretches {
                    prop_assert!(line.text.get(stretch.from as usize..stretch.to as usize).is_some());
                }
            }
            prop_assert!(lines.line(texts.len()).is_none());
        }
    }
}
