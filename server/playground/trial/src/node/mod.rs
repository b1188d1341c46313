//! The node: finds pods that nobody tends yet and tends them.

pub mod command;
pub mod container;
pub mod events;
pub mod image;
pub mod log;
pub mod machine;
pub mod memory;
mod overseer;
mod report;
mod scheduler;
mod stop;
pub mod volumes;
mod worker;

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use tokio::task::JoinSet;

use crate::store::Key;
use crate::world::World;

/// Tends every pod, from its first moment to its last, for ever.
pub async fn run(world: Arc<World>) {
    let mut versions = world.store.subscribe();
    let mut known = BTreeSet::new();
    let mut workers = JoinSet::new();
    loop {
        versions.borrow_and_update();
        for pod in world.store.read(|objects| objects.typed::<Pod>("pods", None)) {
            let (Some(namespace), Some(name), Some(uid)) =
                (&pod.metadata.namespace, &pod.metadata.name, &pod.metadata.uid)
            else {
                continue;
            };
            if known.insert(uid.clone()) {
                workers.spawn(worker::tend(world.clone(), Key::pod(namespace, name), uid.clone()));
            }
        }
        tokio::select! {
            changed = versions.changed() => if changed.is_err() { return },
            Some(_) = workers.join_next() => {}
        }
    }
}
