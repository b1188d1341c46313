//! Statuses as clusters write them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const LIMIT: u64 = 512 << 20;

fn pod(status: &Value) -> Pod {
    serde_json::from_value(json!({"metadata": {"name": "p"}, "status": status})).unwrap()
}

fn told(memory: u64) -> Told {
    Told { ready: true, memory, memory_limit: LIMIT, ..Told::default() }
}

fn container_status(name: &str, state: &Value) -> Value {
    json!({"name": name, "image": "i", "imageID": "", "ready": false, "restartCount": 0, "state": state})
}

fn ended(reason: &str, exit: i32) -> Value {
    container_status("job", &json!({"terminated": {"exitCode": exit, "reason": reason}}))
}

fn failed(reason: &str, exit: i32) -> Pod {
    pod(&json!({"phase": "Failed", "containerStatuses": [ended(reason, exit)]}))
}

fn waiting(name: &str, reason: &str) -> Pod {
    let state = json!({"waiting": {"reason": reason, "message": "registry.internal says no"}});
    let statuses = [container_status(name, &state)];
    let list = if name == "job" { "containerStatuses" } else { "initContainerStatuses" };
    pod(&json!({"phase": "Pending", list: statuses}))
}

fn ending(pod: &Pod, told: Told) -> Option<Ending> {
    explain(pod, false, told).map(|explanation| explanation.ending)
}

#[test]
fn memory_that_was_not_enough_comes_in_three_shapes() {
    assert_eq!(ending(&failed("OOMKilled", 137), told(0)), Some(Ending::OutOfMemory));
    let late = pod(&json!({"phase": "Running", "containerStatuses": [ended("OOMKilled", 128)]}));
    assert_eq!(ending(&late, told(0)), Some(Ending::OutOfMemory));
    assert_eq!(ending(&failed("Error", 137), told(LIMIT / 8 * 7)), Some(Ending::OutOfMemory));
    // Killed without having used much: nobody can say that it was the job's fault.
    assert_eq!(ending(&failed("Error", 137), told(LIMIT / 2)), Some(Ending::InfraError));
    assert_eq!(ending(&failed("Error", 1), told(LIMIT)), Some(Ending::InfraError));
}

#[test]
fn a_machine_that_is_smaller_than_its_limit_runs_out_of_memory_before() {
    let small = Told { memory_total: LIMIT / 2, ..told(LIMIT / 16 * 7) };
    assert_eq!(ending(&failed("Error", 137), small), Some(Ending::OutOfMemory));
    let large = Told { memory_total: LIMIT * 64, ..told(LIMIT / 16 * 7) };
    assert_eq!(ending(&failed("Error", 137), large), Some(Ending::InfraError));
    let said = Told { memory_gone: true, ..told(0) };
    assert_eq!(ending(&failed("Error", 137), said), Some(Ending::OutOfMemory));
}

#[test]
fn a_container_that_is_not_made_in_time_is_waited_for() {
    let pod = |message: &str| {
        let state = json!({"waiting": {"reason": "CreateContainerError", "message": message}});
        pod(&json!({"phase": "Pending", "containerStatuses": [container_status("job", &state)]}))
    };
    for late in
        ["context deadline exceeded", "failed to reserve container name job_p: name job_p is reserved for 7f"]
    {
        assert_eq!(standing(&pod(late)), Standing::Starting, "{late}");
    }
    assert!(matches!(standing(&pod("no such file or directory")), Standing::Hopeless(_)));
}

#[test]
fn what_the_cluster_does_is_told_apart() {
    let reason = |reason: &str| {
        pod(&json!({"phase": "Failed", "reason": reason, "message": "node-7 is low on memory",
            "containerStatuses": [ended("Error", 137)]}))
    };
    for (words, expected) in [
        ("Evicted", Ending::Evicted),
        ("Preempting", Ending::Evicted),
        ("NodeLost", Ending::NodeLost),
        ("Terminated", Ending::NodeLost),
        ("NodeShutdown", Ending::NodeLost),
        ("DeadlineExceeded", Ending::TimedOut),
        ("OutOfmemory", Ending::InfraError),
        ("UnexpectedAdmissionError", Ending::InfraError),
    ] {
        let explanation = explain(&reason(words), false, told(LIMIT)).unwrap();
        assert_eq!(explanation.ending, expected, "{words}");
        assert!(!explanation.words.contains("node-7") && explanation.raw.contains("node-7"), "{words}");
    }
    let never_ready = Told { memory_limit: LIMIT, ..Told::default() };
    assert_eq!(ending(&reason("DeadlineExceeded"), never_ready), Some(Ending::InfraError));
}

