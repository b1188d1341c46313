//! What is in a cluster from the first.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::admission::quota::BLIND;
use crate::options::{TrialOptions, TrialRuntimeClass};
use crate::store::{Key, Store, label_kind, value};
use crate::world::NODE;
use crate::{clock, identity, kind};

/// The kernel that the node says it has: not the one that containers see, as it is with virtual machines.
const KERNEL: &str = "6.1.0-trial-node";
/// The portal's own namespace.
const PORTAL_NAMESPACE: &str = "regatta";

/// Puts it there.
pub fn set(store: &Store, options: &TrialOptions) {
    let playground = options.namespace.as_str();
    let own = |name: &str| json!({"kubernetes.io/metadata.name": name});
    for name in ["default", "kube-system", PORTAL_NAMESPACE] {
        put(
            store,
            "namespaces",
            "",
            name,
            json!({"metadata": {"labels": own(name)}, "status": {"phase": "Active"}}),
        );
    }
    let mut labels = own(playground);
    labels["pod-security.kubernetes.io/enforce"] = json!(options.pod_security);
    put(
        store,
        "namespaces",
        "",
        playground,
        json!({"metadata": {"labels": labels}, "status": {"phase": "Active"}}),
    );
    if options.service_account {
        put(store, "serviceaccounts", playground, "default", json!({"metadata": {}}));
    }
    put(store, "serviceaccounts", PORTAL_NAMESPACE, "regatta", json!({"metadata": {}}));
    if let Some(hard) = &options.quota {
        put(
            store,
            "resourcequotas",
            playground,
            "playground",
            json!({"metadata": {}, "spec": {"hard": hard}}),
        );
    }
    for class in &options.runtime_classes {
        put(store, "runtimeclasses", "", &class.name, runtime_class(class));
    }
    put(store, "nodes", "", NODE, node(&options.node_labels, KERNEL));
}

/// Says of the node that it has this kernel, or its own again.
pub fn set_kernel(store: &Store, options: &TrialOptions, kernel: Option<&str>) {
    put(store, "nodes", "", NODE, node(&options.node_labels, kernel.unwrap_or(KERNEL)));
}

/// Lets all quotas be as if nobody had looked at them yet, or no longer.
pub fn blind_quotas(store: &Store, blind: bool) {
    store.write(|objects| {
        let all = objects.list("resourcequotas", None);
        let all: Vec<(Key, Value)> = all.map(|(key, quota)| (key.clone(), (**quota).clone())).collect();
        for (key, mut quota) in all {
            quota["metadata"]["annotations"] = if blind { json!({BLIND: "true"}) } else { json!({}) };
            objects.put(key, quota);
        }
    });
}

fn put(store: &Store, plural: &'static str, namespace: &str, name: &str, mut object: Value) {
    let group = if plural == "runtimeclasses" { "node.k8s.io" } else { "" };
    object["metadata"]["name"] = json!(name);
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = json!(namespace);
    }
    object["metadata"]["uid"] = json!(identity::new_uid());
    object["metadata"]["creationTimestamp"] = value(&clock::stamp());
    if let Some(kind) = kind::find(group, plural) {
        label_kind(&mut object, kind);
    }
    let key = Key { plural, namespace: namespace.to_owned(), name: name.to_owned() };
    store.write(|objects| objects.put(key, object));
}

fn runtime_class(class: &TrialRuntimeClass) -> Value {
    let mut object = json!({"metadata": {}, "handler": class.handler});
    if !class.overhead.is_empty() {
        object["overhead"] = json!({"podFixed": class.overhead});
    }
    if !class.node_selector.is_empty() {
        object["scheduling"] = json!({"nodeSelector": class.node_selector});
    }
    object
}

fn node(extra: &BTreeMap<String, String>, kernel: &str) -> Value {
    let mut labels = json!({
        "kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
    });
    for (name, value) in extra {
        labels[name] = json!(value);
    }
    let capacity = json!({"cpu": "64", "memory": "256Gi", "pods": "110", "ephemeral-storage": "100Gi"});
    let ready = json!({"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"});
    json!({
        "metadata": {"labels": labels},
        "spec": {},
        "status": {
            "capacity": capacity, "allocatable": capacity, "conditions": [ready],
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": NODE}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "architecture": "amd64", "bootID": "trial", "containerRuntimeVersion": "containerd://2.1.4",
                "kernelVersion": kernel, "kubeProxyVersion": "", "kubeletVersion": "v1.36.0", "machineID": "trial",
                "operatingSystem": "linux", "osImage": "Trial", "systemUUID": "trial",
            },
        },
    })
}
