//! Takes pods away.

use std::sync::Arc;
use std::time::Duration;

use kube::api::{DeleteParams, Preconditions};
use tracing::Instrument as _;

use super::backoff::Backoff;
use super::cluster::Cluster;
use super::pod::Whose;
use super::problem::Problem;

/// How long whoever ends a job waits for the cluster to take the order.
const PATIENCE: Duration = Duration::from_millis(700);
/// How long a pod that has ended is kept.
pub const KEPT: Duration = Duration::from_secs(5);
/// How long a pod is kept that is still at work: until it is stored how its job ended.
pub const KEPT_AT_WORK: Duration = Duration::from_millis(1500);
/// Pauses between orders that were not taken.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often it is ordered before that is left to the reaper.
const MOST_ORDERS: u32 = 60;
/// When it is looked for a pod whose creation was broken off, again and again: the API server may still have been at it.
const LOOKS: [Duration; 4] =
    [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(10)];

/// Deletes the pod with this name and UID, without grace. An order that is not taken soon is repeated by a task that nobody
/// waits for.
pub async fn remove(cluster: &Arc<Cluster>, name: &str, uid: &str) {
    let (cluster, name, uid) = (Arc::clone(cluster), name.to_owned(), uid.to_owned());
    let order = async move { insist(&cluster, &name, &uid).await };
    // Whoever does not wait any more leaves the task at work.
    let _ = tokio::time::timeout(PATIENCE, tokio::spawn(order.in_current_span())).await;
}

/// Deletes the pod with this name and UID in a while, so that whoever takes over from this process meanwhile still finds
/// what it has to say. What this process does not live to do is left to the reaper.
pub fn remove_later(cluster: &Arc<Cluster>, name: &str, uid: &str, kept: Duration) {
    let (cluster, name, uid) = (Arc::clone(cluster), name.to_owned(), uid.to_owned());
    let order = async move {
        tokio::time::sleep(kept).await;
        insist(&cluster, &name, &uid).await;
    };
    tokio::spawn(order.in_current_span());
}

/// Sees to it that a pod of ours goes whose creation was broken off, should it come to be.
pub fn forget(cluster: &Arc<Cluster>, name: &str) {
    let (cluster, name) = (Arc::clone(cluster), name.to_owned());
    let search = async move {
        for look in LOOKS {
            tokio::time::sleep(look).await;
            if let Ok(pod) = cluster.call(cluster.pods().get(&name)).await
                && Whose::of(&pod, cluster.instance()).is_some()
            {
                return insist(&cluster, &name, pod.metadata.uid.as_deref().unwrap_or_default()).await;
            }
        }
    };
    tokio::spawn(search.in_current_span());
}

/// Deletes a pod, however often that takes.
async fn insist(cluster: &Cluster, name: &str, uid: &str) {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    for _ in 0..MOST_ORDERS {
        match order(cluster, name, uid).await {
            Ok(_) => return,
            Err(problem) if problem.is_passing() => {
                tracing::debug!(%problem, "the pod cannot be deleted yet");
                tokio::time::sleep(backoff.pause()).await;
            }
            Err(problem) => {
                tracing::error!(%problem, "the pod cannot be deleted");
                return;
            }
        }
    }
    tracing::warn!("the pod is left to the reaper");
}

/// Orders the deletion of the pod with this name and UID, without grace. Returns whether there was one.
pub async fn order(cluster: &Cluster, name: &str, uid: &str) -> Result<bool, Problem> {
    let preconditions = Preconditions { uid: Some(uid.to_owned()), ..Preconditions::default() };
    let params = DeleteParams {
        grace_period_seconds: Some(0),
        preconditions: Some(preconditions),
        ..DeleteParams::default()
    };
    let pods = cluster.pods();
    match cluster.call(pods.delete(name, &params)).await {
        Ok(_) => Ok(true),
        // It is gone, or another one by the same name is there.
        Err(Problem::Missing(_) | Problem::Conflict(_)) => Ok(false),
        Err(problem) => Err(problem),
    }
}
