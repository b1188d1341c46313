//! An executor that follows a script instead of running anything.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use regatta_domain::run::{Ending, ImageState, IsolationLevel, Milestone, Stream};
use regatta_playground::executor::{Executor, ImageMeaning, Isolation, JobEvent, JobOutcome, JobSpec};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

/// What to do next.
#[derive(Clone, Debug)]
pub enum Act {
    Tell(JobEvent),
    /// Waits until the gate has a permit, and takes it.
    Pass(Arc<Semaphore>),
    UntilCancelled,
    /// Neither ends nor listens.
    Forever,
    Panic,
}

/// What a job does and how it says it ended.
#[derive(Clone, Debug)]
pub struct Script {
    acts: Vec<Act>,
    ending: Ending,
    workspace: Option<Arc<[u8]>>,
    /// Tells that its sandbox stands before everything else.
    milestones: bool,
}

impl Script {
    /// Both steps run, print a line each and succeed.
    pub fn fine() -> Self {
        Self::ending(Ending::Succeeded).steps(&[(0, 0), (1, 0)])
    }

    /// The first step fails.
    pub fn failing() -> Self {
        Self::ending(Ending::Failed).steps(&[(0, 2)])
    }

    /// Begins its first step, then stops only when it is told to.
    pub fn endless() -> Self {
        Self::ending(Ending::Cancelled).tell(JobEvent::StepStarted { step: 0 }).act(Act::UntilCancelled)
    }

    /// Tells nothing and ends like this.
    pub fn ending(ending: Ending) -> Self {
        Self { acts: Vec::new(), ending, workspace: None, milestones: true }
    }

    /// Hands on a value.
    pub fn hand_on(self, name: &str, value: &str) -> Self {
        self.tell(JobEvent::HandedOn { name: name.to_owned(), value: value.to_owned() })
    }

    /// Hands on a packed workspace.
    pub fn pack(self, packed: &[u8]) -> Self {
        Self { workspace: Some(packed.into()), ..self }
    }

    pub fn act(mut self, act: Act) -> Self {
        self.acts.push(act);
        self
    }

    pub fn tell(self, event: JobEvent) -> Self {
        self.act(Act::Tell(event))
    }

    pub fn print(self, step: usize, text: &str) -> Self {
        self.tell(JobEvent::Output { step, stream: Stream::Out, bytes: text.as_bytes().to_vec() })
    }

    /// These steps with their exit codes, each with a line.
    pub fn steps(mut self, steps: &[(usize, i32)]) -> Self {
        for (step, exit) in steps.iter().copied() {
            let took = Duration::from_millis(7);
            self = self.tell(JobEvent::StepStarted { step }).print(step, &format!("step {step}\n"));
            self = self.tell(JobEvent::StepEnded { step, exit, took, usage: None });
        }
        self
    }

    /// Tells this before everything else of the script.
    pub fn first(mut self, event: JobEvent) -> Self {
        self.acts.insert(0, Act::Tell(event));
        self
    }

    /// Tells no milestone by itself.
    pub fn without_milestones(self) -> Self {
        Self { milestones: false, ..self }
    }

    /// Waits at the gate before everything else.
    pub fn behind(mut self, gate: &Arc<Semaphore>) -> Self {
        self.acts.insert(0, Act::Pass(Arc::clone(gate)));
        self
    }
}

/// Follows the script of each job, [`Script::fine`] where there is none.
pub struct Scripted {
    isolation: Isolation,
    meaning: ImageMeaning,
    scripts: HashMap<usize, Script>,
    /// What the second attempt at a job does, where that is something else.
    second: HashMap<usize, Script>,
    started: watch::Sender<usize>,
    specs: Mutex<Vec<JobSpec>>,
}

impl Scripted {
    pub fn new(scripts: impl IntoIterator<Item = (usize, Script)>) -> Arc<Self> {
        Self::with_second_attempts(scripts, [])
    }

    pub fn with_second_attempts(
        scripts: impl IntoIterator<Item = (usize, Script)>,
        second: impl IntoIterator<Item = (usize, Script)>,
    ) -> Arc<Self> {
        Arc::new(Self {
            isolation: Isolation {
                executor: "scripted".into(),
                level: IsolationLevel::Process,
                findings: vec![],
            },
            meaning: ImageMeaning { description: "nothing".into(), tools: vec![], state: ImageState::Local },
            scripts: scripts.into_iter().collect(),
            second: second.into_iter().collect(),
            started: watch::Sender::new(0),
            specs: Mutex::default(),
        })
    }

    /// Returns once this many jobs were started.
    pub async fn has_started(&self, jobs: usize) {
        super::soon(self.started.subscribe().wait_for(|started| *started >= jobs)).await.unwrap();
    }

    /// The jobs that were started, in order.
    pub fn specs(&self) -> Vec<JobSpec> {
        self.specs.lock().unwrap().clone()
    }
}

#[async_trait]
impl Executor for Scripted {
    fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    fn image(&self, alias: &str) -> Result<&ImageMeaning, String> {
        if alias == "shell" { Ok(&self.meaning) } else { Err("There is shell.".to_owned()) }
    }

    fn images(&self) -> Vec<&str> {
        vec!["shell"]
    }

    async fn run(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome {
        self.specs.lock().unwrap().push(job.clone());
        self.started.send_modify(|started| *started += 1);
        let again = self.second.get(&job.job).filter(|_| job.attempt > 0);
        let script = again.or(self.scripts.get(&job.job)).cloned().unwrap_or_else(Script::fine);
        if script.milestones {
            events.send(JobEvent::Reached(Milestone::SandboxStarted)).await.unwrap();
            events.send(JobEvent::Reached(Milestone::RunnerReady)).await.unwrap();
        }
        for act in script.acts {
            match act {
                Act::Tell(event) => events.send(event).await.unwrap(),
                Act::Pass(gate) => tokio::select! {
                    permit = gate.acquire() => permit.unwrap().forget(),
                    () = cancel.cancelled() => {
                        return JobOutcome::new(Ending::Cancelled, None);
                    }
                },
                Act::UntilCancelled => cancel.cancelled().await,
                Act::Forever => std::future::pending().await,
                Act::Panic => panic!("as the script says"),
            }
        }
        JobOutcome { workspace: script.workspace, ..JobOutcome::new(script.ending, None) }
    }
}
