//! A run as it can be shown, folded from its events.

use serde::{Deserialize, Serialize};

use super::event::{RunEvent, RunFact, Stream, Usage, is_first};
use super::line::Span;
use super::placement::{Milestone, Placement};
use super::state::{JobState, RunState, StepState};
use crate::pipeline::{Cell, Needs, Outputs, Plan, PlannedJob, Stage};

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
    /// The stages of the plan.
    #[serde(default)]
    pub stages: Vec<Stage>,
}

/// A job of a [`RunView`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobView {
    /// Its name.
    pub name: String,
    /// The jobs it needs.
    pub needs: Needs,
    /// Its image's alias.
    pub image: String,
    /// The cell of the matrix that it is, where it is one.
    #[serde(default)]
    pub cell: Option<Cell>,
    /// Where it stands.
    pub state: JobState,
    /// Why, where there is more to say.
    pub reason: Option<String>,
    /// Where it runs, once that is decided.
    #[serde(default)]
    pub placement: Option<Placement>,
    /// Which attempt at it was placed last, from 0 (see [`RunFact::Placed`]).
    #[serde(default, skip_serializing_if = "is_first")]
    pub attempt: u32,
    /// The attempt before that one, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// What its sandbox reached, and when, in milliseconds since the run was accepted.
    #[serde(default)]
    pub milestones: Vec<(Milestone, u64)>,
    /// When that was by the cluster's clock, where it told (see [`RunFact::Reached`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reported: Vec<(Milestone, i64)>,
    /// When it was over, in milliseconds since the run was accepted.
    #[serde(default)]
    pub ended_ms: Option<u64>,
    /// What it handed on.
    #[serde(default)]
    pub outputs: Outputs,
    /// Its steps.
    pub steps: Vec<StepView>,
}

/// An attempt at a job of which nothing came, before another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// When its sandbox was asked for, in milliseconds since the run was accepted.
    pub asked_ms: u64,
    /// When it was given up for another one, in the same.
    pub at_ms: u64,
    /// Why there is another one: "tried again, because its node was lost".
    pub reason: Option<String>,
}

/// A step of a [`JobView`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: StepState,
    /// When it began, in milliseconds since the run was accepted.
    #[serde(default)]
    pub started_ms: Option<u64>,
    /// How long it ran, in milliseconds, once it ended.
    pub took_ms: Option<u64>,
    /// What it used, once it ended and where that was measured.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// How many lines it printed so far, also where `lines` no longer holds them.
    #[serde(default)]
    pub printed: usize,
    /// What it printed, or the last of it (see [`RunView::keep_last_lines`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LogLine>,
}

/// A line of a step's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The event that brought it; stable, so that it can be linked to.
    pub seq: u64,
    /// When it was printed, in milliseconds since the run was accepted.
    #[serde(default)]
    pub at_ms: u64,
    /// Where it was printed to.
    pub stream: Stream,
    /// The text.
    pub text: String,
    /// Which parts of it are coloured or set off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
}

impl RunView {
    /// A run of `plan` of which nothing has been told yet.
    pub fn queued(plan: &Plan) -> Self {
        let jobs = plan.jobs.iter().map(JobView::waiting).collect();
        let stages = plan.stages.clone();
        Self { state: RunState::Queued, reason: None, seq: 0, at_ms: 0, jobs, stages }
    }

    /// Forgets lines but for the last `most` of each step; [`StepView::printed`] still counts them all.
    pub fn keep_last_lines(&mut self, most: usize) {
        for step in self.jobs.iter_mut().flat_map(|job| &mut job.steps) {
            let surplus = step.lines.len().saturating_sub(most);
            step.lines.drain(..surplus);
        }
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
            fact => {
                if let Some(job) = fact.job().and_then(|job| self.jobs.get_mut(job)) {
                    job.apply(event);
                }
            }
        }
    }
}

impl JobView {
    fn waiting(job: &PlannedJob) -> Self {
        Self {
            name: job.name.clone(),
            needs: job.needs.clone(),
            image: job.image.clone(),
            cell: job.cell.clone(),
            state: JobState::Waiting,
            reason: None,
            placement: None,
            attempt: 0,
            retry: None,
            milestones: Vec::new(),
            reported: Vec::new(),
            ended_ms: None,
            outputs: Outputs::new(),
            steps: job.steps.iter().map(|name| StepView::waiting(name)).collect(),
        }
    }

    /// When its sandbox reached `milestone`, in milliseconds since the run was accepted.
    pub fn reached(&self, milestone: Milestone) -> Option<u64> {
        self.milestones.iter().find(|(reached, _)| *reached == milestone).map(|(_, at_ms)| *at_ms)
    }

    /// When its sandbox reached `milestone` by the cluster's clock, in milliseconds since the run was accepted.
    pub fn reported(&self, milestone: Milestone) -> Option<i64> {
        self.reported.iter().find(|(reached, _)| *reached == milestone).map(|(_, at_ms)| *at_ms)
    }

