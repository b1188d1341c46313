//! Removing objects: pods by and by, everything else at once.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{DeleteOptions, Time};
use serde_json::Value;

use super::request::Request;
use super::status::Refusal;
use crate::clock;
use crate::store::{Objects, Store, read, value};

/// Removes the object that is asked for, or has it removed.
pub fn delete(store: &Store, request: &Request, body: &[u8]) -> Result<Response, Refusal> {
    let options = options(request, body)?;
    let removed = store.write(|objects| {
        let found = objects.get(&request.key()).cloned();
        let object = found.ok_or_else(|| Refusal::not_found(request.kind, &request.name))?;
        check(&options, request, &object)?;
        if is_dry(&options) {
            return Ok(object);
        }
        if request.kind.plural == "pods" {
            return Ok(remove_pod(objects, request, &options, object));
        }
        Ok(objects.remove(&request.key()).unwrap_or(object))
    })?;
    Ok(Json(&*removed).into_response())
}

fn options(request: &Request, body: &[u8]) -> Result<DeleteOptions, Refusal> {
    let mut options: DeleteOptions = if body.is_empty() {
        DeleteOptions::default()
    } else {
        serde_json::from_slice(body).map_err(|why| Refusal::bad_request(why.to_string()))?
    };
    if let Some(seconds) = request.query.number("gracePeriodSeconds")? {
        options.grace_period_seconds = Some(seconds);
    }
    if request.query.get("dryRun") == "All" {
        options.dry_run = Some(vec!["All".to_owned()]);
    }
    Ok(options)
}

fn is_dry(options: &DeleteOptions) -> bool {
    options.dry_run.as_ref().is_some_and(|stages| !stages.is_empty())
}

/// Whether the object is the one that is meant.
fn check(options: &DeleteOptions, request: &Request, object: &Value) -> Result<(), Refusal> {
    let Some(conditions) = &options.preconditions else { return Ok(()) };
    let found = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    let differs =
        |wanted: &Option<String>, field: &str| wanted.clone().filter(|wanted| wanted != found(field));
    let refuse = |why: String| Err(Refusal::conflict(request.kind.name, &request.name, &why));
    if let Some(uid) = differs(&conditions.uid, "uid") {
        let found = found("uid");
        return refuse(format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({found}). The object might have been \
             deleted and then recreated"
        ));
    }
    if let Some(version) = differs(&conditions.resource_version, "resourceVersion") {
        let found = found("resourceVersion");
        return refuse(format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({found}). \
             The object might have been modified"
        ));
    }
    Ok(())
}

/// A pod whose containers may still run is only marked: its node removes it when they have ended.
fn remove_pod(
    objects: &mut Objects,
    request: &Request,
    options: &DeleteOptions,
    object: Arc<Value>,
) -> Arc<Value> {
    let key = request.key();
    let Some(mut pod) = read::<Pod>(&object) else { return object };
    let grace = grace(&pod, options);
    if grace == 0 {
        return objects.remove(&key).unwrap_or(object);
    }
    if pod.metadata.deletion_grace_period_seconds.is_some_and(|earlier| earlier <= grace) {
        return object;
    }
    let end = clock::stamp().0 + SignedDuration::from_secs(grace);
    pod.metadata.deletion_timestamp = Some(Time(end));
    pod.metadata.deletion_grace_period_seconds = Some(grace);
    pod.metadata.generation = pod.metadata.generation.map(|generation| generation + 1);
    objects.put(key, value(&pod))
}

fn grace(pod: &Pod, options: &DeleteOptions) -> i64 {
    let spec = pod.spec.as_ref();
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    let is_placed = spec.is_some_and(|spec| spec.node_name.is_some());
    if !is_placed || matches!(phase, Some("Succeeded" | "Failed")) {
        return 0;
    }
    let usual = spec.and_then(|spec| spec.termination_grace_period_seconds).unwrap_or(30);
    options.grace_period_seconds.unwrap_or(usual).max(0)
}
