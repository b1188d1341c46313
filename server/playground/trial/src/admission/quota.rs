//! What all pods of a namespace may use together.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Pod, ResourceQuota, ResourceQuotaStatus};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;

use crate::clock;
use crate::quantity::Quantity;
use crate::store::{Key, Objects, value};

type Amounts = BTreeMap<String, Quantity>;

/// The annotation of a quota that nobody has looked at yet: until then it has no status.
pub const BLIND: &str = "trial/blind";

/// Refuses `pod` where it would use more than a quota leaves.
pub fn admit(objects: &Objects, key: &Key, pod: &Pod) -> Result<(), String> {
    for quota in objects.typed::<ResourceQuota>("resourcequotas", Some(&key.namespace)) {
        // What its status does not limit is not limited: the controller has not come by yet.
        let status = quota.status.unwrap_or_default();
        let (hard, used) = (amounts(status.hard.as_ref()), amounts(status.used.as_ref()));
        let name = quota.metadata.name.unwrap_or_default();
        let missing = missing(pod, &hard);
        if !missing.is_empty() {
            return Err(format!("failed quota: {name}: must specify {}", missing.join("; ")));
        }
        let asked: Amounts =
            usage(pod).into_iter().filter(|(resource, _)| hard.contains_key(resource)).collect();
        let used_of = |resource: &String| used.get(resource).copied().unwrap_or_default();
        let over: Vec<&String> = asked
            .iter()
            .filter(|(resource, more)| used_of(resource) + **more > hard[*resource])
            .map(|(resource, _)| resource)
            .collect();
        if !over.is_empty() {
            let words = |amount: &dyn Fn(&String) -> Quantity| {
                over.iter()
                    .map(|resource| format!("{resource}={}", amount(resource)))
                    .collect::<Vec<_>>()
                    .join(",")
            };
            let (requested, used) = (words(&|resource| asked[resource]), words(&used_of));
            let limited = words(&|resource| hard[resource]);
            return Err(format!(
                "exceeded quota: {name}, requested: {requested}, used: {used}, limited: {limited}"
            ));
        }
    }
    Ok(())
}

/// Counts again what all pods use, as quotas tell it in their status.
pub fn settle(objects: &mut Objects) {
    for mut quota in objects.typed::<ResourceQuota>("resourcequotas", None) {
        let metadata = quota.metadata.clone();
        let (namespace, name) = (metadata.namespace.unwrap_or_default(), metadata.name.unwrap_or_default());
        if metadata.annotations.is_some_and(|annotations| annotations.contains_key(BLIND)) {
            quota.status = None;
        } else {
            let hard = quota.spec.clone().unwrap_or_default().hard.unwrap_or_default();
            let mut used: Amounts =
                hard.keys().map(|resource| (resource.clone(), Quantity::default())).collect();
            for pod in objects.typed::<Pod>("pods", Some(&namespace)).iter().filter(|pod| counts(pod)) {
                for (resource, amount) in usage(pod) {
                    if let Some(sum) = used.get_mut(&resource) {
                        *sum += amount;
                    }
                }
            }
            let used = used.into_iter().map(|(resource, sum)| (resource, Amount(sum.to_string()))).collect();
            quota.status = Some(ResourceQuotaStatus { hard: Some(hard), used: Some(used) });
        }
        let key = Key { plural: "resourcequotas", namespace, name };
        objects.put(key, value(&quota));
    }
}

/// Pods that are over count no more, nor do those that should be gone by now.
fn counts(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    let overdue = pod.metadata.deletion_timestamp.as_ref().is_some_and(|end| *end < clock::stamp());
    !matches!(phase, Some("Succeeded" | "Failed")) && !overdue
}

/// What a pod uses of what quotas limit.
fn usage(pod: &Pod) -> Amounts {
    let mut usage = Amounts::new();
    let Some(spec) = &pod.spec else { return usage };
    usage.insert("pods".to_owned(), Quantity::whole(1));
    usage.insert("count/pods".to_owned(), Quantity::whole(1));
    for (prefix, limits) in [("limits.", true), ("requests.", false)] {
        let of = |container: &Container| {
            let resources = container.resources.clone().unwrap_or_default();
            amounts(if limits { resources.limits.as_ref() } else { resources.requests.as_ref() })
        };
        let mut total = Amounts::new();
        for container in &spec.containers {
            add(&mut total, of(container));
        }
        // They run one after the other, before all others: the largest counts.
        for container in spec.init_containers.iter().flatten() {
            for (name, amount) in of(container) {
                let most = total.entry(name).or_default();
                *most = (*most).max(amount);
            }
        }
        // A pod's overhead counts for what it limits or asks for at all.
        let overhead = amounts(spec.overhead.as_ref());
        let asked = |(name, _): &(String, Quantity)| !limits || total.contains_key(name);
        let overhead: Amounts = overhead.into_iter().filter(asked).collect();
        add(&mut total, overhead);
        for (name, amount) in total {
            if !limits {
                usage.insert(name.clone(), amount);
            }
            usage.insert(format!("{prefix}{name}"), amount);
        }
    }
    usage
}

