//! A run's view as signals: one for each thing that changes by itself, so that an event touches only what it tells of.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::run::{
    JobState, JobView, LogLine, RunEvent, RunState, RunView, StepState, StepView, Stream,
};

/// Lines in one piece of a log. A new line makes the browser compare only the lines of the last piece, and pieces out of
/// sight need no layout.
const PIECE_LINES: usize = 200;

/// A run on display.
#[derive(Clone)]
pub(crate) struct Board {
    /// Where the run stands.
    pub state: RwSignal<RunState>,
    /// Why, where there is more to say.
    pub reason: RwSignal<Option<String>>,
    /// Milliseconds from acceptance to the last event.
    pub at_ms: RwSignal<u64>,
    /// The event that brought the newest line; 0 before the first.
    pub newest_line: RwSignal<u64>,
    /// The jobs in the plan's order.
    pub jobs: Arc<[JobBoard]>,
}

/// A job on display.
pub(crate) struct JobBoard {
    pub name: String,
    pub needs: Vec<String>,
    pub image: String,
    pub state: RwSignal<JobState>,
    pub reason: RwSignal<Option<String>>,
    pub steps: Vec<StepBoard>,
}

/// A step on display.
pub(crate) struct StepBoard {
    pub name: String,
    pub state: RwSignal<StepState>,
    pub took_ms: RwSignal<Option<u64>>,
    pub log: RwSignal<Vec<Piece>>,
}

/// Some consecutive lines of a step's log.
#[derive(Clone)]
pub(crate) struct Piece {
    /// The number of its first line, from 1.
    pub first: usize,
    /// Its lines, at most [`PIECE_LINES`].
    pub lines: RwSignal<Vec<Line>>,
}

/// A line on display; cheap to clone.
#[derive(Clone)]
pub(crate) struct Line {
    /// Its number within the step, from 1.
    pub number: usize,
    /// The event that brought it.
    pub seq: u64,
    pub stream: Stream,
    pub text: Arc<str>,
}

impl Board {
    /// The board that shows `view`. Belongs to the reactive owner it is made under.
    pub fn new(mut view: RunView) -> Self {
        let board = Self {
            state: RwSignal::new(view.state),
            reason: RwSignal::new(None),
            at_ms: RwSignal::new(view.at_ms),
            newest_line: RwSignal::new(0),
            jobs: view.jobs.iter().map(JobBoard::new).collect(),
        };
        board.show(&mut view);
        board
    }

    /// Shows what is new in `view` and takes its lines, which then live here only.
    fn show(&self, view: &mut RunView) {
        set_if_changed(self.state, &view.state);
        set_if_changed(self.reason, &view.reason);
        set_if_changed(self.at_ms, &view.at_ms);
        for (job, seen) in self.jobs.iter().zip(&mut view.jobs) {
            set_if_changed(job.state, &seen.state);
            set_if_changed(job.reason, &seen.reason);
            for (step, seen) in job.steps.iter().zip(&mut seen.steps) {
                set_if_changed(step.state, &seen.state);
                set_if_changed(step.took_ms, &seen.took_ms);
                if let Some(last) = seen.lines.last().map(|line| line.seq) {
                    self.newest_line.update(|newest| *newest = last.max(*newest));
                }
                step.append(std::mem::take(&mut seen.lines));
            }
        }
    }
}

impl JobBoard {
    fn new(job: &JobView) -> Self {
        Self {
            name: job.name.clone(),
            needs: job.needs.clone(),
            image: job.image.clone(),
            state: RwSignal::new(job.state),
            reason: RwSignal::new(None),
            steps: job.steps.iter().map(StepBoard::new).collect(),
        }
    }
}

impl StepBoard {
    fn new(step: &StepView) -> Self {
        Self {
            name: step.name.clone(),
            state: RwSignal::new(step.state),
            took_ms: RwSignal::new(step.took_ms),
            log: RwSignal::new(Vec::new()),
        }
    }

    fn append(&self, lines: Vec<LogLine>) {
        let mut lines = lines.into_iter().peekable();
        while lines.peek().is_some() {
            let piece = self.open_piece();
            piece.lines.update(|shown| {
                let room = PIECE_LINES - shown.len();
                let next = piece.first + shown.len();
                let numbered = lines.by_ref().take(room).zip(next..);
                shown.extend(numbered.map(|(line, number)| Line::new(number, line)));
            });
        }
    }

