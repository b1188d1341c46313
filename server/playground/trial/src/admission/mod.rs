//! What a new pod has to pass, in the order of the API server.

mod defaults;
mod pod_security;
pub mod quota;
mod runtime_class;
mod service_account;
mod validation;

use k8s_openapi::api::core::v1::Pod;
use serde_json::Value;

use crate::api::status::Refusal;
use crate::kind::{self, Kind};
use crate::store::{Key, Objects, label_kind, read, value};
use crate::world::World;

pub use self::service_account::TOKEN_FOLDER;

/// The pod as it is stored, or why it is not.
pub fn admit(world: &World, objects: &Objects, key: &Key, object: &Value) -> Result<Value, Refusal> {
    let kind = pods();
    let mut pod: Pod = read(object).ok_or_else(|| Refusal::bad_request("the object cannot be handled"))?;
    if objects
        .get(&Key { plural: "namespaces", namespace: String::new(), name: key.namespace.clone() })
        .is_none()
    {
        let namespaces = kind::find("", "namespaces").unwrap_or(kind);
        return Err(Refusal::not_found(namespaces, &key.namespace));
    }
    pod.status = None;
    let forbid = |why: String| Refusal::forbidden(kind, &key.name, &why);
    defaults::fill_in(&mut pod);
    service_account::admit(objects, key, &mut pod).map_err(forbid)?;
    runtime_class::admit(objects, &mut pod).map_err(forbid)?;
    let causes = validation::causes(&pod);
    if !causes.is_empty() {
        return Err(Refusal::invalid(kind, &key.name, &causes));
    }
    pod_security::admit(&world.options.pod_security, &pod).map_err(forbid)?;
    quota::admit(objects, key, &pod).map_err(forbid)?;
    let mut object = value(&pod);
    label_kind(&mut object, kind);
    Ok(object)
}

/// The kind of pods.
pub fn pods() -> &'static Kind {
    kind::find("", "pods").unwrap_or(&kind::KINDS[0])
}
