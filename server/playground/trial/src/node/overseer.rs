//! Sees when a pod has to end before its containers do.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use tokio::sync::watch;

use super::log::ContainerLog;
use super::stop::{Stop, Verdict};
use super::volumes::Volumes;
use super::{memory, report};
use crate::clock;
use crate::fault::{OomShape, PodFault, When};
use crate::store::Key;
use crate::world::World;

/// How often it is looked whether something befalls a pod.
const GLANCE: Duration = Duration::from_millis(20);
/// How many glances there are from one look at a pod's memory to the next.
const GLANCES_PER_LOOK: u32 = 10;

/// What runs at the moment.
#[derive(Clone)]
pub struct Scene {
    /// The process that all of its processes come from.
    pub root: Option<u32>,
    /// What it prints.
    pub log: Arc<ContainerLog>,
    /// Whether the pod's init containers are done.
    pub is_main: bool,
}

/// What is needed to oversee a pod.
pub struct Overseer<'a> {
    /// Everything.
    pub world: &'a Arc<World>,
    /// Which pod.
    pub key: &'a Key,
    /// Its identity.
    pub uid: &'a str,
    /// Its volumes.
    pub volumes: &'a Volumes,
    /// What runs at the moment.
    pub scene: &'a Mutex<Option<Scene>>,
    /// Where orders are given.
    pub orders: &'a watch::Sender<Option<Stop>>,
}

impl Overseer<'_> {
    /// Gives orders; never returns.
    pub async fn oversee(&self, pod: &Pod) {
        tokio::join!(self.watch_deletion(), self.watch_deadline(pod), self.watch_fate(), self.watch_use(pod));
    }

    /// The first order stands, but a pod that is no more ends at once.
    fn order(&self, stop: Stop) {
        self.orders.send_if_modified(|order| {
            let is_last = matches!(stop.verdict, Verdict::Removed);
            let stands = order.is_some() && !is_last;
            if !stands {
                *order = Some(stop);
            }
            !stands
        });
    }

    async fn watch_deletion(&self) {
        let mut versions = self.world.store.subscribe();
        let mut is_marked = false;
        loop {
            versions.borrow_and_update();
            let pod =
                self.world.store.pod(self.key).filter(|pod| pod.metadata.uid.as_deref() == Some(self.uid));
            let Some(pod) = pod else {
                return self.order(Stop::now(Verdict::Removed));
            };
            if pod.metadata.deletion_timestamp.is_some() && !is_marked {
                is_marked = true;
                let seconds = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
                let grace = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
                self.order(Stop { verdict: Verdict::Deleted, grace });
            }
            if versions.changed().await.is_err() {
                return;
            }
        }
    }

    async fn watch_deadline(&self, pod: &Pod) {
        let spec = pod.spec.clone().unwrap_or_default();
        let Some(seconds) = spec.active_deadline_seconds.and_then(|seconds| u64::try_from(seconds).ok())
        else {
            return;
        };
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let grace = spec.termination_grace_period_seconds.and_then(|grace| u64::try_from(grace).ok());
        self.order(Stop { verdict: Verdict::Overdue, grace: Duration::from_secs(grace.unwrap_or(30)) });
    }

    fn scene(&self) -> Option<Scene> {
        self.scene.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What befalls pods because somebody wants to see it.
    async fn watch_fate(&self) {
        loop {
            if let Some(scene) = self.scene().filter(|scene| scene.is_main) {
                let name = &self.key.name;
                let faults = &self.world.faults;
                let printed = When::Printed(scene.log.printed());
                if let Some(fault) = faults.pod_fault(name, printed) {
                    self.befall(&fault);
                }
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    fn befall(&self, fault: &PodFault) {
        let verdict = match fault {
            PodFault::OutOfMemory(shape) => Verdict::OutOfMemory(*shape),
            PodFault::Evicted => Verdict::Evicted("The node was low on resource: memory. ".to_owned()),
            PodFault::NodeLost => Verdict::NodeLost,
            PodFault::FalseSuccess => Verdict::FalseSuccess,
            PodFault::Restarted => Verdict::Restarted,
            PodFault::Killed => Verdict::Killed,
            PodFault::Vanishes => return self.world.store.remove_pod(self.key, self.uid),
            PodFault::Disrupted => return self.disrupt(),
            // These befall pods that do not run yet.
            PodFault::ImagePull | PodFault::ContainerConfig => return,
        };
        self.order(Stop::now(verdict));
    }

    /// Somebody empties the node: the pod is deleted, and says why.
    fn disrupt(&self) {
        self.world.store.change_pod(self.key, self.uid, |pod| {
            let message = "Eviction API: evicting";
            report::condition(pod, "DisruptionTarget", true, Some("EvictionByEvictionAPI"), Some(message));
            let grace =
                pod.spec.as_ref().and_then(|spec| spec.termination_grace_period_seconds).unwrap_or(30);
            pod.metadata.deletion_timestamp = Some(Time(clock::stamp().0 + SignedDuration::from_secs(grace)));
            pod.metadata.deletion_grace_period_seconds = Some(grace);
        });
    }

    /// Whether the pod holds more than it may.
    async fn watch_use(&self, pod: &Pod) {
        let limit = report::memory_limit(pod);
        loop {
            tokio::time::sleep(GLANCE * GLANCES_PER_LOOK).await;
            if let Some((name, limit)) = self.volumes.overfull().await {
                let message = format!("Usage of EmptyDir volume \"{name}\" exceeds the limit \"{limit}\". ");
                self.order(Stop::now(Verdict::Evicted(message)));
            }
            let Some((limit, root)) = limit.zip(self.scene().and_then(|scene| scene.root)) else { continue };
            if memory::held_bytes(root) + self.volumes.memory_bytes().await > limit {
                self.order(Stop::now(Verdict::OutOfMemory(self.shape(pod))));
            }
        }
    }

    fn shape(&self, pod: &Pod) -> OomShape {
        let class = pod.spec.as_ref().and_then(|spec| spec.runtime_class_name.as_deref());
        let class = class.and_then(|name| self.world.runtime_class(name));
        class.map_or(OomShape::Runc, crate::options::TrialRuntimeClass::oom_shape)
    }
}
