//! What a node and the scheduler tell of pods.

use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::store::{Key, label_kind, value};
use crate::world::{NODE, World};
use crate::{clock, identity, kind};

/// Something to tell of a pod.
pub struct Note<'a> {
    /// In a word.
    pub reason: &'a str,
    /// In a sentence.
    pub message: String,
    /// Of which container, as a path: `spec.containers{job}`.
    pub place: Option<String>,
    /// Whether it is bad news.
    pub warning: bool,
}

impl<'a> Note<'a> {
    /// A piece of news.
    pub fn normal(reason: &'a str, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), place: None, warning: false }
    }

    /// Bad news.
    pub fn warning(reason: &'a str, message: impl Into<String>) -> Self {
        Self { warning: true, ..Self::normal(reason, message) }
    }

    /// Of this container.
    pub fn at(mut self, place: &str) -> Self {
        self.place = Some(place.to_owned());
        self
    }
}

/// Tells `note` of `pod`.
pub fn tell(world: &World, pod: &Pod, note: Note<'_>) {
    let component = if note.reason.contains("Schedul") { "default-scheduler" } else { "kubelet" };
    let name = pod.metadata.name.clone().unwrap_or_default();
    let namespace = pod.metadata.namespace.clone().unwrap_or_default();
    let id = identity::new_uid();
    let event_name = format!("{name}.{}", id.replace('-', "").get(..16).unwrap_or_default());
    let event = Event {
        metadata: ObjectMeta {
            name: Some(event_name.clone()),
            namespace: Some(namespace.clone()),
            uid: Some(id),
            creation_timestamp: Some(clock::stamp()),
            ..ObjectMeta::default()
        },
        involved_object: ObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some("Pod".to_owned()),
            name: Some(name),
            namespace: Some(namespace.clone()),
            uid: pod.metadata.uid.clone(),
            resource_version: pod.metadata.resource_version.clone(),
            field_path: note.place,
        },
        reason: Some(note.reason.to_owned()),
        message: Some(note.message),
        type_: Some(if note.warning { "Warning" } else { "Normal" }.to_owned()),
        count: Some(1),
        first_timestamp: Some(clock::stamp()),
        last_timestamp: Some(clock::stamp()),
        source: Some(EventSource { component: Some(component.to_owned()), host: Some(NODE.to_owned()) }),
        reporting_component: Some(component.to_owned()),
        ..Event::default()
    };
    let mut object = value(&event);
    if let Some(kind) = kind::find("", "events") {
        label_kind(&mut object, kind);
    }
    let key = Key { plural: "events", namespace, name: event_name };
    world.store.write(|objects| objects.put(key, object));
}