#[test]
fn a_disruption_says_who_took_the_pod_away() {
    for (reason, expected) in [
        ("EvictionByEvictionAPI", Ending::Evicted),
        ("PreemptionByScheduler", Ending::Evicted),
        ("TerminationByKubelet", Ending::Evicted),
        ("DeletionByTaintManager", Ending::NodeLost),
        ("DeletionByPodGC", Ending::NodeLost),
    ] {
        let conditions = json!([{"type": "DisruptionTarget", "status": "True", "reason": reason}]);
        let pod = pod(&json!({"phase": "Running", "conditions": conditions}));
        for gone in [false, true] {
            let explanation = explain(&pod, gone, told(0)).unwrap();
            assert_eq!(explanation.ending, expected, "{reason}");
        }
    }
    let over = json!([{"type": "DisruptionTarget", "status": "False", "reason": "EvictionByEvictionAPI"}]);
    assert_eq!(ending(&pod(&json!({"phase": "Running", "conditions": over})), told(0)), None);
}

#[test]
fn a_node_that_is_not_heard_of_is_lost() {
    let unknown = json!([{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}]);
    let silent = pod(&json!({"phase": "Running", "conditions": unknown}));
    assert_eq!(ending(&silent, told(0)), Some(Ending::NodeLost));
    assert_eq!(ending(&failed("ContainerStatusUnknown", 137), told(LIMIT)), Some(Ending::NodeLost));
    assert_eq!(ending(&pod(&json!({"phase": "Unknown"})), told(0)), Some(Ending::NodeLost));
}

#[test]
fn a_pod_that_is_gone_has_vanished_unless_it_said_why() {
    let running = pod(&json!({"phase": "Running"}));
    assert_eq!(explain(&running, false, told(0)), None);
    assert_eq!(explain(&running, true, told(0)).unwrap().ending, Ending::Vanished);
    let mut deleted = running;
    deleted.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
    assert_eq!(ending(&deleted, told(0)), Some(Ending::Vanished));
}

#[test]
fn exit_code_0_explains_nothing_but_a_missing_report() {
    let explanation = explain(&failed("Completed", 0), false, told(LIMIT)).unwrap();
    assert_eq!(explanation.ending, Ending::InfraError);
    assert!(explanation.words.contains("without an authentic report"));
}

#[test]
fn a_status_that_lags_behind_its_phase_explains_nothing_yet() {
    let running = container_status("job", &json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}}));
    for statuses in [json!([]), json!([running])] {
        let lagging = pod(&json!({"phase": "Failed", "containerStatuses": statuses}));
        assert_eq!(explain(&lagging, false, told(LIMIT)), None);
        assert!(has_ended(&lagging));
        assert_eq!(standing(&lagging), Standing::Started);
    }
}

#[test]
fn what_will_never_start_is_told_at_once_and_an_image_twice() {
    for (reason, expected) in [
        ("InvalidImageName", Ending::ImagePull),
        ("ErrImageNeverPull", Ending::ImagePull),
        ("CreateContainerConfigError", Ending::InfraError),
        ("CreateContainerError", Ending::InfraError),
        ("RunContainerError", Ending::InfraError),
    ] {
        for container in ["job", "runner"] {
            let Standing::Hopeless(explanation) = standing(&waiting(container, reason)) else {
                panic!("{reason} of {container}");
            };
            assert_eq!(explanation.ending, expected);
            assert!(!explanation.words.contains("registry.internal"));
            assert!(explanation.raw.contains("registry.internal"));
        }
    }
    for reason in ["ErrImagePull", "ImagePullBackOff"] {
        let Standing::Doubtful(explanation) = standing(&waiting("job", reason)) else { panic!("{reason}") };
        assert_eq!(explanation.ending, Ending::ImagePull);
    }
    for reason in ["ContainerCreating", "PodInitializing"] {
        assert_eq!(standing(&waiting("job", reason)), Standing::Starting);
    }
}

#[tokio::test(start_paused = true)]
async fn doubts_become_certain_by_a_second_sighting_or_by_time() {
    let now = Instant::now();
    let mut doubts = Doubts::default();
    assert!(tokio::time::timeout(PULL_PATIENCE * 2, doubts.become_certain()).await.is_err());
    let now = now + PULL_PATIENCE * 2;
    assert!(!doubts.sighted(now));
    doubts.become_certain().await;
    assert_eq!(now.elapsed(), PULL_PATIENCE);
    assert!(doubts.sighted(now));
    doubts.dispelled();
    assert!(!doubts.sighted(now));
}

