//! Why a cluster is not fit for the playground, and what to do about it.

use std::fmt::{self, Write as _};
use std::time::Duration;

use http::Uri;

use crate::kubernetes::problem::Problem;

/// Why a cluster cannot be used. Its text is for operators: what is wrong, then what to do.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Where the cluster is, or who asks, cannot be read.
    #[error(
        "it cannot be read where the cluster is and who asks: {0}. Run the portal inside of the cluster with a service \
         account, or name a file in playground.kubernetes.kubeconfig"
    )]
    Access(String),
    /// The API server does not answer.
    #[error(
        "the cluster's API server at {address} does not answer: {why}. See that it runs and that this machine reaches it"
    )]
    Unreachable {
        /// Where it should be.
        address: Uri,
        /// What happened instead.
        why: String,
    },
    /// It does not know who asks.
    #[error(
        "the cluster's API server at {address} does not accept the portal's credentials: {why}. Renew them"
    )]
    Unauthorized {
        /// Where it is.
        address: Uri,
        /// What it said.
        why: String,
    },
    /// The portal lacks a right that it cannot do without.
    #[error("the portal may not {verb} {resource} {place}: {why}. Grant its service account that right")]
    Forbidden {
        /// What it wanted to do: `get`, `list`.
        verb: &'static str,
        /// With what.
        resource: &'static str,
        /// Where: a namespace, or the whole cluster.
        place: Place,
        /// What the API server said.
        why: String,
    },
    /// There is no such runtime class.
    #[error("the runtime class {name} is not there; {there}: set playground.kubernetes.runtime_class")]
    NoRuntimeClass {
        /// The name that was asked for.
        name: String,
        /// Those that there are.
        there: RuntimeClasses,
    },
    /// Pods would run on the nodes' own kernel, which nobody has agreed to.
    #[error(
        "pods would share their node's kernel: {why}. Choose a runtime class of Kata Containers or gVisor, or, to try the \
         playground out with pipelines of your own, set playground.kubernetes.shared_kernel = true"
    )]
    SharedKernel {
        /// Why that is so.
        why: String,
    },
    /// A virtual machine would not start with so little.
    #[error(
        "jobs may use {given} MiB of memory, with which a virtual machine does not start: set limits.run_memory_mib to \
         {least} or more"
    )]
    LittleMemory {
        /// What jobs may use, in mebibytes.
        given: u64,
        /// What they need, in mebibytes.
        least: u64,
    },
    /// The namespace, or its service account, is not there.
    #[error(
        "there is no service account {name} in the namespace {namespace}, also after {} s. Create the namespace; if it is \
         there, see that the cluster's controller manager runs, which makes its service accounts, and what \
         playground.kubernetes.service_account says", waited.as_secs()
    )]
    NoServiceAccount {
        /// The service account.
        name: String,
        /// The namespace.
        namespace: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The quota says what it wants, and nobody counts.
    #[error(
        "the quota {name} of the namespace {namespace} counts nothing, also after {} s, and so keeps nobody from anything. \
         See that the cluster's controller manager runs", waited.as_secs()
    )]
    QuotaNotCounted {
        /// The quota.
        name: String,
        /// The namespace.
        namespace: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Not even one pod fits.
    #[error(
        "no pod fits the quota of the namespace: it needs {needed} of {resource}, its runtime class's own share included, \
         where the quota allows {hard}. Raise the quota, or lower what jobs may use"
    )]
    QuotaTooSmall {
        /// What there is too little of: `limits.memory`.
        resource: String,
        /// What a pod needs.
        needed: String,
        /// What all pods together may have.
        hard: String,
    },
    /// The API server answered otherwise than expected.
    #[error("the cluster could not be looked at: {0}")]
    Other(#[from] Problem),
}

impl ClusterError {
    /// Whether the cluster may well be fit a little later, without anybody doing something.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Other(problem) => problem.is_passing(),
            _ => false,
        }
    }
}

/// Where a right is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the whole cluster.
    Cluster,
    /// In this namespace.
    Namespace(String),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => out.write_str("in the whole cluster"),
            Self::Namespace(name) => write!(out, "in the namespace {name}"),
        }
    }
}

/// Runtime classes with their handlers, for choosing one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeClasses(pub Vec<(String, String)>);

impl fmt::Display for RuntimeClasses {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str("there is none: install Kata Containers or gVisor");
        }
        let mut list = String::new();
        for (name, handler) in &self.0 {
            let comma = if list.is_empty() { "" } else { ", " };
            write!(list, "{comma}{name} ({handler})")?;
        }
        let verb = if self.0.len() == 1 { "is" } else { "are" };
        write!(out, "there {verb} {list}")
    }
}
