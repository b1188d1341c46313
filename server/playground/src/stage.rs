//! A run on stage: its jobs, one after the other and side by side, until all are over or the run is left.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::stream::{FuturesUnordered, StreamExt};
use regatta_domain::run::{Ending, JobState, RunFact, RunState};
use tokio::sync::oneshot;

use crate::budget::LogBudget;
use crate::conduct::Conductor;
use crate::exchange::Exchange;
use crate::executor::JobSpec;
use crate::graph::Graph;
use crate::job::{self, JobReport};
use crate::journal::Pen;
use crate::past::JobPast;
use crate::spec::{self, Unready};
use crate::stop::{StopCause, StopSwitch};
use crate::succession::{Whereabouts, obstacle};

/// What became of a run on stage.
pub(crate) enum Played {
    /// It is over: how, and what there is to say of it.
    Over(Ending, Option<String>),
    /// Its jobs go on without this process, for another one to take up.
    Left,
}

/// What the jobs of a run share while it is conducted.
pub(crate) struct Stage<'a> {
    pub(crate) conductor: &'a Conductor,
    pub(crate) pen: Pen,
    pub(crate) budget: LogBudget,
    exchange: Mutex<Exchange>,
    /// Where the sandbox of each job is.
    places: Mutex<Vec<Whereabouts>>,
    /// Told how the run is isolated when its first step begins.
    begun: Mutex<Option<oneshot::Sender<String>>>,
    /// Told when the first sandbox is asked for.
    asked: Mutex<Option<oneshot::Sender<()>>>,
}

/// What is set up for a run.
pub(crate) struct Props {
    pub(crate) pen: Pen,
    pub(crate) budget: LogBudget,
    pub(crate) exchange: Exchange,
    pub(crate) begun: Option<oneshot::Sender<String>>,
    pub(crate) asked: Option<oneshot::Sender<()>>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(conductor: &'a Conductor, props: Props) -> Self {
        let Props { pen, budget, exchange, begun, asked } = props;
        Self {
            conductor,
            pen,
            budget,
            exchange: Mutex::new(exchange),
            places: Mutex::default(),
            begun: Mutex::new(begun),
            asked: Mutex::new(asked),
        }
    }

    /// Runs every job that can run; those under way go on from what is told of them in `past`.
    pub(crate) async fn play(&self, mut graph: Graph<'a>, mut past: Vec<JobPast>) -> Played {
        *self.places() = past.iter().map(JobPast::whereabouts).collect();
        let mut jobs = FuturesUnordered::new();
        for job in graph.under_way() {
            jobs.push(self.conduct(job, std::mem::take(&mut past[job])));
        }
        loop {
            while let Some((job, spec)) = self.next_job(&mut graph, jobs.len()).await {
                jobs.push(self.conduct(job, JobPast::of(spec)));
            }
            if self.stop().is_undecided() {
                if self.may_be_left(&graph) {
                    self.begun().take();
                    return Played::Left;
                }
                self.stop().halt();
            }
            if jobs.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                Some((job, JobReport { ending, reason })) = jobs.next() => {
                    graph.end(job, ending, reason);
                    self.exchange().forget_what_nobody_takes(|job| graph.is_over(job));
                }
                () = self.stop().pulled(), if self.stop().halted_by().is_none() => {}
            }
        }
        // No step begins any more.
        self.begun().take();
        let (ending, reason) = self.end(&graph).await;
        Played::Over(ending, reason)
    }

    async fn conduct(&self, job: usize, past: JobPast) -> (usize, JobReport) {
        (job, job::conduct(self, job, past).await)
    }

    /// The next job to start, where one may; on the way there, those that never will are told.
    async fn next_job(&self, graph: &mut Graph<'_>, under_way: usize) -> Option<(usize, JobSpec)> {
        let Conductor { run, settings, .. } = self.conductor;
        loop {
            while let Some((job, reason)) = graph.skip_next() {
                self.tell(job, JobState::Skipped, Some(reason)).await;
            }
            if !self.may_start(under_way) {
                return None;
            }
            let job = graph.start_next()?;
            let ready = spec::ready(run, &settings.limits, &self.exchange(), graph, job);
            match ready {
                Ok(spec) => {
                    // Before any other job goes on: whoever reads the log finds what was known when this one was made ready.
                    self.tell(job, JobState::Starting, None).await;
                    return Some((job, spec));
                }
                Err(Unready::LeftOut(reason)) => {
                    graph.leave_out(job);
                    self.tell(job, JobState::LeftOut, Some(reason)).await;
                }
                Err(Unready::Skipped(reason)) => {
                    graph.skip(job);
                    self.tell(job, JobState::Skipped, Some(reason)).await;
                }
                Err(Unready::Failed(reason)) => {
                    graph.end(job, Ending::Failed, Some(reason.clone()));
                    self.tell(job, JobState::Ended(Ending::Failed), Some(reason)).await;
                }
            }
        }
    }

    fn may_start(&self, under_way: usize) -> bool {
        under_way < self.conductor.settings.jobs_per_run.max(1) && self.stop().cause().is_none()
    }

    /// Whether everything of it that runs goes on without this process.
    fn may_be_left(&self, graph: &Graph<'_>) -> bool {
        obstacle(&self.conductor.run.pipeline, graph, &self.places()).is_none()
    }

    /// Tells what became of jobs that never had their turn, and how the run ended.
    async fn end(&self, graph: &Graph<'_>) -> (Ending, Option<String>) {
        let stopped = self.stop().cause();
        let words = stopped.map_or("the jobs it needs wait for it", StopCause::words);
        let mut complete = true;
        for job in graph.waiting() {
            self.tell(job, JobState::Skipped, Some(words.to_owned())).await;
            complete = false;
        }
        let (ending, reason) = graph.ending();
        match stopped {
            // A run that was complete before it could be stopped ends as it would have anyway.
            Some(cause) if !complete || ending == cause.ending() => (cause.ending(), cause.reason()),
            None if !complete => {
                (Ending::InfraError, Some("some of its jobs wait for each other".to_owned()))
            }
            Some(_) | None => (ending, reason),
        }
    }

    /// Tells that a job came to a new state.
    pub(crate) async fn tell(&self, job: usize, state: JobState, reason: Option<String>) {
        self.pen.tell(RunFact::Job { job, state, reason }).await;
    }

    /// Notes where the sandbox of a job is; whoever lines up runs hears when the first one is asked for.
    pub(crate) fn place(&self, job: usize, outlives: bool) {
        self.places()[job] = if outlives { Whereabouts::Outside } else { Whereabouts::Here };
        if let Some(asked) = self.asked.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It is no error that nobody waits for it.
            let _ = asked.send(());
        }
    }

    /// Tells that the run is under way, the first time that a step begins.
    pub(crate) async fn get_under_way(&self, isolation: &str) {
        let begun = self.begun().take();
        if let Some(begun) = begun {
            self.pen.tell(RunFact::Run { state: RunState::Running, reason: None }).await;
            // Its receiver waits for it as long as the play goes on.
            let _ = begun.send(isolation.to_owned());
        }
    }

    /// What its jobs hand to each other.
    pub(crate) fn exchange(&self) -> MutexGuard<'_, Exchange> {
        // No code runs under this lock that could break off half-way.
        self.exchange.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn places(&self) -> MutexGuard<'_, Vec<Whereabouts>> {
        // No code runs under this lock that could break off half-way.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begun(&self) -> MutexGuard<'_, Option<oneshot::Sender<String>>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) -> &StopSwitch {
        &self.conductor.live.stop
    }
}
