//! A pod's runtime class says what it needs beside its containers, and where it can run.

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::node::v1::RuntimeClass;

use crate::store::{Key, Objects, read};

/// Writes into `pod` what its class says.
pub fn admit(objects: &Objects, pod: &mut Pod) -> Result<(), String> {
    let Some(spec) = pod.spec.as_mut() else { return Ok(()) };
    let Some(name) = &spec.runtime_class_name else {
        return if spec.overhead.as_ref().is_none_or(std::collections::BTreeMap::is_empty) {
            Ok(())
        } else {
            Err("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
                .to_owned())
        };
    };
    let key = Key { plural: "runtimeclasses", namespace: String::new(), name: name.clone() };
    let class: RuntimeClass = objects
        .get(&key)
        .and_then(|value| read(value))
        .ok_or_else(|| format!("pod rejected: RuntimeClass \"{name}\" not found"))?;
    let overhead = class.overhead.and_then(|overhead| overhead.pod_fixed).unwrap_or_default();
    if spec.overhead.as_ref().is_some_and(|given| *given != overhead) {
        return Err("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead".to_owned());
    }
    if !overhead.is_empty() {
        spec.overhead = Some(overhead);
    }
    let scheduling = class.scheduling.unwrap_or_default();
    let selector = spec.node_selector.get_or_insert_default();
    for (label, wanted) in scheduling.node_selector.unwrap_or_default() {
        if selector.get(&label).is_some_and(|given| *given != wanted) {
            return Err(format!(
                "conflict: runtimeClass.scheduling.nodeSelector[{label}] = {wanted}; pod.spec.nodeSelector[{label}] = {}",
                selector[&label]
            ));
        }
        selector.insert(label, wanted);
    }
    if selector.is_empty() {
        spec.node_selector = None;
    }
    spec.tolerations.get_or_insert_default().extend(scheduling.tolerations.unwrap_or_default());
    Ok(())
}
