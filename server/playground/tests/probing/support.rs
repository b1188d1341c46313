//! A private cluster, and a connection to it as the portal has one.

use std::sync::Arc;

use jiff::Timestamp;
use regatta_domain::ports::{Clock, Entropy};
use regatta_playground::Unobserved;
use regatta_playground::executor::Limits;
use regatta_playground::kubernetes::cluster::{Cluster, ClusterError, ClusterParts};
use regatta_playground::kubernetes::pods::Pods;
use regatta_playground::kubernetes::probe::{self, ProbeFailure, ProbeReport};
use regatta_playground::kubernetes::settings::{ClusterSettings, NetworkWall};
use regatta_trial_cluster::{TrialCluster, TrialOptions};

pub use regatta_trial_cluster::{Fault, PodFault, When};

/// The wall clock.
struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "pods have deadlines of the cluster's own clock")]
        Timestamp::now()
    }
}

/// The system's randomness: pods of several tests have different names.
struct System;

impl Entropy for System {
    fn fill(&self, bytes: &mut [u8]) {
        use std::io::Read as _;
        std::fs::File::open("/dev/urandom").unwrap().read_exact(bytes).unwrap();
    }
}

/// A cluster of its own.
pub fn cluster(options: TrialOptions) -> TrialCluster {
    TrialCluster::start(options)
}

/// What an operator says of it.
pub fn settings(trial: &TrialCluster) -> ClusterSettings {
    ClusterSettings { network: NetworkWall::Policy, ..trial.settings().unwrap() }
}

/// A connection as the portal has one.
pub async fn connect(settings: ClusterSettings) -> Result<Arc<Cluster>, ClusterError> {
    let parts = ClusterParts {
        settings,
        secret: [7; 32],
        limits: Limits::default(),
        clock: Arc::new(Wall),
        entropy: Arc::new(System),
        observer: Arc::new(Unobserved),
    };
    Cluster::connect(parts).await.map(Arc::new)
}

/// Connects and probes.
pub async fn probed(settings: ClusterSettings) -> Result<ProbeReport, ProbeFailure> {
    let cluster = connect(settings).await.unwrap();
    let pods = Pods::start(Arc::clone(&cluster));
    probe::run(&cluster, &*pods).await
}
