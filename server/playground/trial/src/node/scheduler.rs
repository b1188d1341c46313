//! Finds a node for a pod: the one there is, where it fits.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod};

use super::events::{Note, tell};
use super::report;
use crate::store::{Key, read};
use crate::world::{NODE, World};

/// Gives the pod its node. It waits for as long as none fits.
pub async fn place(world: &Arc<World>, key: &Key, uid: &str) -> Option<Pod> {
    tokio::time::sleep(world.options.timing.schedule).await;
    let pod = world.store.pod(key).filter(|pod| pod.metadata.uid.as_deref() == Some(uid))?;
    if !fits(world, &pod) {
        let why = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
        let pod = world.store.change_pod(key, uid, |pod| {
            report::condition(pod, "PodScheduled", false, Some("Unschedulable"), Some(why));
        })?;
        tell(world, &pod, Note::warning("FailedScheduling", why));
        return None;
    }
    let pod = world.store.change_pod(key, uid, |pod| {
        pod.spec.get_or_insert_default().node_name = Some(NODE.to_owned());
        report::condition(pod, "PodScheduled", true, None, None);
    })?;
    let message = format!("Successfully assigned {}/{} to {NODE}", key.namespace, key.name);
    tell(world, &pod, Note::normal("Scheduled", message));
    Some(pod)
}

fn fits(world: &World, pod: &Pod) -> bool {
    let key = Key { plural: "nodes", namespace: String::new(), name: NODE.to_owned() };
    let node: Option<Node> = world.store.read(|objects| objects.get(&key).and_then(|value| read(value)));
    let labels = node.and_then(|node| node.metadata.labels).unwrap_or_default();
    let wanted = pod.spec.as_ref().and_then(|spec| spec.node_selector.clone()).unwrap_or_default();
    wanted.iter().all(|(name, value)| labels.get(name) == Some(value))
}
