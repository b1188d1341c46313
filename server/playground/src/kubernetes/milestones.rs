//! What the cluster says of when a pod came how far. Its times are whole seconds of its own clock.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};
use regatta_domain::run::{ImageState, Milestone};

use super::pod::JOB;
use super::status;

/// How the kubelet says that it had an image (`Container image "…" already present on machine …`).
const PRESENT: &str = "already present on machine";
/// How it says that it has fetched one.
const FETCHED: &str = "Successfully pulled";

/// How the kubelet says that a pod gets no sandbox, and how containerd and CRI-O say that they know none of this kind.
const NO_SANDBOX: &str = "FailedCreatePodSandBox";
const NO_HANDLER: [&str; 2] = ["no runtime for", "failed to find runtime handler"];

/// What milestones a pod has reached and when, in their order.
pub fn reached(pod: &Pod) -> Vec<(Milestone, Timestamp)> {
    let condition = |kind: &str| {
        let conditions = pod.status.as_ref()?.conditions.as_ref()?;
        let met = conditions.iter().find(|one| one.type_ == kind && one.status == "True")?;
        met.last_transition_time.as_ref().map(|time| time.0)
    };
    let created = pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let all = [
        (Milestone::PodCreated, created),
        (Milestone::Scheduled, condition("PodScheduled")),
        (Milestone::SandboxStarted, condition("PodReadyToStartContainers")),
        (Milestone::ContainerStarted, container_started(pod)),
    ];
    all.into_iter().filter_map(|(milestone, at)| Some((milestone, at?))).collect()
}

/// When the job's container was started.
fn container_started(pod: &Pod) -> Option<Timestamp> {
    let state = status::container(pod, JOB)?.state.as_ref()?;
    let running = state.running.as_ref().and_then(|running| running.started_at.as_ref());
    let ended = state.terminated.as_ref().and_then(|ended| ended.started_at.as_ref());
    running.or(ended).map(|time| time.0)
}

/// When the image of the job's container was on the node, and whether it was fetched for it.
pub fn image(events: &[Event]) -> Option<(ImageState, Option<Timestamp>)> {
    let container = format!("{{{JOB}}}");
    let of_job = |event: &&Event| {
        let path = event.involved_object.field_path.as_deref().unwrap_or_default();
        event.reason.as_deref() == Some("Pulled") && path.ends_with(&container)
    };
    let pulled = events.iter().find(of_job)?;
    let message = pulled.message.as_deref().unwrap_or_default();
    let state = if message.contains(PRESENT) {
        ImageState::Cached
    } else if message.contains(FETCHED) {
        ImageState::Fetched
    } else {
        return None;
    };
    Some((state, time(pulled)))
}

/// The cluster's last complaint of a pod, for operators.
pub fn complaint(events: &[Event]) -> Option<String> {
    let warnings = events.iter().filter(|event| event.type_.as_deref() == Some("Warning"));
    // A cluster without a resolver complains of every pod, and our pods want none.
    let warnings = warnings.filter(|event| event.reason.as_deref() != Some("MissingClusterDNS"));
    let last = warnings.max_by_key(|event| time(event))?;
    let [reason, message] = [&last.reason, &last.message].map(|text| text.as_deref().unwrap_or_default());
    Some(format!("{reason}: {message}"))
}

/// The complaint that a node's runtime knows no handler of this name: it will not come to know it.
pub fn no_runtime(events: &[Event]) -> Option<String> {
    let says_so = |event: &&Event| {
        let message = event.message.as_deref().unwrap_or_default();
        event.reason.as_deref() == Some(NO_SANDBOX) && NO_HANDLER.iter().any(|words| message.contains(words))
    };
    complaint(events.iter().find(says_so).map(std::slice::from_ref)?)
}

