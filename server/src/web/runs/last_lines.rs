//! Which lines a page has room for.

use regatta_domain::run::{RunView, StepState, StepView};

/// Keeps the last lines of each step, at most `most` in all. Steps that went wrong come first, then those that run, then
/// the later ones; each gets half of the room that is left, and what others leave over goes round again.
pub(super) fn keep_what_matters(view: &mut RunView, most: usize) {
    let mut steps: Vec<&mut StepView> = view.jobs.iter_mut().flat_map(|job| &mut job.steps).collect();
    let mut order: Vec<usize> = (0..steps.len()).rev().collect();
    order.sort_by_key(|at| urgency(steps[*at].state));
    let mut kept = vec![0; steps.len()];
    let mut room = most;
    while room > 0 {
        let before = room;
        for at in &order {
            let more = (steps[*at].lines.len() - kept[*at]).min(room.div_ceil(2));
            kept[*at] += more;
            room -= more;
        }
        if room == before {
            break;
        }
    }
    for (step, kept) in steps.iter_mut().zip(kept) {
        let surplus = step.lines.len() - kept;
        step.lines.drain(..surplus);
    }
}

fn urgency(state: StepState) -> u8 {
    match state {
        StepState::Exited(code) if code != 0 => 0,
        StepState::Stopped => 0,
        StepState::Running => 1,
        StepState::Exited(_) | StepState::Waiting | StepState::Skipped => 2,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regatta_domain::pipeline::{Plan, PlannedJob};
    use regatta_domain::run::{RunEvent, RunFact, Stream};

    use super::*;

    /// A run of one job, whose steps printed so many lines and ended with these codes.
    fn run(steps: &[(usize, Option<i32>)]) -> RunView {
        let names = (0..steps.len()).map(|at| at.to_string()).collect();
        let job = PlannedJob { steps: names, ..PlannedJob::default() };
        let mut view = RunView::queued(&Plan { jobs: vec![job], stages: vec![] });
        let mut tell = |what| view.apply(&RunEvent { seq: view.seq + 1, at_ms: 0, what });
        for (step, (lines, exit)) in steps.iter().enumerate() {
            tell(RunFact::StepStarted { job: 0, step });
            for _ in 0..*lines {
                let (stream, text) = (Stream::Out, String::new());
                tell(RunFact::Line { job: 0, step, stream, text, spans: vec![] });
            }
            if let Some(exit) = *exit {
                tell(RunFact::StepEnded { job: 0, step, exit, took_ms: 0, usage: None });
            }
        }
        view
    }

    fn kept(view: &RunView) -> Vec<usize> {
        view.jobs[0].steps.iter().map(|step| step.lines.len()).collect()
    }

    #[test]
    fn what_went_wrong_has_most_of_the_room() {
        let mut view = run(&[(900, Some(0)), (900, Some(1)), (900, None)]);
        keep_what_matters(&mut view, 400);
        let kept = kept(&view);
        assert!(kept[1] >= 200 && kept[1] > kept[2] && kept[2] > kept[0], "{kept:?}");
        let last = view.jobs[0].steps[1].lines.last().map(|line| line.seq);
        assert_eq!(last, Some(900 + 2 + 1 + 900), "the last lines are kept");
    }

    proptest! {
        #[test]
        fn the_room_is_used_and_not_more(
            steps in prop::collection::vec((0_usize..40, prop::option::of(0..2)), 0..6), most in 0_usize..120,
        ) {
            let mut view = run(&steps);
            keep_what_matters(&mut view, most);
            let printed: usize = steps.iter().map(|(lines, _)| lines).sum();
            prop_assert_eq!(kept(&view).iter().sum::<usize>(), printed.min(most));
        }
    }
}
