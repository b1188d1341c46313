//! What a cluster must have.

use regatta_domain::run::IsolationLevel;
use regatta_playground::kubernetes::settings::ClusterSettings;
use regatta_trial_cluster::TrialOptions;

use crate::support::{Fault, cluster, connect, settings};

#[tokio::test]
async fn a_cluster_is_connected_with_the_portals_own_rights() {
    let trial = cluster(TrialOptions::default());
    let connected = connect(settings(&trial)).await.unwrap();
    assert_eq!(connected.level(), IsolationLevel::VirtualMachine);
    assert_eq!(connected.capacity().map(|room| room.pods), Some(12));
    assert!(connected.server_version().starts_with("v1."), "{}", connected.server_version());
    assert!(connected.findings().iter().all(|finding| finding.held), "{:?}", connected.findings());
}

#[tokio::test]
async fn a_runtime_class_that_is_not_there_is_answered_with_those_that_are() {
    let trial = cluster(TrialOptions::default());
    let nope = ClusterSettings { runtime_class: Some("nope".to_owned()), ..settings(&trial) };
    let refused = connect(nope).await.unwrap_err().to_string();
    assert!(refused.contains("gvisor (runsc)") && refused.contains("kata (kata)"), "{refused}");
}

#[tokio::test]
async fn a_quota_that_counts_nothing_yet_is_waited_for() {
    let trial = cluster(TrialOptions::default());
    trial.inject(Fault::QuotaBlind { millis: 1500 });
    let connected = connect(settings(&trial)).await.unwrap();
    assert_eq!(connected.capacity().map(|room| room.pods), Some(12));
}

#[tokio::test]
async fn an_api_server_that_is_gone_is_named() {
    let trial = cluster(TrialOptions::default());
    let settings = settings(&trial);
    trial.inject(Fault::Away { millis: 60_000 });
    let error = connect(settings).await.unwrap_err();
    assert!(error.is_passing() && error.to_string().contains("127.0.0.1"), "{error}");
}