    /// Whether nothing more can happen to it.
    pub fn is_over(&self) -> bool {
        matches!(self.state, JobState::Ended(_) | JobState::Skipped | JobState::LeftOut)
    }

    fn apply(&mut self, event: &RunEvent) {
        match &event.what {
            RunFact::Run { .. } => {}
            RunFact::Job { state, reason, .. } => self.enter(*state, reason.clone(), event.at_ms),
            RunFact::Placed { placement, attempt, .. } => {
                if *attempt > self.attempt {
                    self.begin_anew(event.at_ms);
                }
                self.placement = Some(placement.clone());
                self.attempt = *attempt;
            }
            RunFact::Reached { milestone, reported_ms, .. } => {
                if self.reached(*milestone).is_none() {
                    self.milestones.push((*milestone, event.at_ms));
                    self.reported.extend(reported_ms.map(|at_ms| (*milestone, at_ms)));
                }
            }
            RunFact::Output { name, value, .. } => _ = self.outputs.insert(name.clone(), value.clone()),
            RunFact::StepStarted { step, .. } => {
                if let Some(step) = self.steps.get_mut(*step) {
                    step.state = StepState::Running;
                    step.started_ms = Some(event.at_ms);
                }
            }
            RunFact::Line { step, stream, text, spans, .. } => {
                if let Some(step) = self.steps.get_mut(*step) {
                    let (seq, at_ms, stream) = (event.seq, event.at_ms, *stream);
                    let (text, spans) = (text.clone(), spans.clone());
                    step.printed += 1;
                    step.lines.push(LogLine { seq, at_ms, stream, text, spans });
                }
            }
            RunFact::StepEnded { step, exit, took_ms, usage, .. } => {
                if let Some(step) = self.steps.get_mut(*step) {
                    step.state = StepState::Exited(*exit);
                    step.took_ms = Some(*took_ms);
                    step.usage = *usage;
                }
                self.tell_stops();
            }
        }
    }

    /// Another attempt begins: what the sandbox before it reached says nothing of the next one.
    fn begin_anew(&mut self, at_ms: u64) {
        if let Some(asked_ms) = self.asked_ms() {
            self.retry = Some(Retry { asked_ms, at_ms, reason: self.reason.clone() });
        }
        self.milestones.clear();
        self.reported.clear();
    }

    fn enter(&mut self, state: JobState, reason: Option<String>, at_ms: u64) {
        self.state = state;
        self.reason = reason;
        if self.is_over() {
            self.ended_ms = Some(at_ms);
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
        Self {
            name: name.to_owned(),
            state: StepState::Waiting,
            started_ms: None,
            took_ms: None,
            usage: None,
            printed: 0,
            lines: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Ending;

    fn plan() -> Plan {
        let job = |name: &str, all: &[usize]| PlannedJob {
            name: name.into(),
            needs: Needs::successes(all, &[]),
            image: "shell".into(),
            steps: vec!["one".into(), "two".into()],
            cell: None,
        };
        Plan { jobs: vec![job("build", &[]), job("test", &[0])], stages: vec![] }
    }

    fn event(seq: u64, what: RunFact) -> RunEvent {
        RunEvent { seq, at_ms: seq * 10, what }
    }

    #[test]
    fn an_overlapping_stream_changes_nothing_twice() {
        let (stream, text) = (Stream::Out, String::from("hi"));
        let fact = RunFact::Line { job: 0, step: 0, stream, text, spans: vec![] };
        let line = |seq| event(seq, fact.clone());
        let mut view = RunView::queued(&plan());
        for seq in [1, 2, 2, 1, 3] {
            view.apply(&line(seq));
        }
        assert_eq!(view.jobs[0].steps[0].lines.len(), 3);
        assert_eq!((view.seq, view.jobs[0].steps[0].printed), (3, 3));
        view.keep_last_lines(1);
        assert_eq!(view.jobs[0].steps[0].lines[0].seq, 3);
        assert_eq!((view.jobs[0].steps[0].lines.len(), view.jobs[0].steps[0].printed), (1, 3));
    }

    #[test]
    fn steps_that_never_ran_are_skipped_when_their_job_ends() {
        let mut view = RunView::queued(&plan());
        view.apply(&event(1, RunFact::StepStarted { job: 0, step: 0 }));
        view.apply(&event(2, RunFact::StepEnded { job: 0, step: 0, exit: 1, took_ms: 5, usage: None }));
        view.apply(&event(3, RunFact::Job { job: 0, state: JobState::Ended(Ending::Failed), reason: None }));
        assert_eq!(view.jobs[0].steps[0].state, StepState::Exited(1));
        assert_eq!(view.jobs[0].steps[1].state, StepState::Skipped);
    }

    #[test]
    fn a_step_that_a_stop_ended_reads_as_stopped_in_either_order_of_telling() {
        let facts = |ending, exit| {
            let step = RunFact::StepEnded { job: 0, step: 1, exit, took_ms: 5, usage: None };
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
