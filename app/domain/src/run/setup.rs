//! A job's set-up, part by part: each is named by what it led to.

use super::placement::Milestone;
use super::view::{JobView, RunView};

/// What a part of a set-up led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// To this milestone. To [`Milestone::Asked`] leads the wait for one's turn.
    To(Milestone),
    /// To the first step.
    ToFirstStep,
}

/// A part of a job's set-up, by the portal's clock: when it heard of what the part led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetupPart {
    /// What it led to.
    pub phase: Phase,
    /// When it began, in milliseconds since the run was accepted.
    pub from_ms: u64,
    /// When it was over, in the same.
    pub to_ms: u64,
    /// When it was over by the cluster's clock, where that told (see [`super::RunFact::Reached`]).
    pub reported_ms: Option<i64>,
}

impl Phase {
    /// The name under which it is styled and measured.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::To(milestone) => milestone.as_str(),
            Self::ToFirstStep => "first_step",
        }
    }

    /// What was reached when it was over, as a visitor reads it.
    pub fn words(self) -> &'static str {
        match self {
            Self::To(Milestone::Asked) => "Its turn came",
            Self::To(milestone) => milestone.words(),
            Self::ToFirstStep => "First step",
        }
    }

    /// What went on in it, as a visitor reads it.
    pub fn doing(self) -> &'static str {
        match self {
            Self::To(Milestone::Asked) => "waiting for its turn",
            Self::To(Milestone::PodCreated) => "having the pod taken in by the cluster",
            Self::To(Milestone::Scheduled) => "finding a node",
            Self::To(Milestone::SandboxStarted) => "starting the sandbox",
            Self::To(Milestone::ImagePulled) => "getting the image",
            Self::To(Milestone::ContainerStarted) => "starting the container",
            Self::To(Milestone::RunnerReady) => "starting the runner",
            Self::ToFirstStep => "getting to the first step",
        }
    }
}

impl SetupPart {
    /// How long it took, in milliseconds.
    pub fn took_ms(&self) -> u64 {
        self.to_ms.saturating_sub(self.from_ms)
    }
}

impl JobView {
    /// The parts of its set-up that are over, from the moment its sandbox was asked for, in order. Where it was tried again,
    /// those of the later attempt.
    pub fn setup(&self) -> Vec<SetupPart> {
        let Some(mut from_ms) = self.reached(Milestone::Asked) else { return Vec::new() };
        let milestones = self.milestones.iter().filter(|(milestone, _)| *milestone != Milestone::Asked);
        let reached = milestones.map(|(milestone, at_ms)| (Phase::To(*milestone), *at_ms));
        let first_step = self.began_ms().map(|at_ms| (Phase::ToFirstStep, at_ms));
        let mut parts = Vec::with_capacity(self.milestones.len());
        for (phase, to_ms) in reached.chain(first_step) {
            let reported_ms = match phase {
                Phase::To(milestone) => self.reported(milestone),
                Phase::ToFirstStep => None,
            };
            parts.push(SetupPart { phase, from_ms, to_ms, reported_ms });
            from_ms = to_ms;
        }
        parts
    }

    /// When its first step began, in milliseconds since the run was accepted.
    pub fn began_ms(&self) -> Option<u64> {
        self.steps.iter().filter_map(|step| step.started_ms).min()
    }

    /// When its sandbox was asked for the first time, in milliseconds since the run was accepted.
    pub fn asked_ms(&self) -> Option<u64> {
        self.retry.as_ref().map(|retry| retry.asked_ms).or_else(|| self.reached(Milestone::Asked))
    }
}

impl RunView {
    /// The job whose sandbox was asked for first: until then the run waited for its turn.
    pub fn first_asked(&self) -> Option<usize> {
        let asked = |at: usize| Some((at, self.jobs[at].asked_ms()?));
        (0..self.jobs.len()).filter_map(asked).min_by_key(|(_, ms)| *ms).map(|(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Plan, PlannedJob};
    use crate::run::{ImageState, IsolationLevel, JobState, Placement, RunEvent, RunFact};

    fn queued() -> RunView {
        let job = PlannedJob { steps: vec!["one".into()], ..PlannedJob::default() };
        RunView::queued(&Plan { jobs: vec![job.clone(), job], stages: vec![] })
    }

    fn told(view: &mut RunView, facts: impl IntoIterator<Item = (u64, RunFact)>) {
        for (at_ms, what) in facts {
            view.apply(&RunEvent { seq: view.seq + 1, at_ms, what });
        }
    }

    fn reached(milestone: Milestone, reported_ms: Option<i64>) -> RunFact {
        RunFact::Reached { job: 0, milestone, reported_ms }
    }

    fn placed(attempt: u32) -> RunFact {
        let placement = Placement {
            executor: "kubernetes".into(),
            level: IsolationLevel::VirtualMachine,
            reason: String::new(),
            image: None,
            image_state: ImageState::Cached,
        };
        RunFact::Placed { job: 0, placement, attempt, outlives: false }
    }

    fn lengths(view: &RunView) -> Vec<(&'static str, u64, Option<i64>)> {
        let parts = view.jobs[0].setup();
        parts.iter().map(|part| (part.phase.as_str(), part.took_ms(), part.reported_ms)).collect()
    }

    #[test]
    fn parts_follow_each_other_without_gaps_whatever_milestones_there_are() {
        let mut view = queued();
        assert_eq!((lengths(&view), view.first_asked()), (vec![], None));
        told(
            &mut view,
            [
                (20, reached(Milestone::Asked, None)),
                (50, reached(Milestone::PodCreated, Some(-400))),
                (950, reached(Milestone::SandboxStarted, Some(600))),
                (960, RunFact::StepStarted { job: 0, step: 0 }),
            ],
        );
        let expected = vec![
            ("pod_created", 30, Some(-400)),
            ("sandbox_started", 900, Some(600)),
            ("first_step", 10, None),
        ];
        assert_eq!((lengths(&view), view.first_asked()), (expected, Some(0)));
    }

    #[test]
    fn a_second_attempt_begins_anew_and_the_first_is_kept_with_its_reason() {
        let mut view = queued();
        let again = Some("tried again, because its node was lost".to_owned());
        told(
            &mut view,
            [
                (10, placed(0)),
                (20, reached(Milestone::Asked, None)),
                (70, reached(Milestone::PodCreated, None)),
                (500, RunFact::Job { job: 0, state: JobState::Starting, reason: again.clone() }),
                (500, placed(1)),
                (501, reached(Milestone::Asked, None)),
                (540, reached(Milestone::PodCreated, None)),
                (600, placed(1)),
            ],
        );
        let job = &view.jobs[0];
        assert_eq!(lengths(&view), [("pod_created", 39, None)]);
        let retry = job.retry.as_ref().unwrap();
        assert_eq!((retry.asked_ms, retry.at_ms, retry.reason.as_deref()), (20, 500, again.as_deref()));
        assert_eq!(job.asked_ms(), Some(20));
    }
}
