//! What a node says of a pod in its status.

use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
    ContainerStatus, HostIP, Pod, PodCondition, PodIP, PodStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::command::world_host;
use crate::clock;
use crate::quantity::Quantity;

/// How a container ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit code.
    pub exit: i32,
    /// In a word: `Completed`, `Error`, `OOMKilled`.
    pub reason: String,
    /// In a sentence, where there is more to say.
    pub message: Option<String>,
    /// When it began to run.
    pub started: Option<Time>,
}

impl Ended {
    /// A container that ended by itself.
    pub fn by_itself(exit: i32, started: Option<Time>) -> Self {
        let reason = if exit == 0 { "Completed" } else { "Error" };
        Self { exit, reason: reason.to_owned(), message: None, started }
    }
}

/// The status of `pod`.
pub fn status(pod: &mut Pod) -> &mut PodStatus {
    pod.status.get_or_insert_default()
}

/// Sets a condition; the time of a change is kept where nothing changes.
pub fn condition(pod: &mut Pod, kind: &str, holds: bool, reason: Option<&str>, message: Option<&str>) {
    let conditions = status(pod).conditions.get_or_insert_default();
    let value = if holds { "True" } else { "False" };
    let new = PodCondition {
        type_: kind.to_owned(),
        status: value.to_owned(),
        reason: reason.map(str::to_owned),
        message: message.map(str::to_owned),
        last_transition_time: Some(clock::stamp()),
        ..PodCondition::default()
    };
    match conditions.iter_mut().find(|condition| condition.type_ == kind) {
        Some(old) => {
            let since = if old.status == value { old.last_transition_time.clone() } else { None };
            *old = PodCondition { last_transition_time: since.or(new.last_transition_time.clone()), ..new };
        }
        None => conditions.push(new),
    }
}

/// The node takes the pod on.
pub fn taken_on(pod: &mut Pod) {
    let spec = pod.spec.clone().unwrap_or_default();
    let first = spec.init_containers.unwrap_or_default();
    let reason = if first.is_empty() { "ContainerCreating" } else { "PodInitializing" };
    let waiting = |container: &Container| waiting_status(container, reason);
    let status = status(pod);
    status.start_time = Some(clock::stamp());
    status.host_ip = Some(world_host());
    status.host_ips = Some(vec![HostIP { ip: world_host() }]);
    status.container_statuses = Some(spec.containers.iter().map(waiting).collect());
    if !first.is_empty() {
        status.init_container_statuses = Some(first.iter().map(waiting).collect());
    }
    let names = |all: &[Container]| all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(" ");
    let unready = format!("containers with unready status: [{}]", names(&spec.containers));
    if first.is_empty() {
        condition(pod, "Initialized", true, None, None);
    } else {
        let incomplete = format!("containers with incomplete status: [{}]", names(&first));
        condition(pod, "Initialized", false, Some("ContainersNotInitialized"), Some(&incomplete));
    }
    condition(pod, "PodReadyToStartContainers", false, None, None);
    condition(pod, "ContainersReady", false, Some("ContainersNotReady"), Some(&unready));
    condition(pod, "Ready", false, Some("ContainersNotReady"), Some(&unready));
}

fn waiting_status(container: &Container, reason: &str) -> ContainerStatus {
    ContainerStatus {
        name: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        state: Some(waiting(reason, None)),
        started: Some(false),
        ..ContainerStatus::default()
    }
}

/// The pod's sandbox is there.
pub fn sandbox_ready(pod: &mut Pod, address: &str) {
    status(pod).pod_ip = Some(address.to_owned());
    status(pod).pod_ips = Some(vec![PodIP { ip: address.to_owned() }]);
    condition(pod, "PodReadyToStartContainers", true, None, None);
}

/// A container waits.
pub fn waiting(reason: &str, message: Option<&str>) -> ContainerState {
    let waiting =
        ContainerStateWaiting { reason: Some(reason.to_owned()), message: message.map(str::to_owned) };
    ContainerState { waiting: Some(waiting), ..ContainerState::default() }
}

/// A container runs since then.
pub fn running(since: Time) -> ContainerState {
    ContainerState {
        running: Some(ContainerStateRunning { started_at: Some(since) }),
        ..ContainerState::default()
    }
}

/// A container has ended.
pub fn terminated(ended: &Ended, id: Option<String>) -> ContainerState {
    let terminated = ContainerStateTerminated {
        exit_code: ended.exit,
        reason: Some(ended.reason.clone()),
        message: ended.message.clone(),
        started_at: ended.started.clone(),
        finished_at: Some(clock::stamp()),
        container_id: id,
        signal: None,
    };
    ContainerState { terminated: Some(terminated), ..ContainerState::default() }
}

/// Changes what is said of one container.
pub fn container(pod: &mut Pod, name: &str, change: impl FnOnce(&mut ContainerStatus)) {
    let status = status(pod);
    let first = status.init_container_statuses.iter_mut().flatten();
    let mut all = first.chain(status.container_statuses.iter_mut().flatten());
    if let Some(found) = all.find(|container| container.name == name) {
        change(found);
    }
}

/// All init containers have succeeded.
pub fn initialized(pod: &mut Pod) {
    condition(pod, "Initialized", true, None, None);
    for container in status(pod).container_statuses.iter_mut().flatten() {
        container.state = Some(waiting("PodInitializing", None));
    }
}

/// All containers run.
pub fn runs(pod: &mut Pod) {
    status(pod).phase = Some("Running".to_owned());
    condition(pod, "ContainersReady", true, None, None);
    condition(pod, "Ready", true, None, None);
}

/// The pod is over. Containers that never ran stay as they are.
pub fn over(pod: &mut Pod, phase: &str, reason: Option<&str>, message: Option<&str>) {
    status(pod).phase = Some(phase.to_owned());
    status(pod).reason = reason.map(str::to_owned);
    status(pod).message = message.map(str::to_owned);
    let why = if phase == "Succeeded" { "PodCompleted" } else { "PodFailed" };
    condition(pod, "PodReadyToStartContainers", false, None, None);
    condition(pod, "ContainersReady", false, Some(why), None);
    condition(pod, "Ready", false, Some(why), None);
}

/// What the containers of `pod` may hold in memory together, where all of them say it.
pub fn memory_limit(pod: &Pod) -> Option<u64> {
    let spec = pod.spec.as_ref()?;
    let limit = |container: &Container| -> Option<u64> {
        let limits = container.resources.as_ref()?.limits.as_ref()?;
        Quantity::parse(&limits.get("memory")?.0).map(Quantity::ceil)
    };
    spec.containers.iter().map(limit).sum()
}