#[test]
fn a_pod_without_a_node_waits_and_one_without_a_runner_is_hopeless() {
    let message = "0/3 nodes are available: 3 Insufficient memory.";
    let conditions =
        json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]);
    let unscheduled = pod(&json!({"phase": "Pending", "conditions": conditions}));
    assert_eq!(standing(&unscheduled), Standing::Unscheduled(message.to_owned()));
    let state = json!({"terminated": {"exitCode": 1, "reason": "Error", "message": "no space"}});
    let statuses = [container_status("runner", &state)];
    let broken = pod(&json!({"phase": "Pending", "initContainerStatuses": statuses}));
    assert!(
        matches!(standing(&broken), Standing::Hopeless(explanation) if explanation.ending == Ending::InfraError)
    );
}

fn any_state() -> impl Strategy<Value = Value> {
    let reasons = prop::sample::select(vec![
        "OOMKilled",
        "Error",
        "Completed",
        "StartError",
        "ContainerStatusUnknown",
        "ErrImagePull",
        "ImagePullBackOff",
        "CreateContainerError",
        "ContainerCreating",
        "",
    ]);
    (reasons, any::<i32>(), 0..3).prop_map(|(reason, exit, kind)| match kind {
        0 => json!({"waiting": {"reason": reason}}),
        1 => json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}}),
        _ => json!({"terminated": {"exitCode": exit, "reason": reason}}),
    })
}

fn any_pod() -> impl Strategy<Value = Pod> {
    let phases = prop::sample::select(vec!["Pending", "Running", "Succeeded", "Failed", "Unknown"]);
    let reasons = prop::sample::select(vec![
        "",
        "Evicted",
        "NodeLost",
        "DeadlineExceeded",
        "Preempting",
        "OutOfcpu",
        "Shutdown",
    ]);
    let conditions = prop::sample::select(vec!["DisruptionTarget", "Ready", "PodScheduled"]);
    let statuses = prop::sample::select(vec!["True", "False", "Unknown"]);
    (phases, reasons, conditions, statuses, any_state(), any_state()).prop_map(
        |(phase, reason, condition, status, job, runner)| {
            pod(&json!({
                "phase": phase, "reason": reason,
                "conditions": [{"type": condition, "status": status}],
                "containerStatuses": [container_status("job", &job)],
                "initContainerStatuses": [container_status("runner", &runner)],
            }))
        },
    )
}

proptest! {
    #[test]
    fn no_status_is_a_success_nor_the_steps_failure(pod in any_pod(), gone: bool, ready: bool, memory: u64) {
        let told = Told { ready, memory, memory_limit: LIMIT, ..Told::default() };
        if let Some(explanation) = explain(&pod, gone, told) {
            let by_the_runner_alone = [
                Ending::Succeeded, Ending::Failed, Ending::Cancelled, Ending::OutputLimit,
                Ending::DiskLimit, Ending::ProcessLimit,
            ];
            prop_assert!(!by_the_runner_alone.contains(&explanation.ending), "{:?}", explanation);
            prop_assert!(!explanation.words.is_empty());
        }
    }

    #[test]
    fn what_is_gone_is_always_explained(pod in any_pod(), memory: u64) {
        prop_assert!(explain(&pod, true, told(memory)).is_some());
    }

    #[test]
    fn a_job_that_used_little_is_not_blamed_without_the_runtimes_word(pod in any_pod(), memory in 0..LIMIT / 2) {
        let said = terminated(&pod, "job").is_some_and(|end| end.reason.as_deref() == Some("OOMKilled"));
        let blamed = explain(&pod, true, told(memory)).is_some_and(|why| why.ending == Ending::OutOfMemory);
        prop_assert_eq!(blamed, said);
    }
}

#[test]
fn a_container_that_ran_has_no_last_words() {
    let end = |reason: &str| {
        let state = json!({"terminated": {"exitCode": 1, "reason": reason, "message": "written by whom?"}});
        let pod = pod(&json!({"phase": "Failed", "containerStatuses": [container_status("job", &state)]}));
        explain(&pod, false, told(0)).unwrap()
    };
    for ran in ["Error", "Completed", "OOMKilled"] {
        let Explanation { words, raw, .. } = end(ran);
        assert!(!words.contains("whom") && !raw.contains("whom"), "{ran}: {raw}");
    }
    assert!(end("StartError").raw.ends_with("written by whom?"));
}
