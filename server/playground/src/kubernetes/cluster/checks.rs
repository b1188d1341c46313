//! What is looked at before a cluster is used, the plainest first, so that the first error is the one to mend.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Uri;
use k8s_openapi::api::core::v1::{ResourceQuota, ServiceAccount};
use k8s_openapi::api::node::v1::RuntimeClass;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::api::ListParams;
use kube::{Api, Client};
use regatta_domain::run::IsolationLevel;
use tokio::time::{Instant, sleep};

use super::capacity::{Capacity, Need};
use super::error::{Place, RuntimeClasses};
use super::{ClusterError, bounded};
use crate::executor::Limits;
use crate::kubernetes::pod::{LEAST_MACHINE_MEMORY, Shape, Share};
use crate::kubernetes::probe::Finding;
use crate::kubernetes::problem::Problem;
use crate::kubernetes::settings::ClusterSettings;

/// What the namespace's quota is called. It is known by name, because the portal may read it, but not list what there is.
const QUOTA: &str = "playground";
/// How long is waited for what a new namespace gets from the cluster.
const SETTLING: Duration = Duration::from_secs(30);
/// How often it is looked for.
const LOOK: Duration = Duration::from_secs(1);

/// What was found out about a cluster.
#[derive(Debug)]
pub struct Facts {
    /// The version of Kubernetes.
    pub version: String,
    /// What keeps pods from their nodes.
    pub level: IsolationLevel,
    /// How many pods fit the quota.
    pub capacity: Option<Capacity>,
    /// All of it, in words.
    pub findings: Vec<Finding>,
}

/// What is looked at, and for whom.
pub struct Checks<'a> {
    pub client: &'a Client,
    pub address: &'a Uri,
    pub settings: &'a ClusterSettings,
    pub limits: &'a Limits,
}

/// What a runtime class means for pods.
struct Runtime {
    level: IsolationLevel,
    overhead: BTreeMap<String, Quantity>,
    finding: Finding,
}