fn add(total: &mut Amounts, more: Amounts) {
    for (name, amount) in more {
        *total.entry(name).or_default() += amount;
    }
}

fn amounts(given: Option<&BTreeMap<String, Amount>>) -> Amounts {
    let parsed = |(name, amount): (&String, &Amount)| Some((name.clone(), Quantity::parse(&amount.0)?));
    given.into_iter().flatten().filter_map(parsed).collect()
}

/// Which limited resources which containers do not speak of.
fn missing(pod: &Pod, hard: &Amounts) -> Vec<String> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let all: Vec<&Container> = spec.init_containers.iter().flatten().chain(&spec.containers).collect();
    let silent = |resource: &str| {
        let speaks = |container: &&&Container| {
            let resources = container.resources.clone().unwrap_or_default();
            let (name, amounts) = match resource.split_once('.') {
                Some(("limits", name)) => (name, resources.limits),
                Some(("requests", name)) => (name, resources.requests),
                _ => (resource, resources.requests),
            };
            amounts.is_some_and(|amounts| amounts.contains_key(name))
        };
        all.iter()
            .filter(|container| !speaks(container))
            .map(|container| container.name.as_str())
            .collect::<Vec<_>>()
    };
    let compulsory = |resource: &&String| matches!(resource.rsplit('.').next(), Some("cpu" | "memory"));
    hard.keys()
        .filter(compulsory)
        .filter_map(|resource| {
            let names = silent(resource);
            (!names.is_empty()).then(|| format!("{resource} for: {}", names.join(",")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(limits: &serde_json::Value) -> Pod {
        serde_json::from_value(json!({"spec": {
            "overhead": {"cpu": "250m", "memory": "64Mi"},
            "containers": [{"name": "job", "resources": {"limits": limits, "requests": {"cpu": "250m", "memory": "256Mi"}}}],
        }}))
        .unwrap()
    }

    fn with_quota(hard: &serde_json::Value) -> Objects {
        let mut objects = Objects::default();
        let key = Key { plural: "resourcequotas", namespace: "n".to_owned(), name: "q".to_owned() };
        objects.put(key, json!({"metadata": {"name": "q", "namespace": "n"}, "spec": {"hard": hard}}));
        settle(&mut objects);
        objects
    }

    #[test]
    fn overhead_counts_and_the_refusal_says_all_amounts() {
        let objects = with_quota(&json!({"limits.memory": "2Gi", "pods": "12"}));
        let why =
            admit(&objects, &Key::pod("n", "a"), &pod(&json!({"cpu": "1", "memory": "2Gi"}))).unwrap_err();
        assert_eq!(
            why,
            "exceeded quota: q, requested: limits.memory=2112Mi, used: limits.memory=0, limited: limits.memory=2Gi"
        );
    }

    #[test]
    fn what_is_limited_must_be_spoken_of() {
        let objects = with_quota(&json!({"limits.cpu": "4", "limits.memory": "2Gi"}));
        let why = admit(&objects, &Key::pod("n", "a"), &pod(&json!({"memory": "1Gi"}))).unwrap_err();
        assert_eq!(why, "failed quota: q: must specify limits.cpu for: job");
    }

    #[test]
    fn pods_that_are_over_count_no_more() {
        let mut objects = with_quota(&json!({"pods": "1"}));
        let mut first = pod(&json!({}));
        objects.put(Key::pod("n", "a"), value(&first));
        settle(&mut objects);
        assert!(admit(&objects, &Key::pod("n", "b"), &first).is_err());
        first.status.get_or_insert_default().phase = Some("Succeeded".to_owned());
        objects.put(Key::pod("n", "a"), value(&first));
        settle(&mut objects);
        assert_eq!(admit(&objects, &Key::pod("n", "b"), &first), Ok(()));
    }

    #[test]
    fn a_quota_without_status_enforces_nothing() {
        let mut objects = with_quota(&json!({"pods": "0"}));
        let key = Key { plural: "resourcequotas", namespace: "n".to_owned(), name: "q".to_owned() };
        let mut quota = (**objects.get(&key).unwrap()).clone();
        quota["metadata"]["annotations"] = json!({BLIND: "true"});
        objects.put(key, quota);
        settle(&mut objects);
        assert_eq!(admit(&objects, &Key::pod("n", "a"), &pod(&json!({}))), Ok(()));
    }
}
