//! The cluster that a case is played in.
//!
//! A real one is described by the environment: `REGATTA_TEST_KUBECONFIG`, its file; `REGATTA_TEST_NAMESPACE`, where pods
//! may be made (`regatta-playground`); `REGATTA_TEST_RUNTIME_CLASS` (`kata`; `default` is the cluster's own runtime);
//! `REGATTA_TEST_RUNNER_IMAGE` and `REGATTA_TEST_TOOLS_IMAGE`, each with its digest: the portal's image, and one with a
//! shell and the usual tools.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use regatta_domain::ports::{Clock, Entropy};
use regatta_playground::Unobserved;
use regatta_playground::executor::{Isolation, Limits};
use regatta_playground::kubernetes::cluster::{Cluster, ClusterParts};
use regatta_playground::kubernetes::pods::Pods;
use regatta_playground::kubernetes::settings::{Access, ClusterSettings, NetworkWall, PinnedImage};
use regatta_playground::kubernetes::{KubernetesExecutor, NAME};
use regatta_trial_cluster::{PORTAL_IMAGE, TOOLS_IMAGE, TrialCluster, TrialOptions};
use tokio::time::Instant;

/// How long pods may take to go when they should.
const LEAVING: Duration = Duration::from_secs(15);

/// Whether the cases are played in a real cluster.
pub fn is_real() -> bool {
    env::var_os("REGATTA_TEST_KUBECONFIG").is_some()
}

/// The cluster of a case.
pub struct Ground {
    trial: Option<TrialCluster>,
    secret: [u8; 32],
}

impl Ground {
    /// The real one, or a new one.
    pub fn prepare() -> Self {
        let trial = (!is_real()).then(|| TrialCluster::start(TrialOptions::default()));
        Self { trial, secret: random() }
    }

    /// The portal's secret, which is this case's alone.
    pub fn secret(&self) -> [u8; 32] {
        self.secret
    }

    /// The private one, where things go wrong.
    pub fn trial(&self) -> &TrialCluster {
        self.trial.as_ref().unwrap()
    }

    /// An executor: each is as good as one in another process.
    pub async fn executor(&self) -> Arc<KubernetesExecutor> {
        let cluster = self.cluster().await;
        let isolation = Isolation { executor: NAME.to_owned(), level: cluster.level(), findings: Vec::new() };
        Arc::new(KubernetesExecutor::new(Pods::start(Arc::new(cluster)), isolation))
    }

    /// A connection to it.
    pub async fn cluster(&self) -> Cluster {
        let parts = ClusterParts {
            settings: self.settings(),
            secret: self.secret,
            limits: limits(),
            clock: Arc::new(Wall),
            entropy: Arc::new(Random),
            observer: Arc::new(Unobserved),
        };
        Cluster::connect(parts).await.unwrap()
    }

    fn settings(&self) -> ClusterSettings {
        let path = self.trial.as_ref().map(TrialCluster::kubeconfig_path);
        let class = said("REGATTA_TEST_RUNTIME_CLASS", "kata");
        let is_default = class == "default";
        ClusterSettings {
            access: Access::Kubeconfig {
                path: path.unwrap_or_else(|| said("REGATTA_TEST_KUBECONFIG", "").into()),
                context: None,
            },
            namespace: said("REGATTA_TEST_NAMESPACE", "regatta-playground"),
            runtime_class: (!is_default).then_some(class.clone()),
            shared_kernel: is_default || class == "runc",
            network: NetworkWall::Runner,
            images: [("host-tools".to_owned(), image("REGATTA_TEST_TOOLS_IMAGE", TOOLS_IMAGE))].into(),
            runner_image: image("REGATTA_TEST_RUNNER_IMAGE", PORTAL_IMAGE),
            cpu_limit_millis: 1000,
            cpu_request_millis: 100,
            memory_request_bytes: 256 << 20,
            ephemeral_storage_bytes: 256 << 20,
            node_selector: [].into(),
            tolerations: Vec::new(),
            priority_class: None,
            user_namespaces: false,
            service_account: "default".to_owned(),
            setup_time: Duration::from_mins(1),
            instance: None,
        }
    }

    /// Returns once no pod of ours is left, nor a process of one.
    pub async fn until_clean(&self) {
        let end = Instant::now() + LEAVING;
        let cluster = self.cluster().await;
        loop {
            let pods = cluster.pods().list(&ListParams::default().labels(&cluster.selector())).await;
            let pods: Vec<Pod> = pods.unwrap().items;
            let processes = self.trial.as_ref().map_or(0, TrialCluster::processes);
            if pods.is_empty() && processes == 0 {
                return;
            }
            assert!(Instant::now() < end, "{} pods and {processes} processes are left", pods.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What every job may use.
pub fn limits() -> Limits {
    Limits { time: Duration::from_mins(1), memory_bytes: 512 << 20, ..Limits::default() }
}

/// What the environment says; in a private cluster it says nothing.
fn said(name: &str, usual: &str) -> String {
    env::var(name).ok().filter(|_| is_real()).unwrap_or_else(|| usual.to_owned())
}

fn image(name: &str, usual: &str) -> PinnedImage {
    said(name, usual).parse().unwrap()
}

struct Wall;

impl Clock for Wall {
    #[expect(clippy::disallowed_methods, reason = "clusters go by the real time")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

struct Random;

impl Entropy for Random {
    fn fill(&self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(32) {
            let random = random();
            piece.copy_from_slice(&random[..piece.len()]);
        }
    }
}

/// Bytes that are no other process's, nor any other's of this one.
fn random() -> [u8; 32] {
    static COUNT: AtomicU8 = AtomicU8::new(0);
    let mut bytes = [0; 32];
    let uid = std::fs::read_to_string("/proc/sys/kernel/random/uuid").unwrap();
    bytes[..31].copy_from_slice(&uid.as_bytes()[..31]);
    bytes[31] = COUNT.fetch_add(1, Ordering::Relaxed);
    bytes
}
