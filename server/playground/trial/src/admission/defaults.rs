//! What the API server writes into a pod that does not say it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Pod, PodSpec, PodStatus, ResourceRequirements, Toleration};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// How long a pod stays on a node that does not answer, in seconds.
const TOLERATED: i64 = 300;

/// Fills in what `pod` does not say.
pub fn fill_in(pod: &mut Pod) {
    pod.metadata.generation = Some(1);
    let Some(spec) = pod.spec.as_mut() else { return };
    set(&mut spec.restart_policy, "Always");
    set(&mut spec.dns_policy, "ClusterFirst");
    set(&mut spec.scheduler_name, "default-scheduler");
    set(&mut spec.preemption_policy, "PreemptLowerPriority");
    spec.termination_grace_period_seconds.get_or_insert(30);
    spec.enable_service_links.get_or_insert(true);
    spec.security_context.get_or_insert_default();
    spec.priority.get_or_insert(0);
    tolerate(spec, "node.kubernetes.io/not-ready");
    tolerate(spec, "node.kubernetes.io/unreachable");
    let first = spec.init_containers.iter_mut().flatten();
    for container in first.chain(&mut spec.containers) {
        fill_in_container(container);
    }
    let qos = qos(spec);
    pod.status = Some(PodStatus {
        phase: Some("Pending".to_owned()),
        qos_class: Some(qos.to_owned()),
        ..PodStatus::default()
    });
}

fn set(field: &mut Option<String>, value: &str) {
    field.get_or_insert_with(|| value.to_owned());
}

fn tolerate(spec: &mut PodSpec, key: &str) {
    let tolerations = spec.tolerations.get_or_insert_default();
    if tolerations.iter().all(|toleration| toleration.key.as_deref() != Some(key)) {
        tolerations.push(Toleration {
            key: Some(key.to_owned()),
            operator: Some("Exists".to_owned()),
            effect: Some("NoExecute".to_owned()),
            toleration_seconds: Some(TOLERATED),
            ..Toleration::default()
        });
    }
}

fn fill_in_container(container: &mut Container) {
    let image = container.image.as_deref().unwrap_or_default();
    let pull = if image.contains('@') || tagged(image) { "IfNotPresent" } else { "Always" };
    set(&mut container.image_pull_policy, pull);
    set(&mut container.termination_message_path, "/dev/termination-log");
    set(&mut container.termination_message_policy, "File");
    let resources = container.resources.get_or_insert_default();
    // What may be used is kept free where nothing else is said.
    if let Some(limits) = resources.limits.clone() {
        let requests = resources.requests.get_or_insert_default();
        for (name, amount) in limits {
            requests.entry(name).or_insert(amount);
        }
    }
}

fn tagged(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').is_some_and(|(_, tag)| tag != "latest")
}

fn qos(spec: &PodSpec) -> &'static str {
    let all: Vec<&ResourceRequirements> =
        spec.containers.iter().filter_map(|container| container.resources.as_ref()).collect();
    let amount =
        |amounts: &Option<BTreeMap<String, Quantity>>, name: &str| amounts.as_ref()?.get(name).cloned();
    let same = |name: &str| {
        all.iter().all(|one| {
            let limit = amount(&one.limits, name);
            limit.is_some() && limit == amount(&one.requests, name)
        })
    };
    if same("cpu") && same("memory") {
        "Guaranteed"
    } else if all.iter().any(|one| one.requests.as_ref().is_some_and(|requests| !requests.is_empty())) {
        "Burstable"
    } else {
        "BestEffort"
    }
}