impl Checks<'_> {
    /// Looks at everything.
    pub async fn all(&self) -> Result<Facts, ClusterError> {
        let version = self.version().await?;
        let Runtime { level, overhead, finding: runtime } = self.runtime().await?;
        self.memory(level)?;
        let settled_by = Instant::now() + SETTLING;
        self.service_account(settled_by).await?;
        let (capacity, quota) = self.quota(level, &overhead, settled_by).await?;
        let reached = format!("Kubernetes {version}, the namespace {}", self.settings.namespace);
        let findings = vec![Finding::held("cluster", reached), runtime, quota];
        Ok(Facts { version, level, capacity, findings })
    }

    async fn version(&self) -> Result<String, ClusterError> {
        match bounded(self.client.apiserver_version()).await {
            Ok(info) => Ok(info.git_version),
            Err(Problem::Unauthorized(why)) => {
                Err(ClusterError::Unauthorized { address: self.address.clone(), why })
            }
            // Everybody may ask for the version; a cluster where that was forbidden has one all the same.
            Err(Problem::Forbidden(_)) => Ok("of an untold version".to_owned()),
            Err(problem) => {
                Err(ClusterError::Unreachable { address: self.address.clone(), why: problem.to_string() })
            }
        }
    }

    async fn runtime(&self) -> Result<Runtime, ClusterError> {
        let Some(name) = &self.settings.runtime_class else {
            self.agreed_to_share(
                "playground.kubernetes.runtime_class = \"default\" is the cluster's own runtime",
            )?;
            let words = "pods run in the cluster's default runtime, on their node's kernel".to_owned();
            let (level, overhead) = (IsolationLevel::Process, BTreeMap::new());
            return Ok(Runtime { level, overhead, finding: Finding::held("runtime class", words) });
        };
        let classes: Api<RuntimeClass> = Api::all(self.client.clone());
        let class = match bounded(classes.get(name)).await {
            Ok(class) => class,
            Err(Problem::Missing(_)) => return Err(self.no_runtime_class(&classes, name).await),
            Err(problem) => return Err(denied(problem, "get", "runtimeclasses.node.k8s.io", Place::Cluster)),
        };
        let level = level_of(&class.handler);
        if level == IsolationLevel::Process {
            let handler = &class.handler;
            self.agreed_to_share(&format!(
                "the runtime class {name} (handler {handler}) has no kernel of its own"
            ))?;
        }
        let words = format!("{name}, handler {}: {}", class.handler, level.words());
        let overhead = class.overhead.and_then(|overhead| overhead.pod_fixed).unwrap_or_default();
        Ok(Runtime { level, overhead, finding: Finding::held("runtime class", words) })
    }

    fn agreed_to_share(&self, why: &str) -> Result<(), ClusterError> {
        if self.settings.shared_kernel {
            return Ok(());
        }
        Err(ClusterError::SharedKernel { why: why.to_owned() })
    }

    async fn no_runtime_class(&self, classes: &Api<RuntimeClass>, name: &str) -> ClusterError {
        match bounded(classes.list(&ListParams::default())).await {
            Ok(list) => {
                let named = |class: RuntimeClass| Some((class.metadata.name?, class.handler));
                let there = RuntimeClasses(list.items.into_iter().filter_map(named).collect());
                ClusterError::NoRuntimeClass { name: name.to_owned(), there }
            }
            Err(problem) => denied(problem, "list", "runtimeclasses.node.k8s.io", Place::Cluster),
        }
    }

    fn memory(&self, level: IsolationLevel) -> Result<(), ClusterError> {
        let given = self.limits.memory_bytes;
        if level == IsolationLevel::VirtualMachine && given < LEAST_MACHINE_MEMORY {
            let (given, least) = (given >> 20, LEAST_MACHINE_MEMORY >> 20);
            return Err(ClusterError::LittleMemory { given, least });
        }
        Ok(())
    }

    /// The cluster makes a namespace's service accounts a little after the namespace, and takes no pod before.
    async fn service_account(&self, by: Instant) -> Result<(), ClusterError> {
        let ClusterSettings { namespace, service_account: name, .. } = self.settings;
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), namespace);
        loop {
            match bounded(accounts.get(name)).await {
                Ok(_) => return Ok(()),
                Err(Problem::Missing(_)) if Instant::now() < by => sleep(LOOK).await,
                Err(Problem::Missing(_)) => {
                    let (name, namespace) = (name.clone(), namespace.clone());
                    return Err(ClusterError::NoServiceAccount { name, namespace, waited: SETTLING });
                }
                Err(problem) => return Err(denied(problem, "get", "serviceaccounts", self.place())),
            }
        }
    }

    /// A quota that counts nothing yet lets everything through. One that is not there is told, but needed it is not: each pod
    /// has limits of its own, and the portal starts only so many runs at once.
    async fn quota(
        &self,
        level: IsolationLevel,
        overhead: &BTreeMap<String, Quantity>,
        by: Instant,
    ) -> Result<(Option<Capacity>, Finding), ClusterError> {
        let quotas: Api<ResourceQuota> = Api::namespaced(self.client.clone(), &self.settings.namespace);
        let hard = loop {
            let quota = match bounded(quotas.get_opt(QUOTA)).await {
                Ok(Some(quota)) => quota,
                Ok(None) => return Ok((None, no_quota())),
                Err(problem) => return Err(denied(problem, "get", "resourcequotas", self.place())),
            };
            match quota.status.and_then(|status| status.hard).filter(|hard| !hard.is_empty()) {
                Some(hard) => break hard,
                None if Instant::now() < by => sleep(LOOK).await,
                None => {
                    let (name, namespace) = (QUOTA.to_owned(), self.settings.namespace.clone());
                    return Err(ClusterError::QuotaNotCounted { name, namespace, waited: SETTLING });
                }
            }
        };
        let shape =
            Shape { settings: self.settings, instance: "", machine: level == IsolationLevel::VirtualMachine };
        let capacity = Need::of(&Share::of(&shape, self.limits), overhead).fits(&hard)?;
        Ok((capacity, room(capacity)))
    }

    fn place(&self) -> Place {
        Place::Namespace(self.settings.namespace.clone())
    }
}

/// What a handler's name says of the kernel that pods get: the names are those that Kata Containers' and gVisor's own manifests
/// have. The probe sees whether it is true.
pub fn level_of(handler: &str) -> IsolationLevel {
    if handler.starts_with("kata") {
        IsolationLevel::VirtualMachine
    } else if handler.starts_with("runsc") || handler.starts_with("gvisor") {
        IsolationLevel::ApplicationKernel
    } else {
        IsolationLevel::Process
    }
}

fn denied(problem: Problem, verb: &'static str, resource: &'static str, place: Place) -> ClusterError {
    match problem {
        Problem::Forbidden(why) => ClusterError::Forbidden { verb, resource, place, why },
        problem => problem.into(),
    }
}

fn room(capacity: Option<Capacity>) -> Finding {
    let words = match capacity {
        Some(Capacity { pods: 1 }) => "one pod fits the namespace's quota".to_owned(),
        Some(Capacity { pods }) => format!("{pods} pods fit the namespace's quota"),
        None => "the namespace's quota limits nothing that pods take".to_owned(),
    };
    Finding { what: "quota".to_owned(), held: capacity.is_some(), words }
}

fn no_quota() -> Finding {
    let words = format!(
        "the namespace has no quota named {QUOTA}: only the portal itself limits how many pods there are. Add one, so that \
         the cluster does, too"
    );
    Finding { what: "quota".to_owned(), held: false, words }
}
