//! The span of each run, from the moment it is accepted to its end, however many tasks it goes through: whoever reads the log
//! finds everything about a run by it, and whoever follows traces sees where its time went.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use regatta_domain::ids::RunId;
use tracing::Span;

/// How many are kept for runs that wait; more than may wait at once. Those of runs that other processes took are not known
/// as such, and are let go of when there are too many.
const MOST: usize = 1024;

/// Spans of runs that were accepted here and wait.
#[derive(Debug, Default)]
pub(crate) struct RunSpans(Mutex<HashMap<RunId, Span>>);

impl RunSpans {
    /// A run was accepted, in the span of whoever asked for it.
    pub(crate) fn accept(&self, run: &RunId) {
        tracing::info!(%run, "a run was accepted");
        let span = span(run);
        // A child would keep the request's span open for as long as the run goes on.
        span.follows_from(Span::current());
        span.in_scope(|| tracing::debug!("accepted"));
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spans.len() >= MOST {
            spans.clear();
        }
        spans.insert(run.clone(), span);
    }

    /// The span of a run whose turn has come, or that was taken up.
    pub(crate) fn take(&self, run: &RunId) -> Span {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(run);
        kept.unwrap_or_else(|| span(run))
    }
}

fn span(run: &RunId) -> Span {
    tracing::info_span!(parent: None, "run", %run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_not_kept_for_longer_than_it_waits() {
        let (spans, run) = (RunSpans::default(), RunId::from_bytes([7; 16]));
        spans.accept(&run);
        assert_eq!(spans.0.lock().unwrap().len(), 1);
        drop(spans.take(&run));
        assert!(spans.0.lock().unwrap().is_empty());
    }

    #[test]
    fn there_are_no_more_than_may_be() {
        let spans = RunSpans::default();
        for number in 0..=MOST {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            spans.accept(&RunId::from_bytes(bytes));
        }
        assert!(spans.0.lock().unwrap().len() <= MOST);
    }
}
