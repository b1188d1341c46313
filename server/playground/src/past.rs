//! What the log of a run tells to whoever takes it up: where its jobs stand, what they handed on, and what of each job is
//! told already, so that it is not told again.

use regatta_domain::pipeline::Outputs;
use regatta_domain::run::{JobState, Milestone, Placement, RunEvent, RunFact, RunState, RunView, Stream};
use regatta_store::StoreError;
use regatta_store::runs::{RunStore, StoredRun};

use crate::budget::cost;
use crate::exchange::Exchange;
use crate::executor::JobSpec;
use crate::graph::Graph;
use crate::settings::PlaygroundSettings;
use crate::spec;

/// How many events are read from the store at once.
const PAGE: u32 = 1000;
/// How the reason begins for which a job has no sandbox yet.
pub(crate) const WAITS: &str = "it waits ";

/// A run as its log tells it.
pub(crate) struct Past<'a> {
    pub(crate) run: &'a StoredRun,
    settings: &'a PlaygroundSettings,
    /// As it is shown, without lines.
    pub(crate) told: RunView,
    /// Where its jobs stand.
    pub(crate) graph: Graph<'a>,
    /// What those that are over handed on; without workspaces, which no log has.
    pub(crate) exchange: Exchange,
    /// What is told of each job, by place.
    pub(crate) jobs: Vec<JobPast>,
    /// How many lines and bytes of the log are spent.
    pub(crate) spent: (usize, usize),
}

/// What is told of a job.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each of them is told, or not, by itself")]
pub(crate) struct JobPast {
    /// The job as it was made ready when its turn came.
    pub(crate) spec: Option<JobSpec>,
    /// It takes a workspace that was there then and is not any more.
    pub(crate) lacks_workspace: bool,
    /// Where it runs.
    pub(crate) placement: Option<Placement>,
    /// Whether it lives on when the portal goes down.
    pub(crate) outlives: bool,
    /// How far its sandbox came.
    pub(crate) reached: Option<Milestone>,
    /// It waits for its sandbox, with this reason.
    pub(crate) waits: Option<String>,
    /// A step of it began.
    pub(crate) begun: bool,
    /// The log had no more room for it.
    pub(crate) full: bool,
    /// How many values it handed on.
    pub(crate) outputs: usize,
    /// Its steps, as far as any is spoken of.
    pub(crate) steps: Vec<StepPast>,
    handed_on: Outputs,
}

/// What is told of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StepPast {
    /// When it began, in milliseconds since the run was accepted.
    pub(crate) started_ms: Option<u64>,
    /// How many lines it printed to standard output.
    pub(crate) out: usize,
    /// How many to standard error, with those that are not its own.
    pub(crate) err: usize,
    /// Whether it ended.
    pub(crate) ended: bool,
}

impl StepPast {
    /// Whether the next line to this stream is told already; it is not the next one afterwards.
    pub(crate) fn takes_line(&mut self, stream: Stream) -> bool {
        let told = match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        };
        let is_told = *told > 0;
        *told = told.saturating_sub(1);
        is_told
    }
}

impl<'a> Past<'a> {
    /// Of a run of which nothing is told.
    pub(crate) fn nothing(run: &'a StoredRun, settings: &'a PlaygroundSettings) -> Self {
        Self {
            run,
            settings,
            told: RunView::queued(&run.pipeline.plan()),
            graph: Graph::new(&run.pipeline),
            exchange: Exchange::new(&run.pipeline, &run.arguments, settings.workspace_bytes),
            jobs: vec![JobPast::default(); run.pipeline.jobs.len()],
            spent: (0, 0),
        }
    }

    /// As the stored log tells it.
    pub(crate) async fn read(
        store: &dyn RunStore,
        run: &'a StoredRun,
        settings: &'a PlaygroundSettings,
    ) -> Result<Self, StoreError> {
        let mut past = Self::nothing(run, settings);
        loop {
            let events = store.events_after(&run.id, past.told.seq, PAGE).await?;
            if events.is_empty() {
                return Ok(past);
            }
            for event in &events {
                past.hear(event);
            }
            past.told.keep_last_lines(0);
        }
    }

