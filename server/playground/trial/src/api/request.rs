//! What a request is about, read from its method and path.

use std::collections::BTreeMap;

use http::{Method, Uri};

use super::status::Refusal;
use crate::kind::{self, Kind};
use crate::store::Key;
use crate::store::selector::Selector;

/// A request for objects.
#[derive(Clone, Debug)]
pub struct Request {
    /// `get`, `list`, `watch`, `create`, `delete`, `deletecollection`, `update` or `patch`.
    pub verb: &'static str,
    /// Of which kind.
    pub kind: &'static Kind,
    /// In which namespace; empty for all, and for kinds that have none.
    pub namespace: String,
    /// Which one; empty for all.
    pub name: String,
    /// Which part of it; empty for all of it.
    pub part: String,
    /// What stands behind the question mark.
    pub query: Query,
}

/// What stands behind the question mark of an address.
#[derive(Clone, Debug, Default)]
pub struct Query(BTreeMap<String, String>);

impl Query {
    /// Reads it. Of several values the last counts.
    pub fn of(uri: &Uri) -> Self {
        let pairs: Result<axum::extract::Query<Vec<(String, String)>>, _> =
            axum::extract::Query::try_from_uri(uri);
        Self(pairs.map(|pairs| pairs.0.into_iter().collect()).unwrap_or_default())
    }

    /// The value of `name`, empty where it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether `name` is there and true.
    pub fn is(&self, name: &str) -> bool {
        matches!(self.get(name), "true" | "1" | "True")
    }

    /// The number that `name` is.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Refusal> {
        match self.get(name) {
            "" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|_| Refusal::bad_request(format!("unable to parse {name}: {text}"))),
        }
    }
}

impl Request {
    /// The request with this method for this address.
    pub fn read(method: &Method, uri: &Uri) -> Result<Self, Refusal> {
        let parts: Vec<&str> = uri.path().split('/').skip(1).collect();
        let (group, rest) = match parts[..] {
            ["api", "v1", ref rest @ ..] => ("", rest),
            ["apis", group, "v1", ref rest @ ..] => (group, rest),
            _ => return Err(Refusal::no_such_path()),
        };
        let (namespace, rest) = match *rest {
            ["namespaces", namespace, ref rest @ ..] if !rest.is_empty() => (namespace, rest),
            ref rest => ("", rest),
        };
        let (plural, name, part) = match *rest {
            [plural] => (plural, "", ""),
            [plural, name] => (plural, name, ""),
            [plural, name, part] => (plural, name, part),
            _ => return Err(Refusal::no_such_path()),
        };
        let kind = kind::find(group, plural).ok_or_else(Refusal::no_such_path)?;
        let query = Query::of(uri);
        let verb = verb(method, name, &query)?;
        let own = str::to_owned;
        Ok(Self { verb, kind, namespace: own(namespace), name: own(name), part: own(part), query })
    }

    /// Its kind and part, as rights speak of them: `pods/log`.
    pub fn resource(&self) -> String {
        if self.part.is_empty() {
            self.kind.plural.to_owned()
        } else {
            format!("{}/{}", self.kind.plural, self.part)
        }
    }

    /// The object that it names.
    pub fn key(&self) -> Key {
        Key { plural: self.kind.plural, namespace: self.namespace.clone(), name: self.name.clone() }
    }

    /// The namespace that it stays in.
    pub fn scope(&self) -> Option<&str> {
        (!self.namespace.is_empty()).then_some(self.namespace.as_str())
    }

    /// The objects that it wants of all.
    pub fn selector(&self) -> Result<Selector, Refusal> {
        let mut fields = self.query.get("fieldSelector").to_owned();
        if self.verb == "watch" && !self.name.is_empty() {
            fields = format!("metadata.name={}", self.name);
        }
        let selector =
            Selector::parse(self.query.get("labelSelector"), &fields).map_err(Refusal::bad_request)?;
        if let Some(field) = selector.fields().find(|field| !is_selectable(self.kind, field)) {
            return Err(Refusal::bad_request(format!("field label not supported: {field}")));
        }
        Ok(selector)
    }
}

fn verb(method: &Method, name: &str, query: &Query) -> Result<&'static str, Refusal> {
    match (method.as_str(), name.is_empty()) {
        ("GET", _) if query.is("watch") => Ok("watch"),
        ("GET", true) => Ok("list"),
        ("GET", false) => Ok("get"),
        ("POST", _) => Ok("create"),
        ("DELETE", true) => Ok("deletecollection"),
        ("DELETE", false) => Ok("delete"),
        ("PUT", _) => Ok("update"),
        ("PATCH", _) => Ok("patch"),
        _ => Err(Refusal::not_allowed()),
    }
}

fn is_selectable(kind: &Kind, field: &str) -> bool {
    const PODS: [&str; 7] = [
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ];
    const EVENTS: [&str; 9] = [
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ];
    matches!(field, "metadata.name" | "metadata.namespace")
        || (kind.plural == "pods" && PODS.contains(&field))
        || (kind.plural == "events" && EVENTS.contains(&field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &str, address: &str) -> Request {
        Request::read(&method.parse().unwrap(), &address.parse().unwrap()).unwrap()
    }

    #[test]
    fn paths_name_objects_and_their_parts() {
        let log = read("GET", "/api/v1/namespaces/a/pods/b/log?follow=true");
        assert_eq!((log.verb, log.resource().as_str()), ("get", "pods/log"));
        assert_eq!((log.namespace.as_str(), log.name.as_str()), ("a", "b"));
        assert!(log.query.is("follow"));
        let namespace = read("GET", "/api/v1/namespaces/a");
        assert_eq!((namespace.kind.name, namespace.name.as_str()), ("Namespace", "a"));
        let all = read("GET", "/api/v1/pods?watch=1");
        assert_eq!((all.verb, all.scope()), ("watch", None));
        let class = read("GET", "/apis/node.k8s.io/v1/runtimeclasses/kata");
        assert_eq!(class.kind.qualified(), "runtimeclasses.node.k8s.io");
    }

    #[test]
    fn fields_that_no_index_knows_are_refused() {
        assert!(read("GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Dn").selector().is_ok());
        assert!(read("GET", "/api/v1/pods?fieldSelector=spec.hostname%3Dn").selector().is_err());
    }
}
