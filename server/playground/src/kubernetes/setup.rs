//! How a pod comes to run its job: what is told of it on the way, and what keeps it from getting there.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::api::ListParams;
use regatta_domain::run::{ImageState, Milestone};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::cluster::Cluster;
use super::milestones;
use super::status::{self, Doubts, Explanation, Standing};
use super::watch::{Sight, Sightings};
use crate::executor::JobEvent;

/// What a job waits for whose pod no node takes.
const FOR_A_NODE: &str = "for a node with room for it";
/// How often the cluster's notes of a pod are looked at that has no sandbox.
const LOOK: Duration = Duration::from_secs(10);
/// How long the cluster may take to say whether the image was there: its events come a little after what they tell.
const IMAGE_PATIENCE: Duration = Duration::from_secs(1);
const IMAGE_PAUSE: Duration = Duration::from_millis(250);

/// A pod that is on its way.
pub struct Setup<'a> {
    cluster: &'a Cluster,
    events: &'a mpsc::Sender<JobEvent>,
    reached: Option<Milestone>,
    doubts: Doubts,
    waits: bool,
}

impl<'a> Setup<'a> {
    /// One of which nothing has been told.
    pub fn new(cluster: &'a Cluster, events: &'a mpsc::Sender<JobEvent>) -> Self {
        Self { cluster, events, reached: None, doubts: Doubts::default(), waits: false }
    }

    /// Tells what there is to tell of a pod as it is now.
    pub async fn tell(&mut self, pod: &Pod) {
        for (milestone, at) in milestones::reached(pod) {
            // When the image was there is told by events alone, and comes before the container's start.
            if self.reached < Some(milestone) && milestone != Milestone::ContainerStarted {
                if milestone == Milestone::Scheduled {
                    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
                    tracing::info!(node, "a node takes the pod");
                }
                self.report(milestone, JobEvent::Reported(milestone, at)).await;
            }
        }
    }

    /// Waits until the job's container runs or has run, or never will.
    pub async fn until_started(&mut self, sightings: &mut Sightings) -> Result<(), Explanation> {
        let mut look = tokio::time::interval_at(Instant::now() + LOOK, LOOK);
        loop {
            match sightings.now() {
                Sight::Expected => {}
                // Whatever it said before it went is found by whoever explains it.
                Sight::Gone(_) => return Ok(()),
                Sight::There(pod) => {
                    self.tell(&pod).await;
                    if self.judge(status::standing(&pod)).await? {
                        return Ok(());
                    }
                }
            }
            tokio::select! {
                () = sightings.change() => {}
                _ = look.tick() => self.look_for_a_sandbox(sightings).await?,
                () = self.doubts.become_certain() => {
                    let seen = sightings.now();
                    if let Some(Standing::Doubtful(explanation)) = seen.last().map(|(pod, _)| status::standing(pod)) {
                        return Err(explanation);
                    }
                    self.doubts.dispelled();
                }
            }
        }
    }

    /// That a pod gets no sandbox is in no status: the cluster notes it, and tries again for ever.
    async fn look_for_a_sandbox(&self, sightings: &mut Sightings) -> Result<(), Explanation> {
        let Sight::There(pod) = sightings.now() else { return Ok(()) };
        if status::standing(&pod) != Standing::Starting || self.reached >= Some(Milestone::SandboxStarted) {
            return Ok(());
        }
        match milestones::no_runtime(&events_of(self.cluster, &pod).await) {
            Some(raw) => Err(Explanation::infra("its node has no such runtime", raw)),
            None => Ok(()),
        }
    }

    /// What follows from how far the pod has come: whether it has started.
    async fn judge(&mut self, standing: Standing) -> Result<bool, Explanation> {
        match standing {
            Standing::Started => return Ok(true),
            Standing::Hopeless(explanation) => return Err(explanation),
            Standing::Doubtful(explanation) => {
                tracing::warn!(cluster = explanation.raw, "the image cannot be fetched");
                if self.doubts.sighted(Instant::now()) {
                    return Err(explanation);
                }
            }
            Standing::Starting => self.doubts.dispelled(),
            Standing::Unscheduled(raw) => {
                if !std::mem::replace(&mut self.waits, true) {
                    tracing::warn!(cluster = raw, "no node takes the pod");
                    self.send(JobEvent::Waiting { why: FOR_A_NODE.to_owned() }).await;
                }
            }
        }
        Ok(false)
    }

    /// Tells when the image of the job's container was there, whether it was fetched for it, and when the container was
    /// started.
    pub async fn tell_image(&mut self, pod: &Pod) {
        let found = tokio::time::timeout(IMAGE_PATIENCE, self.find_image(pod)).await;
        if let Ok(Some((state, at))) = found {
            self.send(JobEvent::Image(state)).await;
            if let Some(at) = at {
                self.report(Milestone::ImagePulled, JobEvent::Reported(Milestone::ImagePulled, at)).await;
            }
        }
        let started =
            milestones::reached(pod).into_iter().find(|(one, _)| *one == Milestone::ContainerStarted);
        if let Some((milestone, at)) = started {
            self.report(milestone, JobEvent::Reported(milestone, at)).await;
        }
    }

    /// Looks for the image's event, and once more where it has not come yet.
    async fn find_image(&self, pod: &Pod) -> Option<(ImageState, Option<Timestamp>)> {
        if let Some(image) = milestones::image(&events_of(self.cluster, pod).await) {
            return Some(image);
        }
        tokio::time::sleep(IMAGE_PAUSE).await;
        milestones::image(&events_of(self.cluster, pod).await)
    }

    async fn report(&mut self, milestone: Milestone, event: JobEvent) {
        self.reached = Some(milestone);
        self.send(event).await;
    }

    async fn send(&self, event: JobEvent) {
        // Nobody who listens is noticed by the next who waits for it.
        let _ = self.events.send(event).await;
    }
}

/// Why a job's runner was not ready in time, by how far its pod came.
pub fn not_ready(pod: Option<&Pod>, setup: Duration) -> Explanation {
    let seconds = setup.as_secs();
    match pod.map(status::standing) {
        Some(Standing::Unscheduled(raw)) => {
            Explanation::infra(format!("no node of the cluster had room for its pod within {seconds} s"), raw)
        }
        Some(Standing::Doubtful(explanation)) => explanation,
        Some(Standing::Started) => {
            Explanation::infra(format!("its runner was not ready within {seconds} s"), "it was started")
        }
        _ => Explanation::infra(format!("its pod was not started within {seconds} s"), "it was not started"),
    }
}

/// What the cluster noted of a pod; nothing where it does not say.
pub async fn events_of(cluster: &Cluster, pod: &Pod) -> Vec<Event> {
    let uid = pod.metadata.uid.as_deref().unwrap_or_default();
    let of_pod = ListParams::default().fields(&format!("involvedObject.uid={uid}"));
    match cluster.call(cluster.events().list(&of_pod)).await {
        Ok(events) => events.items,
        Err(problem) => {
            tracing::debug!(%problem, "the pod's events cannot be listed");
            Vec::new()
        }
    }
}
