//! Pod Security: what pods of a namespace may ask for, after the standards of that name.

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::core::v1::{Container, PodSpec, SecurityContext};

/// Refuses `pod` where it asks for more than `level` allows, with all that is too much.
pub fn admit(level: &str, pod: &Pod) -> Result<(), String> {
    let Some(spec) = &pod.spec else { return Ok(()) };
    let mut violations = Vec::new();
    if level == "baseline" || level == "restricted" {
        baseline(spec, &mut violations);
    }
    if level == "restricted" {
        restricted(spec, &mut violations);
    }
    if violations.is_empty() {
        return Ok(());
    }
    Err(format!("violates PodSecurity \"{level}:latest\": {}", violations.join(", ")))
}

fn baseline(spec: &PodSpec, violations: &mut Vec<String>) {
    let flags = [("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc)];
    let shared: Vec<String> = flags
        .into_iter()
        .filter(|(_, flag)| *flag == Some(true))
        .map(|(name, _)| format!("{name}=true"))
        .collect();
    if !shared.is_empty() {
        violations.push(format!("host namespaces ({})", shared.join(", ")));
    }
    let paths: Vec<String> = spec
        .volumes
        .iter()
        .flatten()
        .filter(|volume| volume.host_path.is_some())
        .map(|volume| format!("\"{}\"", volume.name))
        .collect();
    if !paths.is_empty() {
        violations.push(format!("hostPath volumes ({} {})", plural("volume", &paths), paths.join(", ")));
    }
    let privileged = named(spec, |own| own.privileged == Some(true));
    if !privileged.is_empty() {
        violations.push(format!(
            "privileged ({} must not set securityContext.privileged=true)",
            containers(&privileged)
        ));
    }
}

fn restricted(spec: &PodSpec, violations: &mut Vec<String>) {
    let escalating = named(spec, |own| own.allow_privilege_escalation != Some(false));
    if !escalating.is_empty() {
        violations.push(format!(
            "allowPrivilegeEscalation != false ({} must set securityContext.allowPrivilegeEscalation=false)",
            containers(&escalating)
        ));
    }
    let capable = named(spec, |own| !drops_all(own));
    if !capable.is_empty() {
        violations.push(format!(
            "unrestricted capabilities ({} must set securityContext.capabilities.drop=[\"ALL\"])",
            containers(&capable)
        ));
    }
    let pod = spec.security_context.clone().unwrap_or_default();
    let rootly = named(spec, |own| own.run_as_non_root.or(pod.run_as_non_root) != Some(true));
    if !rootly.is_empty() {
        violations.push(format!(
            "runAsNonRoot != true (pod or {} must set securityContext.runAsNonRoot=true)",
            containers(&rootly)
        ));
    }
    if pod.run_as_user == Some(0) {
        violations.push("runAsUser=0 (pod must not set runAsUser=0)".to_owned());
    }
    let roots = named(spec, |own| own.run_as_user == Some(0));
    if !roots.is_empty() {
        violations.push(format!("runAsUser=0 ({} must not set runAsUser=0)", containers(&roots)));
    }
    let confines = |profile: Option<&str>| matches!(profile, Some("RuntimeDefault" | "Localhost"));
    let whole = pod.seccomp_profile.as_ref().map(|profile| profile.type_.as_str());
    let unconfined = named(spec, |own| {
        !confines(own.seccomp_profile.as_ref().map(|profile| profile.type_.as_str()).or(whole))
    });
    if !unconfined.is_empty() {
        violations.push(format!("seccompProfile (pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")", containers(&unconfined)));
    }
}

fn drops_all(own: &SecurityContext) -> bool {
    let capabilities = own.capabilities.clone().unwrap_or_default();
    let only_ports = capabilities.add.unwrap_or_default().iter().all(|name| name == "NET_BIND_SERVICE");
    only_ports && capabilities.drop.unwrap_or_default().iter().any(|name| name == "ALL")
}

/// The names of the containers whose security context is as `test` says.
fn named(spec: &PodSpec, test: impl Fn(&SecurityContext) -> bool) -> Vec<String> {
    let first = spec.init_containers.iter().flatten();
    let fits = |container: &&Container| test(&container.security_context.clone().unwrap_or_default());
    first.chain(&spec.containers).filter(fits).map(|container| format!("\"{}\"", container.name)).collect()
}

fn containers(names: &[String]) -> String {
    format!("{} {}", plural("container", names), names.join(", "))
}

fn plural(word: &str, all: &[String]) -> String {
    if all.len() == 1 { word.to_owned() } else { format!("{word}s") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(spec: &serde_json::Value) -> Pod {
        serde_json::from_value(json!({"spec": spec})).unwrap()
    }

    #[test]
    fn a_careless_pod_is_refused_with_all_that_is_wrong() {
        let careless = pod(&json!({"containers": [{"name": "c"}]}));
        assert_eq!(
            admit("restricted", &careless).unwrap_err(),
            "violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"c\" must set \
             securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container \"c\" must set \
             securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod or container \"c\" must set \
             securityContext.runAsNonRoot=true), seccompProfile (pod or container \"c\" must set \
             securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")"
        );
        assert_eq!(admit("baseline", &careless), Ok(()));
        assert!(admit("baseline", &pod(&json!({"hostPID": true, "containers": []}))).is_err());
    }

    #[test]
    fn a_careful_one_passes() {
        let own = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
        let careful = pod(&json!({
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "c", "securityContext": own}],
        }));
        assert_eq!(admit("restricted", &careful), Ok(()));
    }
}
