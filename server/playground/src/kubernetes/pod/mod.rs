//! What a job's pod is.
//!
//! [`naming`] says what it is called, and whose a pod is; [`input`] how the job gets in; [`volumes`] what its folders are;
//! [`containers`] what runs in it; [`identity`] as whom. [`build`] puts all of it together.
//!
//! Nothing that a visitor wrote is in a pod's names, labels, annotations, commands or anywhere else but in the input, which
//! is opaque: compressed and in letters that mean nothing to the cluster.

mod containers;
mod identity;
mod input;
mod naming;
#[cfg(test)]
pub(super) mod tests;
mod volumes;

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Pod, PodDNSConfig, PodSecurityContext, PodSpec, SeccompProfile, Toleration as PodToleration,
};
use kube::core::ObjectMeta;
use regatta_domain::ids::RunId;
use regatta_runner::RunKey;
use regatta_runner::input::InputError;

use super::settings::{ClusterSettings, PinnedImage, Toleration};
use crate::executor::{JobSpec, Limits};

pub use self::containers::{JOB, RUNNER, Share};
pub use self::naming::{ATTEMPT, DEADLINE, INSTANCE, JOB_NUMBER, MANAGED_BY, RUN, Whose, name, selector};
pub use self::volumes::MAX_FILES;

/// The least memory with which a virtual machine starts: with less it never does, and says nothing.
pub const LEAST_MACHINE_MEMORY: u64 = 256 << 20;
/// What a pod may take beyond its times until the cluster ends it, should everybody else have forgotten it.
const SLACK: Duration = Duration::from_secs(10);
/// How long processes have between the cluster's request to end and their end.
const GRACE_SECONDS: i64 = 2;
/// What all pods of a portal have in common.
#[derive(Clone, Debug)]
pub struct Shape<'a> {
    /// What the operator decided.
    pub settings: &'a ClusterSettings,
    /// The portal's name among those that share the namespace.
    pub instance: &'a str,
    /// Whether each pod is a virtual machine.
    pub machine: bool,
}

/// One pod that is to be.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The run it belongs to.
    pub run: &'a RunId,
    /// The job's place in the plan of the run.
    pub job: usize,
    /// How often the job was tried before.
    pub attempt: u32,
    /// What it runs in.
    pub image: &'a PinnedImage,
    /// What its container runs.
    pub work: Work,
    /// What it may use.
    pub limits: &'a Limits,
    /// When it is made.
    pub since: Timestamp,
}

/// What a pod's container runs.
#[derive(Clone, Debug)]
pub enum Work {
    /// A job. These bytes are what its runner reads.
    Job(Vec<u8>),
    /// The runner's program with these arguments, without a job.
    Program(Vec<String>),
}

/// Why there can be no pod for a job. Its text is for the visitor.
#[derive(Debug, thiserror::Error)]
pub enum PodError {
    /// What the job is given does not fit.
    #[error("it is too large for a pod: {0}")]
    TooLarge(#[from] InputError),
    /// Its image means nothing in the cluster.
    #[error("the image {alias} is not to be had in the cluster, which has {there}")]
    NoImage {
        /// The image's name.
        alias: String,
        /// The names there are.
        there: String,
    },
    /// The runner's filter of system calls cannot be written.
    #[error("there is no system call filter for the job: {0}")]
    NoWalls(#[from] seccompiler::BackendError),
    /// It cannot be written down.
    #[error("the job cannot be described: {0}")]
    Undescribable(#[from] serde_json::Error),
}

/// The pod of `job`, whose runner seals its end with `key`.
pub fn of_job(shape: &Shape<'_>, job: &JobSpec, key: &RunKey, since: Timestamp) -> Result<Pod, PodError> {
    let images = &shape.settings.images;
    let image = images.get(&job.image).ok_or_else(|| PodError::NoImage {
        alias: job.image.clone(),
        there: images.keys().cloned().collect::<Vec<_>>().join(", "),
    })?;
    let work = Work::Job(input::of(job, key)?);
    let JobSpec { run, job, attempt, limits, .. } = job;
    build(shape, &Plan { run, job: *job, attempt: *attempt, image, work, limits, since })
}

/// The pod of `plan`.
pub fn build(shape: &Shape<'_>, plan: &Plan<'_>) -> Result<Pod, PodError> {
    let life = shape.settings.setup_time + plan.limits.time + SLACK;
    let deadline = plan.since.saturating_add(life).unwrap_or(Timestamp::MAX);
    let (labels, annotations) = naming::marks(shape.instance, plan, deadline);
    let name = name(plan.run, plan.job, plan.attempt);
    let spec = spec(shape, plan, &name, life)?;
    let metadata = ObjectMeta {
        name: Some(name),
        namespace: Some(shape.settings.namespace.clone()),
        labels: Some(labels),
        annotations: Some(annotations),
        ..ObjectMeta::default()
    };
    Ok(Pod { metadata, spec: Some(spec), status: None })
}

fn spec(shape: &Shape<'_>, plan: &Plan<'_>, name: &str, life: Duration) -> Result<PodSpec, PodError> {
    let settings = shape.settings;
    let allowance = Share::of(shape, plan.limits);
    let nobody = vec!["127.0.0.1".to_owned()];
    Ok(PodSpec {
        runtime_class_name: settings.runtime_class.clone(),
        host_users: settings.user_namespaces.then_some(false),
        service_account_name: Some(settings.service_account.clone()),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        // A resolver that is not there: names are looked up nowhere.
        dns_policy: Some("None".to_owned()),
        dns_config: Some(PodDNSConfig { nameservers: Some(nobody), ..PodDNSConfig::default() }),
        hostname: Some("sandbox".to_owned()),
        set_hostname_as_fqdn: Some(false),
        restart_policy: Some("Never".to_owned()),
        active_deadline_seconds: i64::try_from(life.as_secs()).ok(),
        termination_grace_period_seconds: Some(GRACE_SECONDS),
        priority_class_name: settings.priority_class.clone(),
        node_selector: Some(settings.node_selector.clone()).filter(|labels| !labels.is_empty()),
        tolerations: Some(settings.tolerations.iter().map(toleration).collect())
            .filter(|list: &Vec<_>| !list.is_empty()),
        security_context: Some(security(name, settings.user_namespaces)),
        init_containers: Some(vec![containers::runner(settings, &allowance, &plan.work)?]),
        containers: vec![containers::job(plan.image, &allowance, &plan.work)],
        volumes: Some(volumes::all(plan.limits)),
        ..PodSpec::default()
    })
}

fn security(name: &str, own_users: bool) -> PodSecurityContext {
    let user = Some(i64::from(identity::user(name, own_users)));
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: user,
        run_as_group: user,
        fs_group: user,
        seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
        ..PodSecurityContext::default()
    }
}

fn toleration(toleration: &Toleration) -> PodToleration {
    let Toleration { key, value, effect } = toleration;
    let operator = if value.is_some() { "Equal" } else { "Exists" };
    PodToleration {
        key: Some(key.clone()),
        operator: Some(operator.to_owned()),
        value: value.clone(),
        effect: effect.clone(),
        toleration_seconds: None,
    }
}
