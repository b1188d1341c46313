//! What all parts of a cluster share.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use crate::api::access::Tokens;
use crate::api::calls::Counter;
use crate::fault::Faults;
use crate::node::log::ContainerLog;
use crate::node::machine::Machine;
use crate::options::{TrialOptions, TrialRuntimeClass};
use crate::store::Store;

/// The name of the one node.
pub const NODE: &str = "trial-node";

/// What all parts of a cluster share.
pub struct World {
    /// What it is like.
    pub options: TrialOptions,
    /// Its objects.
    pub store: Store,
    /// What goes wrong.
    pub faults: Faults,
    /// What was asked.
    pub counter: Counter,
    /// Who may ask.
    pub tokens: Tokens,
    /// Where the API server listens.
    pub address: SocketAddr,
    /// The certificate of its authority, as text.
    pub authority: String,
    /// Where the node's files are.
    pub folder: PathBuf,
    /// What starts containers.
    pub machine: Machine,
    /// What containers printed.
    pub logs: Logs,
    /// The images that the node has.
    pub present: Mutex<BTreeSet<String>>,
    /// How many addresses pods have had.
    pub addresses: AtomicU16,
    /// What its tasks run on.
    pub runtime: Handle,
}

/// What containers printed, by their pods' identities and their names.
#[derive(Default)]
pub struct Logs(Mutex<BTreeMap<(String, String), Arc<ContainerLog>>>);

impl Logs {
    /// The log of a container, where it has one.
    pub fn find(&self, uid: &str, container: &str) -> Option<Arc<ContainerLog>> {
        let logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logs.get(&(uid.to_owned(), container.to_owned())).cloned()
    }

    /// Begins the log of a container; one that it had before is forgotten.
    pub fn begin(&self, uid: &str, container: &str) -> Arc<ContainerLog> {
        let log = Arc::new(ContainerLog::default());
        let mut logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logs.insert((uid.to_owned(), container.to_owned()), log.clone());
        log
    }

    /// Forgets the logs of a pod.
    pub fn forget(&self, uid: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(owner, _), _| owner != uid);
    }
}

impl World {
    /// Starts a task that lives as long as the cluster.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    /// An address for a pod: one that nobody reaches, or where pods have the node's network one of the node's own.
    pub fn new_address(&self) -> String {
        let network = if self.faults.network_is_open() { "127.64" } else { "10.244" };
        let [high, low] = self.addresses.fetch_add(1, Ordering::Relaxed).wrapping_add(2).to_be_bytes();
        format!("{network}.{high}.{low}")
    }

    /// The runtime class with this name.
    pub fn runtime_class(&self, name: &str) -> Option<&TrialRuntimeClass> {
        self.options.runtime_classes.iter().find(|class| class.name == name)
    }
}
