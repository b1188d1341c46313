//! How jobs end, and how they do not.

use std::time::Duration;

use regatta_domain::run::{Ending, ImageState, Milestone};
use regatta_playground::executor::{JobEvent, JobOutcome};
use regatta_trial_cluster::{Fault, OomShape, PodFault, When};
use tokio::time::Instant;

use crate::support::{job, milestones, play, printed, stage, until_clean};

/// A job that prints a line and would go on for long.
const LONG: &str = "echo under way; sleep 15";

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_told_from_its_first_milestone_to_its_sealed_end() {
    let stage = stage().await;
    let (outcome, events) = play(&stage.pods, job(1, "echo hello; echo world")).over().await;
    assert_eq!(outcome.ending, Ending::Succeeded, "{outcome:?}");
    assert_eq!(printed(&events), "hello\nworld\n");
    assert_eq!(milestones(&events), Milestone::ALL);
    assert!(events.contains(&JobEvent::Image(ImageState::Cached)), "{events:?}");
    until_clean(&stage.trial).await;
    let (outcome, _) = play(&stage.pods, job(2, "exit 3")).over().await;
    assert_eq!(outcome.ending, Ending::Failed);
    assert_eq!(outcome.reason.as_deref(), Some("step one ended with exit code 3"));
    until_clean(&stage.trial).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_cancelled_is_over_within_a_second_and_leaves_nothing() {
    let stage = stage().await;
    let mut play = play(&stage.pods, job(1, LONG));
    play.until(|event| matches!(event, JobEvent::Output { .. })).await;
    let cancelled = Instant::now();
    play.cancel.cancel();
    let (outcome, _) = play.over().await;
    assert_eq!(outcome.ending, Ending::Cancelled);
    assert!(cancelled.elapsed() < Duration::from_secs(1), "{:?}", cancelled.elapsed());
    until_clean(&stage.trial).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_ends_at_its_time() {
    let stage = stage().await;
    let mut job = job(1, LONG);
    job.limits.time = Duration::from_secs(3);
    let (outcome, events) = play(&stage.pods, job).over().await;
    assert_eq!((outcome.ending, outcome.reason.as_deref()), (Ending::TimedOut, Some("more than 3 s")));
    assert_eq!(printed(&events), "under way\n");
    until_clean(&stage.trial).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_that_is_not_enough_is_known_by_what_the_runner_told() {
    // The class is Kata's: all that is to be seen of its pod is 137 and `Error`.
    let stage = stage().await;
    let hog = "echo greedy; head -c 900000000 /dev/zero | tail -c 900000000 >/dev/null";
    let (outcome, _) = play(&stage.pods, job(1, hog)).over().await;
    assert_eq!(outcome.ending, Ending::OutOfMemory, "{outcome:?}");
    assert_eq!(outcome.reason.as_deref(), Some("more than 512 MiB of memory"));
    until_clean(&stage.trial).await;
}

async fn befallen(what: PodFault, when: When) -> (JobOutcome, String) {
    let stage = stage().await;
    stage.trial.inject(Fault::Pod { what, when, name: String::new(), times: 1 });
    let (outcome, events) = play(&stage.pods, job(1, LONG)).over().await;
    until_clean(&stage.trial).await;
    (outcome, printed(&events))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_befalls_a_pod_is_told_by_its_name() {
    for (what, expected) in [
        (PodFault::ImagePull, Ending::ImagePull),
        (PodFault::ContainerConfig, Ending::InfraError),
        (PodFault::OutOfMemory(OomShape::Runc), Ending::OutOfMemory),
        (PodFault::OutOfMemory(OomShape::Gvisor), Ending::OutOfMemory),
        (PodFault::Evicted, Ending::Evicted),
        (PodFault::Disrupted, Ending::Evicted),
        (PodFault::Vanishes, Ending::Vanished),
        (PodFault::NodeLost, Ending::NodeLost),
        (PodFault::FalseSuccess, Ending::InfraError),
        (PodFault::Killed, Ending::InfraError),
    ] {
        let (outcome, _) = befallen(what.clone(), When::Printed(400)).await;
        assert_eq!(outcome.ending, expected, "{what:?}: {outcome:?}");
        assert_eq!(outcome.workspace, None);
        assert!(outcome.reason.is_some_and(|reason| !reason.is_empty()), "{what:?}");
    }
}
