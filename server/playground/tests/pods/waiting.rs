//! Jobs that wait for room.

use regatta_domain::run::Ending;
use regatta_playground::executor::JobEvent;
use regatta_trial_cluster::{Fault, TrialOptions, amounts};

use crate::support::{job, play, stage, stage_with, until_clean};

#[tokio::test(flavor = "multi_thread")]
async fn over_quota_is_a_reason_to_wait_in_line() {
    let quota = Some(amounts(&[("pods", "2"), ("limits.cpu", "24"), ("limits.memory", "24Gi")]));
    let stage = stage_with(TrialOptions { quota, ..TrialOptions::default() }).await;
    let before = stage.trial.calls();
    let plays: Vec<_> = (0..8).map(|number| play(&stage.pods, job(number, "sleep 0.5"))).collect();
    let mut waited = 0;
    for play in plays {
        let (outcome, events) = play.over().await;
        assert_eq!(outcome.ending, Ending::Succeeded, "{outcome:?}");
        waited += usize::from(events.iter().any(|event| matches!(event, JobEvent::Waiting { .. })));
    }
    assert!(waited >= 5, "{waited} waited");
    let calls = stage.trial.calls().since(&before);
    assert!(calls.of("create", "pods") <= 8 * 4, "{calls:?}");
    until_clean(&stage.trial).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_of_the_cluster_refuse_is_not_waited_for() {
    let stage = stage().await;
    let message = "violates PodSecurity \"restricted:latest\": secret-node-name".to_owned();
    stage.trial.inject(Fault::Admission { message, times: 1 });
    let (outcome, _) = play(&stage.pods, job(1, "true")).over().await;
    assert_eq!(outcome.ending, Ending::InfraError);
    assert_eq!(outcome.reason.as_deref(), Some("the rules of the cluster refuse its pod"));
    assert!(stage.trial.pods().is_empty());
}
