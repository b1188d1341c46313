//! A run as it can be shown, folded from its events.

use serde::{Deserialize, Serialize};

use super::event::{RunEvent, RunFact, Stream};
use super::state::{JobState, RunState, StepState};
use crate::pipeline::Plan;

/// Exit codes above this one tell of a signal: 128 + n for signal n.
const SIGNALLED: i32 = 128;

/// A run as it can be shown, folded from its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    /// Where the run stands.
    pub state: RunState,
    /// Why, where there is more to say.
    pub reason: Option<String>,
    /// The sequence number of the last event folded in; 0 before the first.
    pub seq: u64,
    /// Milliseconds from acceptance to the last event.
    pub at_ms: u64,
    /// The jobs in the plan's order.
    pub jobs: Vec<JobView>,
}

/// A job of a [`RunView`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobView {
    /// Its name.
    pub name: String,
    /// The names of the jobs it needs.
    pub needs: Vec<String>,
    /// Its image's alias.
    pub image: String,
    /// Where it stands.
    pub state: JobState,
    /// Why, where there is more to say.
    pub reason: Option<String>,
    /// Its steps.
    pub steps: Vec<StepView>,
}

/// A step of a [`JobView`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: StepState,
    /// How long it ran, in milliseconds, once it ended.
    pub took_ms: Option<u64>,
    /// What it printed.
    pub lines: Vec<LogLine>,
}

/// A line of a step's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The event that brought it; stable, so that it can be linked to.
    pub seq: u64,
    /// Where it was printed to.
    pub stream: Stream,
    /// The text.
    pub text: String,
}

impl RunView {
    /// A run of `plan` of which nothing has been told yet.
    pub fn queued(plan: &Plan) -> Self {
        let name_of = |at: usize| plan.jobs.get(at).map(|job| job.name.clone());
        let jobs = plan.jobs.iter().map(|job| JobView {
            name: job.name.clone(),
            needs: job.needs.jobs().filter_map(name_of).collect(),
            image: job.image.clone(),
            state: JobState::Waiting,
            reason: None,
            steps: job.steps.iter().map(|name| StepView::waiting(name)).collect(),
        });
        Self { state: RunState::Queued, reason: None, seq: 0, at_ms: 0, jobs: jobs.collect() }
    }

    /// Folds in the next event. Events that were folded in before are passed over, so that a resumed stream may
    /// overlap; jobs and steps that the plan does not have are passed over too.
    pub fn apply(&mut self, event: &RunEvent) {
        if event.seq <= self.seq {
            return;
        }
        self.seq = event.seq;
        self.at_ms = event.at_ms;
        match &event.what {
            RunFact::Run { state, reason } => {
                self.state = *state;
                self.reason.clone_from(reason);
            }
            RunFact::Job { job, state, reason } => {
                if let Some(job) = self.jobs.get_mut(*job) {
                    job.enter(*state, reason.clone());
                }
            }
            RunFact::StepStarted { job, step } => {
                if let Some(step) = self.step_mut(*job, *step) {
                    step.state = StepState::Running;
                }
            }
            RunFact::Line { job, step, stream, text } => {
                if let Some(step) = self.step_mut(*job, *step) {
                    step.lines.push(LogLine { seq: event.seq, stream: *stream, text: text.clone() });
                }
            }
            RunFact::StepEnded { job, step, exit, took_ms } => {
                if let Some(step) = self.step_mut(*job, *step) {
                    step.state = StepState::Exited(*exit);
                    step.took_ms = Some(*took_ms);
                }
                if let Some(job) = self.jobs.get_mut(*job) {
                    job.tell_stops();
                }
            }
        }
    }

    fn step_mut(&mut self, job: usize, step: usize) -> Option<&mut StepView> {
        self.jobs.get_mut(job)?.steps.get_mut(step)
    }
}

impl JobView {
    fn enter(&mut self, state: JobState, reason: Option<String>) {
        self.state = state;
        self.reason = reason;
        if matches!(state, JobState::Ended(_) | JobState::Skipped) {
            for step in &mut self.steps {
                if step.state == StepState::Waiting {
                    step.state = StepState::Skipped;
                }
            }
        }
        self.tell_stops();
    }

    /// In a job that was stopped, a step that a signal ended was stopped with it: the code is that of the signal, and
    /// no verdict on the step.
    fn tell_stops(&mut self) {
        if !matches!(self.state, JobState::Ended(ending) if ending.is_a_stop()) {
            return;
        }
        for step in &mut self.steps {
            if matches!(step.state, StepState::Exited(code) if code > SIGNALLED) {
                step.state = StepState::Stopped;
            }
        }
    }
}

impl StepView {
    fn waiting(name: &str) -> Self {
        Self { name: name.to_owned(), state: StepState::Waiting, took_ms: None, lines: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Needs, PlannedJob};
    use crate::run::Ending;

    fn plan() -> Plan {
        let job = |name: &str, all| PlannedJob {
            name: name.into(),
            needs: Needs { all, any: vec![] },
            image: "shell".into(),
            steps: vec!["one".into(), "two".into()],
        };
        Plan { jobs: vec![job("build", vec![]), job("test", vec![0])] }
    }

    fn event(seq: u64, what: RunFact) -> RunEvent {
        RunEvent { seq, at_ms: seq * 10, what }
    }

    #[test]
    fn an_overlapping_stream_changes_nothing_twice() {
        let line =
            |seq| event(seq, RunFact::Line { job: 0, step: 0, stream: Stream::Out, text: "hi".into() });
        let mut view = RunView::queued(&plan());
        for seq in [1, 2, 2, 1, 3] {
            view.apply(&line(seq));
        }
        assert_eq!(view.jobs[0].steps[0].lines.len(), 3);
        assert_eq!(view.seq, 3);
    }

    #[test]
    fn steps_that_never_ran_are_skipped_when_their_job_ends() {
        let mut view = RunView::queued(&plan());
        view.apply(&event(1, RunFact::StepStarted { job: 0, step: 0 }));
        view.apply(&event(2, RunFact::StepEnded { job: 0, step: 0, exit: 1, took_ms: 5 }));
        view.apply(&event(3, RunFact::Job { job: 0, state: JobState::Ended(Ending::Failed), reason: None }));
        assert_eq!(view.jobs[0].steps[0].state, StepState::Exited(1));
        assert_eq!(view.jobs[0].steps[1].state, StepState::Skipped);
    }

    #[test]
    fn a_step_that_a_stop_ended_reads_as_stopped_in_either_order_of_telling() {
        let facts = |ending, exit| {
            let step = RunFact::StepEnded { job: 0, step: 1, exit, took_ms: 5 };
            let job = RunFact::Job { job: 0, state: JobState::Ended(ending), reason: None };
            [[step.clone(), job.clone()], [job, step]]
        };
        let told = |facts: [RunFact; 2]| {
            let mut view = RunView::queued(&plan());
            for (seq, what) in (1..).zip(facts) {
                view.apply(&event(seq, what));
            }
            view.jobs[0].steps[1].state
        };
        for ending in Ending::ALL {
            let killed = if ending.is_a_stop() { StepState::Stopped } else { StepState::Exited(137) };
            for order in facts(ending, 137) {
                assert_eq!(told(order), killed, "{ending:?}");
            }
            for order in facts(ending, 3) {
                assert_eq!(told(order), StepState::Exited(3), "{ending:?}");
            }
        }
    }
}
