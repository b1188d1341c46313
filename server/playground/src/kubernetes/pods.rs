//! Everything between a job and its outcome, in one cluster: the watch of all pods, the line for room, jobs.

use std::sync::Arc;

use async_trait::async_trait;
use regatta_domain::ids::RunId;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::cluster::Cluster;
use super::job;
use super::pod::Whose;
use super::probe::RunsJobs;
use super::removal;
use super::room::Room;
use super::watch::PodWatch;
use crate::executor::{JobEvent, JobOutcome, JobSpec};
use crate::frames::Conclusion;

/// Runs jobs in pods of a cluster, before anybody has proved how well these isolate.
pub struct Pods {
    cluster: Arc<Cluster>,
    watch: PodWatch,
    room: Room,
}

impl Pods {
    /// Begins to watch the cluster's pods; ends with the last who holds this. Needs a runtime.
    pub fn start(cluster: Arc<Cluster>) -> Arc<Self> {
        let watch = PodWatch::start(cluster.pods(), &cluster.selector());
        let room = Room::new(watch.departures());
        Arc::new(Self { cluster, watch, room })
    }

    /// The cluster.
    pub fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// What is seen of its pods.
    pub fn watch(&self) -> &PodWatch {
        &self.watch
    }

    /// The line of those who wait for room.
    pub(super) fn room(&self) -> &Room {
        &self.room
    }

    /// Runs a job as [`RunsJobs::run`] does, and says beside its outcome what the cluster has to say of it: for operators.
    pub async fn conclude(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: &CancellationToken,
    ) -> Conclusion {
        // In the order in which they are asked for, before anything is waited for.
        let turn = self.room.join();
        job::run(self, job, Some(turn), events, cancel).await
    }

    /// Does the same with a job whose pod is there, and makes none where it is not: then the job has vanished.
    pub async fn take_up(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: &CancellationToken,
    ) -> Conclusion {
        job::run(self, job, None, events, cancel).await
    }

    /// Deletes at once what is there of a run's pods: for a process that does not live to do so in its own time.
    pub async fn clear_away(&self, run: &RunId) {
        for pod in self.watch.all() {
            let whose = Whose::of(&pod, self.cluster.instance());
            if whose.is_some_and(|whose| whose.run == *run) {
                let told = |told: &Option<String>| told.clone().unwrap_or_default();
                let (name, uid) = (told(&pod.metadata.name), told(&pod.metadata.uid));
                removal::remove(&self.cluster, &name, &uid).await;
            }
        }
    }
}

#[async_trait]
impl RunsJobs for Pods {
    async fn run(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome {
        self.conclude(job, events, &cancel).await.outcome
    }
}
