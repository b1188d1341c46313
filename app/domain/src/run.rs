//! A run of a pipeline: its states, the events of its log, and the view that follows from them.
//!
//! A run is told by its events alone. Server pages and the live island fold the same events with [`RunView::apply`],
//! so that both always show the same.

use serde::{Deserialize, Serialize};

use crate::pipeline::Plan;

/// How a job or a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every step ended with exit code 0, told by the runner's authenticated end.
    Succeeded,
    /// A step ended with another exit code.
    Failed,
    /// The time limit was reached.
    TimedOut,
    /// The memory limit was reached.
    OutOfMemory,
    /// More was printed than a log may hold.
    OutputLimit,
    /// The workspace was full.
    DiskLimit,
    /// More processes were started than allowed.
    ProcessLimit,
    /// Somebody stopped it.
    Cancelled,
    /// The portal or its sandbox failed; the pipeline is not to blame.
    InfraError,
}

/// Where a run stands. `Ended` is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Waits for its turn.
    Queued,
    /// Its first sandbox is being made.
    Starting,
    /// A step runs.
    Running,
    /// It is over.
    Ended(Ending),
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for the jobs it needs.
    Waiting,
    /// Its sandbox is being made.
    Starting,
    /// A step runs.
    Running,
    /// It is over.
    Ended(Ending),
    /// It never starts, because of a job it needs.
    Skipped,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Its turn has not come.
    Waiting,
    /// It runs.
    Running,
    /// It ended with this exit code (128 + n when signal n ended it).
    Exited(i32),
    /// It was left out, because a step before it failed or the job was stopped.
    Skipped,
}

impl Ending {
    /// Every ending, for tests and tables.
    pub const ALL: [Self; 9] = [
        Self::Succeeded,
        Self::Failed,
        Self::TimedOut,
        Self::OutOfMemory,
        Self::OutputLimit,
        Self::DiskLimit,
        Self::ProcessLimit,
        Self::Cancelled,
        Self::InfraError,
    ];

    /// The name under which it is stored and styled.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::OutOfMemory => "out_of_memory",
            Self::OutputLimit => "output_limit",
            Self::DiskLimit => "disk_limit",
            Self::ProcessLimit => "process_limit",
            Self::Cancelled => "cancelled",
            Self::InfraError => "infra_error",
        }
    }

    /// The words a visitor reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::TimedOut => "Stopped: time limit",
            Self::OutOfMemory => "Stopped: memory limit",
            Self::OutputLimit => "Stopped: output limit",
            Self::DiskLimit => "Stopped: disk limit",
            Self::ProcessLimit => "Stopped: process limit",
            Self::Cancelled => "Cancelled",
            Self::InfraError => "The portal failed",
        }
    }
}

impl RunState {
    /// The name under which it is stored and styled.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Ended(ending) => ending.as_str(),
        }
    }

    /// The state stored under `name`.
    pub fn named(name: &str) -> Option<Self> {
        let living = [Self::Queued, Self::Starting, Self::Running];
        living.into_iter().chain(Ending::ALL.map(Self::Ended)).find(|state| state.as_str() == name)
    }

    /// The words a visitor reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Ended(ending) => ending.words(),
        }
    }

    /// Whether it is final.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Ended(_))
    }

    /// Whether a run may go from here to `next`: only onwards, and never on from an end.
    pub fn may_become(self, next: Self) -> bool {
        let rank = |state: Self| match state {
            Self::Queued => 0,
            Self::Starting => 1,
            Self::Running => 2,
            Self::Ended(_) => 3,
        };
        rank(self) < rank(next)
    }
}

impl JobState {
    /// The name under which it is styled.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Ended(ending) => ending.as_str(),
            Self::Skipped => "skipped",
        }
    }

    /// The words a visitor reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Ended(ending) => ending.words(),
            Self::Skipped => "Skipped",
        }
    }
}

/// Where a line of output was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// One entry of a run's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEvent {
    /// Its place in the log, from 1, without gaps.
    pub seq: u64,
    /// Milliseconds since the run was accepted.
    pub at_ms: u64,
    /// What happened.
    pub what: RunFact,
}

/// What an entry of a run's log tells. Jobs and steps are named by their place in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunFact {
    /// The run came to a new state.
    Run {
        /// The state.
        state: RunState,
        /// Why, where there is more to say than the state does.
        reason: Option<String>,
    },
    /// A job came to a new state.
    Job {
        /// The job.
        job: usize,
        /// The state.
        state: JobState,
        /// Why, where there is more to say than the state does.
        reason: Option<String>,
    },
    /// A step began.
    StepStarted {
        /// The job.
        job: usize,
        /// The step.
        step: usize,
    },
    /// A step printed a line.
    Line {
        /// The job.
        job: usize,
        /// The step.
        step: usize,
        /// Where it was printed to.
        stream: Stream,
        /// The line without its end, printable characters only.
        text: String,
    },
    /// A step ended.
    StepEnded {
        /// The job.
        job: usize,
        /// The step.
        step: usize,
        /// Its exit code, 128 + n when signal n ended it.
        exit: i32,
        /// How long it ran, in milliseconds.
        took_ms: u64,
    },
}

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
    fn states_only_go_onwards() {
        let ended = RunState::Ended(Ending::Failed);
        assert!(RunState::Queued.may_become(ended));
        assert!(!ended.may_become(RunState::Running));
        assert!(!ended.may_become(RunState::Ended(Ending::Succeeded)));
        for state in [RunState::Queued, RunState::Starting, RunState::Running, ended] {
            assert_eq!(RunState::named(state.as_str()), Some(state));
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(serde_json::from_str::<RunState>(&json).unwrap(), state);
        }
    }
}
