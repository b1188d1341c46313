//! A run as it is told: its view, and the lines of its steps beside it.

use regatta_domain::run::{JobView, RunEvent, RunFact, RunView, StepView};

use super::log::StepLines;

/// A run as it is told, event by event.
pub(crate) struct Story {
    pub view: RunView,
    /// The lines of each step; the steps of all jobs are counted through.
    pub lines: Vec<StepLines>,
    /// The number of each job's first step.
    first_steps: Vec<usize>,
    /// The last event whose line, if it brought one, is kept.
    told: u64,
}

/// An event came whose predecessor did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("events are missing")]
pub(crate) struct Gap;

impl Story {
    /// Goes on from `view`, which is shown already; its lines are still to come, from the first event on.
    pub fn new(mut view: RunView) -> Self {
        view.keep_last_lines(0);
        let mut steps = 0;
        let mut first_steps = Vec::with_capacity(view.jobs.len());
        for job in &view.jobs {
            first_steps.push(steps);
            steps += job.steps.len();
        }
        Self { view, lines: vec![StepLines::default(); steps], first_steps, told: 0 }
    }

    /// The last event that was told.
    pub fn told(&self) -> u64 {
        self.told
    }

    /// Whether all that the view tells of was told, so that what is kept is complete up to here.
    pub fn is_caught_up(&self) -> bool {
        self.told >= self.view.seq
    }

    /// Takes the next events. Those that were told before are passed over.
    pub fn tell(&mut self, events: &[RunEvent]) -> Result<(), Gap> {
        for event in events {
            if event.seq <= self.told {
                continue;
            }
            if event.seq != self.told + 1 {
                return Err(Gap);
            }
            self.told = event.seq;
            self.view.apply(event);
            if let RunFact::Line { job, step, stream, text, spans } = &event.what
                && let Some(at) = self.number_of(*job, *step)
            {
                self.lines[at].push(event.seq, event.at_ms, *stream, text, spans);
                self.view.jobs[*job].steps[*step].lines.clear();
            }
        }
        Ok(())
    }

    /// The steps of all jobs with the jobs they belong to, counted through.
    pub fn steps(&self) -> impl Iterator<Item = (usize, &JobView, &StepView)> {
        let steps = self.view.jobs.iter().flat_map(|job| job.steps.iter().map(move |step| (job, step)));
        steps.enumerate().map(|(number, (job, step))| (number, job, step))
    }

    /// The number of a step among those of all jobs.
    fn number_of(&self, job: usize, step: usize) -> Option<usize> {
        let first = self.first_steps.get(job)?;
        (step < self.view.jobs.get(job)?.steps.len()).then_some(first + step)
    }

    /// The job and the step within it of the step with this number.
    pub fn step_of(&self, number: usize) -> (usize, usize) {
        let job = self.first_steps.partition_point(|first| *first <= number).saturating_sub(1);
        (job, number - self.first_steps.get(job).copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regatta_domain::pipeline::{Plan, PlannedJob};
    use regatta_domain::run::Stream;

    use super::*;

    fn queued() -> RunView {
        let job = |steps: &[&str]| PlannedJob {
            steps: steps.iter().map(|name| (*name).to_owned()).collect(),
            ..PlannedJob::default()
        };
        RunView::queued(&Plan { jobs: vec![job(&["a", "b"]), job(&[]), job(&["c"])], stages: vec![] })
    }

    fn line(seq: u64) -> RunEvent {
        let (job, step) = match seq % 4 {
            0 => (0, 0),
            1 => (0, 1),
            2 => (2, 0),
            _ => (7, 0),
        };
        let (stream, text, spans) = (Stream::Out, format!("line {seq}"), vec![]);
        RunEvent { seq, at_ms: seq, what: RunFact::Line { job, step, stream, text, spans } }
    }

    fn told(story: &Story) -> Vec<u64> {
        let all =
            |lines: &StepLines| (0..lines.len()).map(|at| lines.line(at).unwrap().seq).collect::<Vec<_>>();
        let mut seqs: Vec<u64> = story.lines.iter().flat_map(all).collect();
        seqs.sort_unstable();
        seqs
    }

    #[test]
    fn steps_are_counted_through_all_jobs() {
        let story = Story::new(queued());
        let places: Vec<_> = (0..3).map(|number| story.step_of(number)).collect();
        assert_eq!(places, [(0, 0), (0, 1), (2, 0)]);
        let names: Vec<_> = story.steps().map(|(_, _, step)| step.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn what_the_view_knew_already_is_kept_all_the_same_and_changes_nothing() {
        let mut view = queued();
        for seq in 1..=5 {
            view.apply(&line(seq));
        }
        let mut story = Story::new(view);
        assert!(!story.is_caught_up());
        story.tell(&(1..=6).map(line).collect::<Vec<_>>()).unwrap();
        assert!(story.is_caught_up());
        assert_eq!(told(&story), [1, 2, 4, 5, 6], "the plan has no job for the third");
        assert_eq!(story.view.jobs[0].steps[0].printed, 1);
        assert_eq!(story.tell(&[line(8)]), Err(Gap));
    }

    proptest! {
        #[test]
        fn however_often_a_stream_is_cut_no_line_is_lost_or_doubled(
            cuts in prop::collection::vec((1_usize..60, 0_usize..30), 1..80),
        ) {
            let events: Vec<RunEvent> = (1..=600).map(line).collect();
            let mut story = Story::new(queued());
            for (many, back) in cuts {
                let from = usize::try_from(story.told()).unwrap().saturating_sub(back);
                let to = (from + many).min(events.len());
                prop_assert_eq!(story.tell(&events[from..to]), Ok(()));
            }
            let expected: Vec<u64> = (1..=story.told()).filter(|seq| seq % 4 != 3).collect();
            prop_assert_eq!(told(&story), expected);
        }
    }
}
