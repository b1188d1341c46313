//! A cluster that was connected to: its probe, its executor, and keeping it clear of what is left behind.

use std::sync::Arc;

use regatta_domain::ids::RunId;
use regatta_playground::executor::{Executor, Isolation};
use regatta_playground::kubernetes::cluster::{Cluster, ClusterParts};
use regatta_playground::kubernetes::pods::Pods;
use regatta_playground::kubernetes::probe::{self, ProbeReport};
use regatta_playground::kubernetes::reaper::Reaper;
use regatta_playground::kubernetes::{KubernetesExecutor, NAME};
use tokio_util::sync::CancellationToken;

use super::lookout::LookoutParts;
use super::playground::job_limits;

/// A cluster that is connected to.
#[derive(Clone)]
pub struct OpenCluster {
    pods: Arc<Pods>,
    /// What its probe showed.
    pub report: Option<ProbeReport>,
}

/// Why a cluster runs no jobs.
pub(super) struct Unfit {
    /// In words for operators, with what they can do.
    pub(super) reason: String,
    /// What its probe showed, where it came so far.
    pub(super) report: Option<ProbeReport>,
    /// The cluster, where it can be reached all the same.
    pub(super) cluster: Option<OpenCluster>,
}

impl OpenCluster {
    /// Connects to the cluster and probes it from inside.
    pub(super) async fn open(parts: &LookoutParts) -> Result<(Self, Arc<dyn Executor>), Unfit> {
        let unconnected = |reason: String| Unfit { reason, report: None, cluster: None };
        let settings = parts.config.playground.cluster.clone();
        let settings =
            settings.ok_or_else(|| unconnected("playground.kubernetes is not configured".to_owned()))?;
        let cluster = Cluster::connect(ClusterParts {
            settings,
            secret: *parts.secret_key.bytes(),
            limits: job_limits(&parts.config),
            clock: Arc::clone(&parts.clock),
            entropy: Arc::clone(&parts.entropy),
            observer: Arc::clone(&parts.observer),
        });
        let cluster = Arc::new(cluster.await.map_err(|error| unconnected(error.to_string()))?);
        let pods = Pods::start(Arc::clone(&cluster));
        match probe::run(&cluster, &*pods).await {
            Ok(report) => {
                let executor = KubernetesExecutor::new(Arc::clone(&pods), isolation(&cluster, &report));
                Ok((Self { pods, report: Some(report) }, Arc::new(executor)))
            }
            Err(failure) => {
                let (reason, report) = (failure.to_string(), failure.report);
                Err(Unfit { reason, report: report.clone(), cluster: Some(Self { pods, report }) })
            }
        }
    }

    /// What is known of its pods.
    pub fn pods(&self) -> &Arc<Pods> {
        &self.pods
    }

    /// The cluster itself.
    pub fn cluster(&self) -> &Arc<Cluster> {
        self.pods.cluster()
    }

    /// Deletes what is left behind there, until `stop`.
    pub(super) fn keep_clear(&self, parts: &LookoutParts, stop: CancellationToken) {
        let Some(store) = &parts.store else { return };
        let reaper = Reaper {
            pods: Arc::clone(&self.pods),
            runs: store.clone(),
            leases: store.clone(),
            observer: Arc::clone(&parts.observer),
            // A name that no other process has.
            holder: format!("reaper-{}", RunId::random(&*parts.entropy)),
        };
        tokio::spawn(reaper.run(stop));
    }
}

fn isolation(cluster: &Cluster, report: &ProbeReport) -> Isolation {
    let findings = cluster.findings().iter().chain(&report.findings);
    Isolation {
        executor: NAME.to_owned(),
        level: cluster.level(),
        findings: findings.map(ToString::to_string).collect(),
    }
}
