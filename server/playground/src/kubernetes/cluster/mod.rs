//! A cluster that was found fit for the playground.
//!
//! [`access`] reaches it, [`counting`] tells how often, [`checks`] sees to it that it has what pods need, [`capacity`]
//! says how many of them its quota takes, [`error`] what is wrong and what to do about it.

mod access;
mod capacity;
mod checks;
mod counting;
mod error;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Node, Pod};
use kube::{Api, Client};
use regatta_domain::ports::{Clock, Entropy};
use regatta_domain::run::IsolationLevel;

use super::keys::Keys;
use super::pod::{self, PodError, Shape};
use super::probe::Finding;
use super::problem::Problem;
use super::settings::ClusterSettings;
use crate::executor::{JobSpec, Limits};
use crate::frames::specification;
use crate::observer::Observer;

pub use self::capacity::Capacity;
pub(super) use self::checks::level_of;
pub use self::error::ClusterError;

/// How long an answer that is no stream may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a connection is made of.
pub struct ClusterParts {
    /// What the operator decided.
    pub settings: ClusterSettings,
    /// The portal's secret.
    pub secret: [u8; 32],
    /// The most that a job may use.
    pub limits: Limits,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes names that nobody can guess.
    pub entropy: Arc<dyn Entropy>,
    /// Hears of each call.
    pub observer: Arc<dyn Observer>,
}

/// A cluster that is connected, and has what the playground's pods need.
pub struct Cluster {
    client: Client,
    address: Uri,
    settings: ClusterSettings,
    limits: Limits,
    keys: Keys,
    instance: String,
    facts: checks::Facts,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Cluster {
    /// Connects to the cluster and sees to it that it has what is needed. What may be only seconds old (the namespace's
    /// service account, what its quota counts) is waited for, half a minute at most.
    pub async fn connect(parts: ClusterParts) -> Result<Self, ClusterError> {
        let (client, address) = access::client(&parts.settings.access, Arc::clone(&parts.observer)).await?;
        Self::reached_by(client, address, parts).await
    }

    async fn reached_by(client: Client, address: Uri, parts: ClusterParts) -> Result<Self, ClusterError> {
        let ClusterParts { settings, secret, limits, clock, entropy, .. } = parts;
        let keys = Keys::new(&secret);
        let instance = settings.instance.clone().unwrap_or_else(|| keys.instance());
        let facts =
            checks::Checks { client: &client, address: &address, settings: &settings, limits: &limits };
        let facts = facts.all().await?;
        Ok(Self { client, address, settings, limits, keys, instance, facts, clock, entropy })
    }

    /// The way to the API server. It asks once: who wants to ask again says so, and when.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Where the API server is.
    pub fn address(&self) -> &Uri {
        &self.address
    }

    /// The pods of the playground's namespace.
    pub fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.client.clone(), &self.settings.namespace)
    }

    /// What happened to them.
    pub fn events(&self) -> Api<Event> {
        Api::namespaced(self.client.clone(), &self.settings.namespace)
    }

    /// The cluster's nodes, of which one that is named may be read.
    pub fn nodes(&self) -> Api<Node> {
        Api::all(self.client.clone())
    }

    /// Waits for an answer that is no stream, but not for ever.
    pub async fn call<T>(&self, question: impl Future<Output = kube::Result<T>>) -> Result<T, Problem> {
        bounded(question).await
    }

    /// What the operator decided.
    pub fn settings(&self) -> &ClusterSettings {
        &self.settings
    }

    /// The most that a job may use.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What follows from the portal's secret.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What tells this portal's pods from others': a label's value.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Selects this portal's pods.
    pub fn selector(&self) -> String {
        pod::selector(&self.instance)
    }

    /// What keeps its pods from its nodes.
    pub fn level(&self) -> IsolationLevel {
        self.facts.level
    }

    /// How many pods its quota takes; `None` where there is none.
    pub fn capacity(&self) -> Option<Capacity> {
        self.facts.capacity
    }

    /// What it was found to be.
    pub fn findings(&self) -> &[Finding] {
        &self.facts.findings
    }

    /// The version of Kubernetes, `v1.33.1` for example.
    pub fn server_version(&self) -> &str {
        &self.facts.version
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Where random names come from.
    pub fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    /// What all pods have in common.
    pub fn shape(&self) -> Shape<'_> {
        let machine = self.level() == IsolationLevel::VirtualMachine;
        Shape { settings: &self.settings, instance: &self.instance, machine }
    }

    /// The pod of `job`, made at `since`: the same but for its deadline whenever it is asked for.
    pub fn pod(&self, job: &JobSpec, since: Timestamp) -> Result<Pod, PodError> {
        let key = self.keys.run_key(&specification::identity(job));
        pod::of_job(&self.shape(), job, &key, since)
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = &self.settings.namespace;
        write!(out, "Cluster({}, {namespace}, {})", self.address, self.instance)
    }
}

/// Waits for an answer that is no stream, but not for ever.
async fn bounded<T>(question: impl Future<Output = kube::Result<T>>) -> Result<T, Problem> {
    match tokio::time::timeout(PATIENCE, question).await {
        Ok(answer) => answer.map_err(|error| Problem::of(&error)),
        Err(_) => Err(Problem::Away(format!("nothing within {} s", PATIENCE.as_secs()))),
    }
}
