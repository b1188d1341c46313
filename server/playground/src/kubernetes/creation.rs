//! How a job comes to its pod: by taking up the one that is there, or by making it when there is room.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::PostParams;
use regatta_domain::run::Ending;
use tokio::sync::mpsc;

use super::backoff::Backoff;
use super::keeper::FOR_AN_ANSWER;
use super::pod::{PodError, Whose};
use super::pods::Pods;
use super::problem::Problem;
use super::room::{Applicant, Turn, Wait};
use super::status::Explanation;
use crate::executor::{JobEvent, JobSpec};

/// How long the first list of all pods may take before visitors are told.
const NOTICE: Duration = Duration::from_secs(1);
/// Pauses between questions that are not answered.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// What a job waits for while the quota is used up.
const FOR_ROOM: &str = "for room in the cluster";

/// A job that wants a pod.
pub struct Candidate<'a> {
    /// Where.
    pub pods: &'a Pods,
    /// The job.
    pub job: &'a JobSpec,
    /// What its pod is called.
    pub name: &'a str,
    /// Whoever is told why it waits.
    pub events: &'a mpsc::Sender<JobEvent>,
}

impl Candidate<'_> {
    /// The job's pod: the one that is there, or a new one when its turn comes.
    pub async fn create(mut self, turn: Turn) -> Result<Pod, Explanation> {
        let cluster = self.pods.cluster();
        // What makes it impossible is told before anybody waits for it.
        cluster.pod(self.job, cluster.now()).map_err(|error| impossible(&error))?;
        self.wait_for_the_watch().await;
        match self.left_behind() {
            Some(pod) => Ok(pod),
            None => self.pods.room().enter(turn, &mut self).await.map_err(|problem| refused(&problem)),
        }
    }

    /// The job's pod where it is there.
    pub async fn find(mut self) -> Result<Pod, Explanation> {
        self.wait_for_the_watch().await;
        if let Some(pod) = self.left_behind() {
            return Ok(pod);
        }
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            // What was seen may be older than the pod.
            match self.adopt().await {
                Ok(pod) => return Ok(pod),
                Err(Problem::Missing(_)) => return Err(vanished()),
                Err(problem) if problem.is_passing() => {
                    self.wait(Wait::Answer).await;
                    tokio::time::sleep(backoff.pause()).await;
                }
                Err(problem) => return Err(refused(&problem)),
            }
        }
    }

    /// The job's pod as it was seen last.
    fn left_behind(&self) -> Option<Pod> {
        let there = self.pods.watch().get(self.name).filter(|pod| self.is_ours(pod))?;
        tracing::info!("a pod that was left is taken up");
        Some(Arc::unwrap_or_clone(there))
    }

    /// Waits until it is known what pods there are: one that was left runs already, whatever room there is.
    async fn wait_for_the_watch(&mut self) {
        let mut link = self.pods.watch().link();
        let mut up = std::pin::pin!(link.wait_for(|link| link.up_since().is_some()));
        if tokio::time::timeout(NOTICE, &mut up).await.is_err() {
            self.wait(Wait::Answer).await;
            // Whoever changes it is a part of the watch.
            let _ = up.await;
        }
    }

    fn is_ours(&self, pod: &Pod) -> bool {
        Whose::of(pod, self.pods.cluster().instance()).is_some_and(|whose| {
            (&whose.run, whose.job, whose.attempt) == (&self.job.run, self.job.job, self.job.attempt)
        })
    }

    /// The pod that was made before, by another process or by a request whose answer was lost.
    async fn adopt(&self) -> Result<Pod, Problem> {
        let cluster = self.pods.cluster();
        let pod = cluster.call(cluster.pods().get(self.name)).await?;
        if self.is_ours(&pod) {
            Ok(pod)
        } else {
            Err(Problem::Refused(format!("{} is there and not this portal's", self.name)))
        }
    }
}

impl Applicant for Candidate<'_> {
    type Place = Pod;

    async fn take_place(&mut self) -> Result<Pod, Problem> {
        let cluster = self.pods.cluster();
        // Its deadline counts from now.
        let pod = cluster.pod(self.job, cluster.now());
        let pod = pod.map_err(|error| Problem::Refused(error.to_string()))?;
        match cluster.call(cluster.pods().create(&PostParams::default(), &pod)).await {
            Err(Problem::Exists) => match self.adopt().await {
                // It went away meanwhile: its name is free.
                Err(Problem::Missing(_)) => Err(Problem::Busy { after: None }),
                adopted => adopted,
            },
            Err(problem) => Err(problem),
            Ok(pod) => {
                tracing::info!("a pod is made");
                Ok(pod)
            }
        }
    }

    fn sees_none(&self) -> bool {
        let most = self.pods.cluster().capacity().map(|capacity| capacity.pods as usize);
        self.pods.watch().is_current() && most.is_some_and(|most| self.pods.watch().under_way() >= most)
    }

    async fn wait(&mut self, why: Wait) {
        let why = match why {
            Wait::Room => FOR_ROOM,
            Wait::Answer => FOR_AN_ANSWER,
        };
        tracing::info!(why, "the job waits");
        // Nobody who listens ends the job by its other events.
        let _ = self.events.send(JobEvent::Waiting { why: why.to_owned() }).await;
    }
}

fn vanished() -> Explanation {
    let words = "its pod is not in the cluster any more".to_owned();
    Explanation { ending: Ending::Vanished, words, raw: String::new() }
}

fn impossible(error: &PodError) -> Explanation {
    // What is too large is so by the pipeline's own doing, however often it is tried.
    let ending = match error {
        PodError::TooLarge { .. } => Ending::Failed,
        _ => Ending::InfraError,
    };
    Explanation { ending, words: error.to_string(), raw: String::new() }
}

fn refused(problem: &Problem) -> Explanation {
    let words = match problem {
        Problem::Forbidden(_) | Problem::Unauthorized(_) => "the portal has no right to make its pod",
        Problem::Refused(_) => "the rules of the cluster refuse its pod",
        Problem::Missing(_) => "there is no place for its pod in the cluster",
        _ => "its pod cannot be made",
    };
    Explanation::infra(words, problem.to_string())
}
