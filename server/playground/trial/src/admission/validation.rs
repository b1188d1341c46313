//! What a pod must be like to be one.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};

use crate::quantity::Quantity;

/// Everything that is wrong with `pod`.
pub fn causes(pod: &Pod) -> Vec<String> {
    let mut causes = Vec::new();
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    if !is_subdomain(name) {
        causes.push(format!("metadata.name: Invalid value: \"{name}\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"));
    }
    for (label, value) in pod.metadata.labels.iter().flatten() {
        if !is_label_name(label) {
            causes.push(format!("metadata.labels: Invalid value: \"{label}\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"));
        }
        if !is_label_value(value) {
            causes.push(format!("metadata.labels: Invalid value: \"{value}\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character, and be no more than 63 characters"));
        }
    }
    match &pod.spec {
        Some(spec) => check_spec(spec, &mut causes),
        None => causes.push("spec.containers: Required value".to_owned()),
    }
    causes
}

fn check_spec(spec: &PodSpec, causes: &mut Vec<String>) {
    if spec.containers.is_empty() {
        causes.push("spec.containers: Required value".to_owned());
    }
    let nameservers = spec.dns_config.as_ref().and_then(|dns| dns.nameservers.as_ref());
    if spec.dns_policy.as_deref() == Some("None") && nameservers.is_none_or(Vec::is_empty) {
        causes.push("spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None".to_owned());
    }
    if let Some(seconds) = spec.active_deadline_seconds.filter(|seconds| *seconds < 1) {
        causes.push(format!("spec.activeDeadlineSeconds: Invalid value: {seconds}: must be between 1 and 2147483647, inclusive"));
    }
    if let Some(name) = spec.hostname.as_ref().filter(|name| !is_label(name)) {
        causes.push(format!("spec.hostname: Invalid value: \"{name}\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"));
    }
    let volumes: BTreeSet<&str> = spec.volumes.iter().flatten().map(|volume| volume.name.as_str()).collect();
    let first =
        spec.init_containers.iter().flatten().enumerate().map(|(at, one)| ("initContainers", at, one));
    let then = spec.containers.iter().enumerate().map(|(at, one)| ("containers", at, one));
    let mut names = BTreeSet::new();
    for (list, at, container) in first.chain(then) {
        let place = format!("spec.{list}[{at}]");
        if !names.insert(&container.name) {
            causes.push(format!("{place}.name: Duplicate value: \"{}\"", container.name));
        }
        check_container(container, &place, &volumes, causes);
    }
}

fn check_container(container: &Container, place: &str, volumes: &BTreeSet<&str>, causes: &mut Vec<String>) {
    if container.name.is_empty() {
        causes.push(format!("{place}.name: Required value"));
    } else if !is_label(&container.name) {
        causes.push(format!("{place}.name: Invalid value: \"{}\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character", container.name));
    }
    if container.image.as_ref().is_none_or(String::is_empty) {
        causes.push(format!("{place}.image: Required value"));
    }
    let mut paths = BTreeSet::new();
    for (at, mount) in container.volume_mounts.iter().flatten().enumerate() {
        if !volumes.contains(mount.name.as_str()) {
            causes.push(format!("{place}.volumeMounts[{at}].name: Not found: \"{}\"", mount.name));
        }
        if !paths.insert(&mount.mount_path) {
            causes.push(format!(
                "{place}.volumeMounts[{at}].mountPath: Invalid value: \"{}\": must be unique",
                mount.mount_path
            ));
        }
    }
    let resources = container.resources.clone().unwrap_or_default();
    let limits = resources.limits.unwrap_or_default();
    for (name, request) in resources.requests.unwrap_or_default() {
        let (Some(asked), Some(limit)) = (Quantity::parse(&request.0), limits.get(&name)) else { continue };
        if Quantity::parse(&limit.0).is_some_and(|limit| asked > limit) {
            causes.push(format!("{place}.resources.requests: Invalid value: \"{}\": must be less than or equal to {name} limit of {}", request.0, limit.0));
        }
    }
}

fn is_inner(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn has_ends(text: &str, fits: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|byte| fits(*byte)) && bytes.last().is_some_and(|byte| fits(*byte))
}

fn is_label(text: &str) -> bool {
    text.len() <= 63 && has_ends(text, is_inner) && text.bytes().all(|byte| is_inner(byte) || byte == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.len() <= 253
        && !text.is_empty()
        && text.split('.').all(|part| {
            !part.is_empty()
                && has_ends(part, is_inner)
                && part.bytes().all(|byte| is_inner(byte) || byte == b'-')
        })
}

fn is_label_value(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric();
    text.is_empty()
        || (text.len() <= 63
            && has_ends(text, fits)
            && text.bytes().all(|byte| fits(byte) || b"-_.".contains(&byte)))
}

fn is_label_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && !name.is_empty() && is_label_value(name),
        None => !text.is_empty() && is_label_value(text),
    }
}
