//! An executor whose jobs outlive the portal: each follows its script by itself, and tells everything from the first to
//! whoever comes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use regatta_domain::ids::RunId;
use regatta_domain::run::{Ending, ImageState, IsolationLevel};
use regatta_playground::executor::{
    Executor, ImageMeaning, Isolation, JobEvent, JobOutcome, JobSpec, Limits,
};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::scripted::{Script, Scripted};
use super::soon;

/// Which attempt at which job.
type Name = (RunId, usize, u32);

/// What a job has told so far, and how it ended once it has.
#[derive(Clone, Default)]
struct Told {
    events: Vec<JobEvent>,
    outcome: Option<JobOutcome>,
}

/// A job, wherever it runs.
struct Pod {
    told: watch::Sender<Told>,
    deleted: CancellationToken,
}

/// Follows the script of each job, [`Script::fine`] where there is none, whoever listens.
pub struct Cluster {
    isolation: Isolation,
    meaning: ImageMeaning,
    inside: Arc<Scripted>,
    /// Where jobs go on while portals come and go.
    runtime: Handle,
    pods: Mutex<HashMap<Name, Arc<Pod>>>,
    /// How many were made, found again and deleted.
    counts: watch::Sender<Counts>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub made: usize,
    pub found: usize,
    pub deleted: usize,
}

impl Cluster {
    /// Jobs run on the runtime that this is called in.
    pub fn new(scripts: impl IntoIterator<Item = (usize, Script)>) -> Arc<Self> {
        Self::around(Scripted::new(scripts))
    }

    pub fn around(inside: Arc<Scripted>) -> Arc<Self> {
        let level = IsolationLevel::VirtualMachine;
        Arc::new(Self {
            isolation: Isolation { executor: "cluster".into(), level, findings: vec![] },
            meaning: ImageMeaning { description: "nothing".into(), tools: vec![], state: ImageState::Cached },
            inside,
            runtime: Handle::current(),
            pods: Mutex::default(),
            counts: watch::Sender::default(),
        })
    }

    pub fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    /// Returns once its counts are as wanted.
    pub async fn until(&self, wanted: impl Fn(&Counts) -> bool) {
        soon(self.counts.subscribe().wait_for(|counts| wanted(counts))).await.unwrap();
    }

    /// Has an attempt at a job run, as if a portal had asked for it before.
    pub fn put(&self, run: &RunId, job: usize, attempt: u32) {
        self.make(&JobSpec {
            run: run.clone(),
            job,
            attempt,
            image: "shell".into(),
            environment: BTreeMap::new(),
            steps: vec![],
            limits: Limits::default(),
            results: vec![],
            metadata: None,
            unpack: vec![],
            pack: false,
        });
    }

    /// Its pods are gone, and nobody says why.
    pub fn lose_everything(&self) {
        for (_, pod) in self.pods.lock().unwrap().drain() {
            pod.deleted.cancel();
        }
    }

    fn find(&self, name: &Name) -> Option<Arc<Pod>> {
        self.pods.lock().unwrap().get(name).map(Arc::clone)
    }

    fn make(&self, job: &JobSpec) -> Arc<Pod> {
        let pod = Arc::new(Pod { told: watch::Sender::default(), deleted: CancellationToken::new() });
        let (spec, inside, made) = (job.clone(), Arc::clone(&self.inside), Arc::clone(&pod));
        self.runtime.spawn(async move {
            let (sender, mut events) = mpsc::channel(64);
            let hear = async {
                while let Some(event) = events.recv().await {
                    made.told.send_modify(|told| told.events.push(event));
                }
            };
            let (outcome, ()) = tokio::join!(inside.run(&spec, sender, made.deleted.clone()), hear);
            made.told.send_modify(|told| told.outcome = Some(outcome));
        });
        self.pods.lock().unwrap().insert((job.run.clone(), job.job, job.attempt), Arc::clone(&pod));
        self.counts.send_modify(|counts| counts.made += 1);
        pod
    }

    async fn follow(
        &self,
        pod: &Pod,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome {
        let mut news = pod.told.subscribe();
        let mut heard = 0;
        loop {
            let Told { events: told, outcome } = news.borrow_and_update().clone();
            for event in told.into_iter().skip(heard) {
                heard += 1;
                // Whoever does not listen any more does not want to know.
                let _ = events.send(event).await;
            }
            if let Some(outcome) = outcome {
                return outcome;
            }
            tokio::select! {
                changed = news.changed() => changed.unwrap(),
                () = pod.deleted.cancelled() => return JobOutcome::new(Ending::Vanished, None),
                () = cancel.cancelled() => {
                    pod.deleted.cancel();
                    self.counts.send_modify(|counts| counts.deleted += 1);
                    return JobOutcome::new(Ending::Cancelled, None);
                }
            }
        }
    }

    fn found(&self, name: &Name) -> Option<Arc<Pod>> {
        let pod = self.find(name)?;
        self.counts.send_modify(|counts| counts.found += 1);
        Some(pod)
    }
}

fn name(job: &JobSpec) -> Name {
    (job.run.clone(), job.job, job.attempt)
}

#[async_trait]
impl Executor for Cluster {
    fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    fn image(&self, alias: &str) -> Result<&ImageMeaning, String> {
        if alias == "shell" { Ok(&self.meaning) } else { Err("There is shell.".to_owned()) }
    }

    fn images(&self) -> Vec<&str> {
        vec!["shell"]
    }

    fn outlives_portal(&self) -> bool {
        true
    }

    async fn run(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome {
        let pod = self.found(&name(job)).unwrap_or_else(|| self.make(job));
        self.follow(&pod, events, cancel).await
    }

    async fn take_up(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome {
        match self.found(&name(job)) {
            Some(pod) => self.follow(&pod, events, cancel).await,
            None => JobOutcome::new(Ending::Vanished, Some("its pod is gone".to_owned())),
        }
    }
}
