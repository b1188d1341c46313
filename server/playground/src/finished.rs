//! Runs that are over, as they were read last. Nothing of them changes any more, and a link to a long log that is passed
//! around is opened again and again: its thousands of events are read and folded once.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use regatta_domain::ids::RunId;
use regatta_domain::run::RunView;

/// The most views that are kept.
const MOST_VIEWS: usize = 64;
/// The most bytes of text in a view that is kept; a page has room for much less.
const MOST_BYTES: usize = 256 << 10;

/// Views of runs that are over, the one read last in front.
#[derive(Default)]
pub(crate) struct Finished(Mutex<VecDeque<Kept>>);

struct Kept {
    id: RunId,
    /// The most lines of each step.
    most: usize,
    view: RunView,
}

impl Finished {
    /// The view of `id` with at most `most` lines of each step.
    pub fn find(&self, id: &RunId, most: usize) -> Option<RunView> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|kept| kept.id == *id && kept.most == most)?;
        let found = all.remove(at)?;
        let view = found.view.clone();
        all.push_front(found);
        Some(view)
    }

    /// Keeps `view`, where its run is over and it is not too large.
    pub fn keep(&self, id: &RunId, most: usize, view: &RunView) {
        if !view.state.is_final() || bytes(view) > MOST_BYTES {
            return;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|kept| kept.id != *id || kept.most != most);
        all.push_front(Kept { id: id.clone(), most, view: view.clone() });
        all.truncate(MOST_VIEWS);
    }
}

fn bytes(view: &RunView) -> usize {
    let steps = view.jobs.iter().flat_map(|job| &job.steps);
    steps.flat_map(|step| &step.lines).map(|line| line.text.len()).sum()
}

#[cfg(test)]
mod tests {
    use regatta_domain::pipeline::{Plan, PlannedJob};
    use regatta_domain::run::{Ending, RunEvent, RunFact, RunState, Stream};

    use super::*;

    fn view(state: RunState, text: &str) -> RunView {
        let job = PlannedJob { steps: vec!["only".into()], ..PlannedJob::default() };
        let mut view = RunView::queued(&Plan { jobs: vec![job], stages: vec![] });
        let (stream, text) = (Stream::Out, text.to_owned());
        let what = RunFact::Line { job: 0, step: 0, stream, text, spans: vec![] };
        view.apply(&RunEvent { seq: 1, at_ms: 0, what });
        view.state = state;
        view
    }

    fn id(number: usize) -> RunId {
        let letters =
            (0..26).map(|at| char::from(b'a' + u8::try_from(number >> (4 * at.min(8)) & 15).unwrap()));
        letters.collect::<String>().parse().unwrap()
    }

    #[test]
    fn only_what_is_over_and_not_too_large_is_kept() {
        let finished = Finished::default();
        let large = "x".repeat(MOST_BYTES + 1);
        for (number, view) in
            [view(RunState::Running, "a"), view(RunState::Ended(Ending::Failed), &large)].iter().enumerate()
        {
            finished.keep(&id(number), 500, view);
            assert_eq!(finished.find(&id(number), 500), None);
        }
        let over = view(RunState::Ended(Ending::Failed), "a");
        finished.keep(&id(7), 500, &over);
        assert_eq!(finished.find(&id(7), 500), Some(over));
        assert_eq!(finished.find(&id(7), 12), None, "with other lines it is another view");
    }

    #[test]
    fn who_is_asked_for_stays_and_the_others_go() {
        let finished = Finished::default();
        let over = view(RunState::Ended(Ending::Succeeded), "a");
        for number in 0..MOST_VIEWS {
            finished.keep(&id(number), 500, &over);
        }
        assert!(finished.find(&id(0), 500).is_some());
        finished.keep(&id(MOST_VIEWS), 500, &over);
        assert!(finished.find(&id(0), 500).is_some());
        assert!(finished.find(&id(1), 500).is_none());
    }
}
