//! What the API server says of itself.

use serde_json::{Value, json};

use crate::kind::{KINDS, Kind};

/// The answer at `path`, where it says something there.
pub fn answer(path: &str) -> Option<Value> {
    match path.trim_end_matches('/') {
        "/version" => Some(version()),
        "/api" => Some(json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [],
        })),
        "/apis" => {
            Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [group("node.k8s.io")]}))
        }
        "/api/v1" => Some(resources("")),
        "/apis/node.k8s.io" => {
            let mut answer = group("node.k8s.io");
            answer["kind"] = json!("APIGroup");
            answer["apiVersion"] = json!("v1");
            Some(answer)
        }
        "/apis/node.k8s.io/v1" => Some(resources("node.k8s.io")),
        _ => None,
    }
}

fn version() -> Value {
    json!({
        "major": "1", "minor": "36", "gitVersion": "v1.36.0", "gitCommit": "trial", "gitTreeState": "clean",
        "buildDate": "2026-04-22T00:00:00Z", "goVersion": "go1.26", "compiler": "gc", "platform": "linux/amd64",
    })
}

fn group(name: &str) -> Value {
    let version = json!({"groupVersion": format!("{name}/v1"), "version": "v1"});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

fn resources(group: &str) -> Value {
    let group_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    let mut resources: Vec<Value> = KINDS.iter().filter(|kind| kind.group == group).map(resource).collect();
    if group.is_empty() {
        resources.push(json!({
            "name": "pods/log", "singularName": "", "namespaced": true, "kind": "Pod", "verbs": ["get"],
        }));
    }
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources})
}

fn resource(kind: &Kind) -> Value {
    json!({
        "name": kind.plural, "singularName": kind.name.to_lowercase(), "namespaced": kind.namespaced,
        "kind": kind.name, "verbs": kind.verbs, "shortNames": kind.short,
    })
}
