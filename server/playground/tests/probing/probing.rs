//! What pods show of themselves before any is trusted.

use regatta_playground::kubernetes::probe::{Finding, ProbeFailure};
use regatta_playground::kubernetes::settings::{ClusterSettings, NetworkWall};
use regatta_trial_cluster::{TrialCluster, TrialOptions};

use crate::support::{Fault, PodFault, When, cluster, probed, settings};

/// What is not as it should be.
fn breaches(failure: &ProbeFailure) -> Vec<&Finding> {
    failure.report.iter().flat_map(|report| &report.findings).filter(|finding| !finding.held).collect()
}

async fn fails(trial: &TrialCluster) -> ProbeFailure {
    probed(settings(trial)).await.unwrap_err()
}

#[tokio::test]
async fn a_cluster_whose_pods_hold_is_trusted_and_nothing_is_left_in_it() {
    let trial = cluster(TrialOptions::default());
    let report = probed(settings(&trial)).await.unwrap_or_else(|failure| panic!("{failure}\n{failure:#?}"));
    let whats: Vec<&str> = report.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(
        whats,
        [
            "kernel",
            "network of a pod",
            "credentials",
            "rights",
            "files",
            "network of a step",
            "rights",
            "files",
            "system calls",
            "the runner",
            "variables",
            "limit of memory",
            "limit of the workspace",
            "limit of time"
        ]
    );
    assert!(trial.pods().is_empty(), "{:?}", trial.pods());
}

#[tokio::test]
async fn a_kernel_that_is_the_nodes_is_found_out() {
    let trial = cluster(TrialOptions::default());
    trial.inject(Fault::SameKernel);
    let failure = fails(&trial).await;
    assert_eq!(breaches(&failure).len(), 1, "{failure:#?}");
    assert!(failure.reason.starts_with("kernel: a job's kernel is its node's own"), "{failure}");
    assert!(failure.fix.contains("runtime_class"), "{failure}");
}

#[tokio::test]
async fn an_open_network_is_found_out_unless_the_runners_wall_is_enough() {
    let trial = cluster(TrialOptions::default());
    trial.inject(Fault::NetworkOpen);
    let failure = fails(&trial).await;
    assert_eq!(breaches(&failure).len(), 1, "{failure:#?}");
    assert!(failure.reason.contains("a pod reaches"), "{failure}");
    assert!(failure.fix.contains("playground.kubernetes.network = \"runner\""), "{failure}");
    let runner = ClusterSettings { network: NetworkWall::Runner, ..settings(&trial) };
    let report = probed(runner).await.unwrap();
    let network = report.findings.iter().find(|finding| finding.what == "network of a pod").unwrap();
    assert!(network.words.contains("the runner's wall alone"), "{network}");
}

#[tokio::test]
async fn a_token_that_somebody_mounts_is_found_out() {
    let trial = cluster(TrialOptions::default());
    trial.inject(Fault::TokenMounted);
    let failure = fails(&trial).await;
    assert!(failure.reason.starts_with("credentials: "), "{failure}");
}

#[tokio::test]
async fn a_refused_pod_is_told_in_the_clusters_own_words() {
    let trial = cluster(TrialOptions::default());
    trial.inject(Fault::Admission { message: "no pods on Mondays".to_owned(), times: 1 });
    let failure = fails(&trial).await;
    assert!(failure.reason.contains("no pods on Mondays") && failure.report.is_none(), "{failure}");
}

#[tokio::test]
async fn an_image_that_cannot_be_fetched_is_told() {
    let trial = cluster(TrialOptions::default());
    trial.inject(Fault::Pod {
        what: PodFault::ImagePull,
        when: When::Running,
        name: String::new(),
        times: 1,
    });
    let failure = fails(&trial).await;
    assert!(failure.reason.contains("ImagePullBackOff") && failure.report.is_none(), "{failure}");
    assert!(trial.pods().is_empty(), "{:?}", trial.pods());
}

#[tokio::test]
async fn a_quota_for_one_pod_is_enough_but_to_prove_a_network_policy() {
    let quota = Some([("pods".to_owned(), "1".to_owned())].into());
    let trial = cluster(TrialOptions { quota, ..TrialOptions::default() });
    // There is room for no neighbour, and the API server is on the loopback interface: nobody could be reached anyway.
    let failure = fails(&trial).await;
    assert!(failure.reason.contains("nobody is known to be there"), "{failure}");
    let runner = ClusterSettings { network: NetworkWall::Runner, ..settings(&trial) };
    let report = probed(runner).await.unwrap_or_else(|failure| panic!("{failure}\n{failure:#?}"));
    assert!(report.holds());
}