    /// The run was told to be under way.
    pub(crate) fn is_under_way(&self) -> bool {
        self.told.state == RunState::Running
    }

    /// Takes in the next event.
    fn hear(&mut self, event: &RunEvent) {
        self.told.apply(event);
        let (lines, bytes) = cost(&event.what);
        self.spent = (self.spent.0 + lines, self.spent.1 + bytes);
        let Some(job) = event.what.job().filter(|job| *job < self.jobs.len()) else { return };
        match &event.what {
            RunFact::Job { state, reason, .. } => self.enter(job, *state, reason.as_deref()),
            fact => self.jobs[job].hear(fact, event.at_ms),
        }
    }

    fn enter(&mut self, job: usize, state: JobState, reason: Option<&str>) {
        match state {
            JobState::Waiting => {}
            JobState::Starting => {
                self.jobs[job].waits = reason.filter(|reason| reason.starts_with(WAITS)).map(str::to_owned);
                self.begin(job);
            }
            JobState::Running => {
                self.jobs[job].begun = true;
                // Of a job that runs there is nothing else to say.
                self.jobs[job].full = reason.is_some();
            }
            JobState::Ended(ending) => {
                if let Some(spec) = &self.jobs[job].spec {
                    let handed_on = self.jobs[job].handed_on.clone();
                    self.exchange.keep(job, handed_on, spec.metadata.as_ref());
                }
                self.graph.end(job, ending, reason.map(str::to_owned));
            }
            JobState::Skipped => self.graph.skip(job),
            JobState::LeftOut => self.graph.leave_out(job),
        }
    }

    /// Its turn came: it was made ready with what was known then.
    fn begin(&mut self, job: usize) {
        if !self.graph.is_waiting(job) {
            return;
        }
        let ready = spec::ready(self.run, &self.settings.limits, &self.exchange, &self.graph, job);
        self.jobs[job].spec = ready.ok();
        self.jobs[job].lacks_workspace = self.graph.given_workspaces(job).next().is_some();
        self.graph.begin(job);
    }
}

impl JobPast {
    /// Of a job whose turn has just come.
    pub(crate) fn of(spec: JobSpec) -> Self {
        Self { spec: Some(spec), ..Self::default() }
    }

    /// Which attempt is under way.
    pub(crate) fn attempt(&self) -> u32 {
        self.spec.as_ref().map_or(0, |spec| spec.attempt)
    }

    fn hear(&mut self, fact: &RunFact, at_ms: u64) {
        match fact {
            RunFact::Placed { placement, attempt, outlives, .. } => {
                if *attempt > self.attempt() {
                    self.reached = None;
                }
                if let Some(spec) = &mut self.spec {
                    spec.attempt = *attempt;
                }
                self.placement = Some(placement.clone());
                self.outlives = *outlives;
            }
            RunFact::Reached { milestone, .. } => self.reached = self.reached.max(Some(*milestone)),
            RunFact::StepStarted { step, .. } => self.step(*step).started_ms = Some(at_ms),
            RunFact::Line { step, stream: Stream::Out, .. } => self.step(*step).out += 1,
            RunFact::Line { step, stream: Stream::Err, .. } => self.step(*step).err += 1,
            RunFact::StepEnded { step, .. } => self.step(*step).ended = true,
            RunFact::Output { name, value, exact, .. } => {
                let (name, value) = exact.clone().unwrap_or_else(|| (name.clone(), value.clone()));
                self.handed_on.insert(name, value);
                self.outputs += 1;
            }
            RunFact::Run { .. } | RunFact::Job { .. } => {}
        }
    }

    fn step(&mut self, step: usize) -> &mut StepPast {
        if self.steps.len() <= step {
            self.steps.resize(step + 1, StepPast::default());
        }
        &mut self.steps[step]
    }
}