fn time(event: &Event) -> Option<Timestamp> {
    let last = event.last_timestamp.as_ref().or(event.first_timestamp.as_ref()).map(|time| time.0);
    last.or_else(|| event.event_time.as_ref().map(|time| time.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use Milestone::{ContainerStarted, PodCreated, SandboxStarted, Scheduled};

    use super::*;

    fn event(reason: &str, path: &str, message: &str, at: &str) -> Event {
        serde_json::from_value(json!({
            "metadata": {}, "involvedObject": {"fieldPath": path}, "reason": reason, "message": message,
            "lastTimestamp": at, "type": if reason.starts_with("Failed") { "Warning" } else { "Normal" },
        }))
        .unwrap()
    }

    #[test]
    fn milestones_come_in_order_and_only_where_they_were_reached() {
        let time = |second: u32| format!("2026-01-01T00:00:{second:02}Z");
        let condition = |kind: &str, status: &str, second| json!({"type": kind, "status": status, "lastTransitionTime": time(second)});
        let started = json!({"running": {"startedAt": time(4)}});
        let container = json!({"name": "job", "image": "i", "imageID": "", "ready": true, "restartCount": 0, "state": started});
        let pod = |sandbox: &str| -> Pod {
            serde_json::from_value(json!({
                "metadata": {"creationTimestamp": time(1)},
                "status": {
                    "conditions": [condition("PodReadyToStartContainers", sandbox, 3), condition("PodScheduled", "True", 2)],
                    "containerStatuses": [container],
                }
            }))
            .unwrap()
        };
        let names = |pod: &Pod| reached(pod).into_iter().map(|(milestone, _)| milestone).collect::<Vec<_>>();
        assert_eq!(names(&pod("True")), [PodCreated, Scheduled, SandboxStarted, ContainerStarted]);
        assert_eq!(names(&pod("False")), [PodCreated, Scheduled, ContainerStarted]);
        assert_eq!(reached(&pod("True"))[3].1.to_string(), time(4));
    }

    #[test]
    fn the_image_of_the_job_is_told_from_the_runners() {
        let present =
            r#"Container image "registry/tools" already present on machine and can be accessed by the pod"#;
        let fetched = r#"Successfully pulled image "registry/regatta" in 1.2s (1.2s including waiting). Image size: 1 bytes."#;
        let events = [
            event("Pulled", "spec.initContainers{runner}", fetched, "2026-01-01T00:00:01Z"),
            event("Pulled", "spec.containers{job}", present, "2026-01-01T00:00:02Z"),
        ];
        let (state, at) = image(&events).unwrap();
        assert_eq!((state, at.unwrap().to_string().as_str()), (ImageState::Cached, "2026-01-01T00:00:02Z"));
        assert_eq!(image(&events[..1]), None);
        let fetched = [event("Pulled", "spec.containers{job}", fetched, "2026-01-01T00:00:02Z")];
        assert_eq!(image(&fetched).unwrap().0, ImageState::Fetched);
    }

    #[test]
    fn a_runtime_that_is_not_there_is_told_from_one_that_is_slow() {
        let sandbox = |why: &str| {
            let message = format!("Failed to create pod sandbox: rpc error: code = Unknown desc = {why}");
            [event(NO_SANDBOX, "", &message, "2026-01-01T00:00:05Z")]
        };
        let missing = sandbox(r#"failed to get sandbox runtime: no runtime for "kata" is configured"#);
        assert!(
            no_runtime(&missing).unwrap().starts_with("FailedCreatePodSandBox: Failed to create pod sandbox")
        );
        let slow = sandbox("failed to start sandbox: timed out connecting to vsock");
        assert_eq!((no_runtime(&slow), no_runtime(&[])), (None, None));
    }

    #[test]
    fn the_last_warning_is_what_operators_want_to_know() {
        let events = [
            event("FailedCreatePodSandBox", "", "no runtime for kata", "2026-01-01T00:00:05Z"),
            event("FailedScheduling", "", "0/1 nodes", "2026-01-01T00:00:01Z"),
            event("Scheduled", "", "assigned", "2026-01-01T00:00:09Z"),
        ];
        assert_eq!(complaint(&events).unwrap(), "FailedCreatePodSandBox: no runtime for kata");
        assert_eq!(complaint(&events[2..]), None);
    }
}
