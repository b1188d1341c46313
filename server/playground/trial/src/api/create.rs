//! Making objects.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use k8s_openapi::api::core::v1::{Namespace, Pod, ResourceQuota, ServiceAccount};
use k8s_openapi::api::node::v1::RuntimeClass;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::request::Request;
use super::status::Refusal;
use crate::store::{Key, Objects, label_kind, value};
use crate::world::World;
use crate::{admission, clock, identity};

/// What the API server reads at most.
pub const BODY_LIMIT: usize = 3 << 20;
/// What its database keeps at most of one object.
const OBJECT_LIMIT: usize = 1_572_864;

/// Makes the object in `body`.
pub fn create(world: &Arc<World>, request: &Request, body: &[u8]) -> Result<Response, Refusal> {
    let given: Value = serde_json::from_slice(body)
        .map_err(|why| Refusal::bad_request(format!("the object provided is unrecognized: {why}")))?;
    if !request.part.is_empty() {
        return Err(Refusal::not_allowed());
    }
    let mut object = understand(request, &given)?;
    if request.query.get("fieldValidation") == "Strict" {
        refuse_unknown(&given, &object)?;
    }
    let name = fill_in(request, &mut object)?;
    let dry = request.query.get("dryRun") == "All";
    if let Some(refusal) = world.faults.refuse_admission(request.kind, &name) {
        return Err(refusal);
    }
    let made = world.store.write(|objects| settle(world, objects, request, &name, object, dry))?;
    Ok((StatusCode::CREATED, Json(&*made)).into_response())
}

/// The object as its type has it: what that does not know is left out.
fn understand(request: &Request, given: &Value) -> Result<Value, Refusal> {
    let (kind, version) = (given["kind"].as_str(), given["apiVersion"].as_str());
    if kind.is_some_and(|kind| kind != request.kind.name)
        || version.is_some_and(|version| version != request.kind.api_version())
    {
        return Err(Refusal::bad_request(
            "the API version in the data does not match the expected API version",
        ));
    }
    let mut object = match request.kind.plural {
        "pods" => typed::<Pod>(given),
        "namespaces" => typed::<Namespace>(given),
        "resourcequotas" => typed::<ResourceQuota>(given),
        "serviceaccounts" => typed::<ServiceAccount>(given),
        "runtimeclasses" => typed::<RuntimeClass>(given),
        _ => return Err(Refusal::not_allowed()),
    }?;
    label_kind(&mut object, request.kind);
    Ok(object)
}

fn typed<T: DeserializeOwned + Serialize>(given: &Value) -> Result<Value, Refusal> {
    let mut given = given.clone();
    // Types want to know what they are; who posts to a path has said so.
    if let Some(fields) = given.as_object_mut() {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    let object: T = serde_json::from_value(given)
        .map_err(|why| Refusal::bad_request(format!("the object cannot be handled: json: {why}")))?;
    Ok(value(&object))
}

fn refuse_unknown(given: &Value, known: &Value) -> Result<(), Refusal> {
    let mut unknown = Vec::new();
    find_unknown(given, known, "", &mut unknown);
    if unknown.is_empty() {
        return Ok(());
    }
    let all: Vec<String> = unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect();
    Err(Refusal::bad_request(format!("strict decoding error: {}", all.join(", "))))
}

fn find_unknown(given: &Value, known: &Value, path: &str, unknown: &mut Vec<String>) {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
                let place = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match known.get(name) {
                    Some(known) => find_unknown(value, known, &place, unknown),
                    None => unknown.push(place),
                }
            }
        }
        (Value::Array(given), Value::Array(known)) => {
            for (at, (given, known)) in given.iter().zip(known).enumerate() {
                find_unknown(given, known, &format!("{path}[{at}]"), unknown);
            }
        }
        _ => {}
    }
}

/// What the API server itself says of a new object. Returns its name.
fn fill_in(request: &Request, object: &mut Value) -> Result<String, Refusal> {
    let metadata = &mut object["metadata"];
    if metadata.is_null() {
        *metadata = json!({});
    }
    let text = |metadata: &Value, field: &str| metadata[field].as_str().unwrap_or_default().to_owned();
    let mut name = text(metadata, "name");
    if name.is_empty() && !text(metadata, "generateName").is_empty() {
        name = format!("{}{}", text(metadata, "generateName"), identity::suffix());
    }
    if name.is_empty() {
        let cause = "metadata.name: Required value: name or generateName is required".to_owned();
        return Err(Refusal::invalid(request.kind, "", &[cause]));
    }
    let namespace = text(metadata, "namespace");
    if !namespace.is_empty() && namespace != request.namespace {
        return Err(Refusal::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    metadata["name"] = json!(name);
    if request.kind.namespaced {
        metadata["namespace"] = json!(request.namespace);
    }
    metadata["uid"] = json!(identity::new_uid());
    metadata["creationTimestamp"] = value(&clock::stamp());
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion", "managedFields"] {
        metadata.as_object_mut().map(|fields| fields.remove(field));
    }
    Ok(name)
}

/// Lets admission look at the object and puts it in its place, with nothing in between.
fn settle(
    world: &World,
    objects: &mut Objects,
    request: &Request,
    name: &str,
    mut object: Value,
    dry: bool,
) -> Result<Arc<Value>, Refusal> {
    let key = Key { name: name.to_owned(), ..request.key() };
    if request.kind.plural == "pods" {
        object = admission::admit(world, objects, &key, &object)?;
    }
    if objects.get(&key).is_some() {
        return Err(Refusal::exists(request.kind, name));
    }
    if object.to_string().len() > OBJECT_LIMIT {
        return Err(Refusal::etcd_too_large());
    }
    Ok(if dry { Arc::new(object) } else { objects.put(key, object) })
}
