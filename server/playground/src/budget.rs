//! How much a run may write into its log.

use std::sync::atomic::{AtomicUsize, Ordering};

use regatta_domain::run::RunFact;

use crate::amount::{bytes_in_words, grouped};

/// What a line costs of the log's bytes for each part of it that looks different.
const SPAN_BYTES: usize = 16;

/// What the log of a run may still hold.
pub(crate) struct LogBudget {
    lines: AtomicUsize,
    bytes: AtomicUsize,
    words: String,
}

/// The log of the run holds all it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogFull;

impl LogBudget {
    pub(crate) fn new(lines: usize, bytes: usize) -> Self {
        let words = format!("{} lines or {}", grouped(lines), bytes_in_words(bytes as u64));
        Self { lines: AtomicUsize::new(lines), bytes: AtomicUsize::new(bytes), words }
    }

    /// What it still may where so many lines and bytes are spent.
    pub(crate) fn without(mut self, (lines, bytes): (usize, usize)) -> Self {
        *self.lines.get_mut() = self.lines.get_mut().saturating_sub(lines);
        *self.bytes.get_mut() = self.bytes.get_mut().saturating_sub(bytes);
        self
    }

    /// What it held at first: "40,000 lines or 4 MiB".
    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    /// Takes what a fact costs away, where it is there.
    pub(crate) fn spend(&self, fact: &RunFact) -> Result<(), LogFull> {
        let (lines, bytes) = cost(fact);
        take(&self.lines, lines)?;
        take(&self.bytes, bytes)
    }
}

/// How many lines and bytes of a log a fact takes up.
pub(crate) fn cost(fact: &RunFact) -> (usize, usize) {
    match fact {
        RunFact::Line { text, spans, .. } => (1, text.len() + 1 + SPAN_BYTES * spans.len()),
        RunFact::Output { name, value, exact, .. } => {
            let exact = exact.as_ref().map_or(0, |(name, value)| name.len() + value.len());
            (0, name.len() + value.len() + exact)
        }
        _ => (0, 0),
    }
}

fn take(left: &AtomicUsize, cost: usize) -> Result<(), LogFull> {
    let taken = left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(cost));
    taken.map(|_| ()).map_err(|_| LogFull)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told_in_words() {
        assert_eq!(LogBudget::new(40_000, 4 << 20).words(), "40,000 lines or 4 MiB");
        assert_eq!(LogBudget::new(3, 1000).words(), "3 lines or 1000 bytes");
    }
}
