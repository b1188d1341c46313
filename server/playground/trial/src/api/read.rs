//! One object, or many.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::request::Request;
use super::status::Refusal;
use crate::store::Store;

/// The object that is asked for.
pub fn get(store: &Store, request: &Request) -> Result<Response, Refusal> {
    let found = store.read(|objects| objects.get(&request.key()).cloned());
    let object = found.ok_or_else(|| Refusal::not_found(request.kind, &request.name))?;
    Ok(Json(&*object).into_response())
}

/// The objects that are asked for, in parts where that is wished.
pub fn list(store: &Store, request: &Request) -> Result<Response, Refusal> {
    let selector = request.selector()?;
    let limit = request.query.number::<usize>("limit")?.filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    let start = match request.query.get("continue") {
        "" => None,
        token => Some(place(token).ok_or_else(|| Refusal::bad_request("continue key is not valid"))?),
    };
    let (version, found) = store.read(|objects| {
        let wanted = objects.list(request.kind.plural, request.scope()).filter(|(key, object)| {
            let here = (key.namespace.clone(), key.name.clone());
            start.as_ref().is_none_or(|start| here > *start) && selector.matches(object)
        });
        (objects.version(), wanted.map(|(_, object)| object.clone()).collect::<Vec<_>>())
    });
    if let Some(wanted) = request.query.number::<u64>("resourceVersion")?.filter(|wanted| *wanted > version) {
        return Err(Refusal::too_new(wanted, version));
    }
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if found.len() > limit {
        metadata["continue"] = json!(token(&found[limit - 1]));
        metadata["remainingItemCount"] = json!(found.len() - limit);
    }
    let items: Vec<Value> = found.into_iter().take(limit).map(item).collect();
    let kind = format!("{}List", request.kind.name);
    let list =
        json!({"kind": kind, "apiVersion": request.kind.api_version(), "metadata": metadata, "items": items});
    Ok(Json(list).into_response())
}

/// Within a list objects do not say what they are.
fn item(object: Arc<Value>) -> Value {
    let mut object = Arc::unwrap_or_clone(object);
    if let Some(fields) = object.as_object_mut() {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    object
}

fn token(last: &Value) -> String {
    let text = |name: &str| last["metadata"][name].as_str().unwrap_or_default().to_owned();
    BASE64URL_NOPAD.encode(format!("{}/{}", text("namespace"), text("name")).as_bytes())
}

fn place(token: &str) -> Option<(String, String)> {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(token.as_bytes()).ok()?).ok()?;
    let (namespace, name) = text.split_once('/')?;
    Some((namespace.to_owned(), name.to_owned()))
}