    /// The piece that takes the next line.
    fn open_piece(&self) -> Piece {
        let last = self.log.with_untracked(|log| log.last().cloned());
        let first = match last {
            None => 1,
            Some(piece) if piece.lines.with_untracked(Vec::len) < PIECE_LINES => return piece,
            Some(full) => full.first + PIECE_LINES,
        };
        let piece = Piece { first, lines: RwSignal::new(Vec::new()) };
        self.log.update(|log| log.push(piece.clone()));
        piece
    }
}

impl Line {
    fn new(number: usize, line: LogLine) -> Self {
        Self { number, seq: line.seq, stream: line.stream, text: line.text.into() }
    }
}

/// Folds events into a view and shows each batch of them at once.
pub(crate) struct Telling {
    view: RunView,
    board: Board,
}

impl Telling {
    /// Goes on from `view`, which `board` shows already.
    pub fn after(mut view: RunView, board: Board) -> Self {
        for step in view.jobs.iter_mut().flat_map(|job| &mut job.steps) {
            step.lines.clear();
        }
        Self { view, board }
    }

    /// The last event that was folded in.
    pub fn seq(&self) -> u64 {
        self.view.seq
    }

    /// Folds in a batch and shows it. Events told before are passed over.
    pub fn tell(&mut self, events: &[RunEvent]) {
        for event in events {
            self.view.apply(event);
        }
        self.board.show(&mut self.view);
    }

    /// Whether nothing more can come.
    pub fn is_over(&self) -> bool {
        self.view.state.is_final()
    }
}

fn set_if_changed<T: Clone + PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: &T) {
    if signal.with_untracked(|shown| shown != value) {
        signal.set(value.clone());
    }
}

#[cfg(test)]
mod tests {
    use regatta_domain::pipeline::{Needs, Plan, PlannedJob};
    use regatta_domain::run::RunFact;

    use super::*;

    fn view() -> RunView {
        let job = PlannedJob {
            name: "build".into(),
            needs: Needs::default(),
            image: "shell".into(),
            steps: vec!["compile".into()],
        };
        RunView::queued(&Plan { jobs: vec![job] })
    }

    fn line(seq: u64) -> RunEvent {
        let text = format!("line {seq}");
        RunEvent { seq, at_ms: seq, what: RunFact::Line { job: 0, step: 0, stream: Stream::Out, text } }
    }

    fn shown(board: &Board) -> Vec<(usize, u64)> {
        let pieces = board.jobs[0].steps[0].log.get_untracked();
        let lines = pieces.iter().flat_map(|piece| piece.lines.get_untracked());
        lines.map(|line| (line.number, line.seq)).collect()
    }

    #[test]
    fn every_line_is_shown_once_in_order_across_pieces_and_overlaps() {
        Owner::new().with(|| {
            let board = Board::new(view());
            let mut telling = Telling::after(view(), board.clone());
            let events: Vec<RunEvent> = (1..=1_000).map(line).collect();
            for start in (0..1_000_usize).step_by(70) {
                // Each batch begins with events of the one before, as a resumed stream may.
                let from = start.saturating_sub(30);
                telling.tell(&events[from..events.len().min(start + 70)]);
            }
            let expected: Vec<(usize, u64)> = (1..=1_000).map(|n| (n, n as u64)).collect();
            assert_eq!(shown(&board), expected);
            assert_eq!(board.jobs[0].steps[0].log.get_untracked().len(), 1_000 / PIECE_LINES);
            assert_eq!(board.newest_line.get_untracked(), 1_000);
        });
    }

    #[test]
    fn telling_goes_on_where_the_first_view_ended() {
        Owner::new().with(|| {
            let mut first = view();
            for seq in 1..=3 {
                first.apply(&line(seq));
            }
            let board = Board::new(first.clone());
            let mut telling = Telling::after(first, board.clone());
            assert_eq!(telling.seq(), 3);
            telling.tell(&[line(3), line(4)]);
            assert_eq!(shown(&board), [(1, 1), (2, 2), (3, 3), (4, 4)]);
        });
    }
}
