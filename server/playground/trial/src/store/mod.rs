//! All objects, their versions, and what became of them.

pub mod selector;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use k8s_openapi::api::core::v1::Pod;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::kind::Kind;

/// How many changes are remembered for those who watch; earlier ones are gone.
const REMEMBERED: usize = 20_000;

/// Where an object lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Its kind's name in paths.
    pub plural: &'static str,
    /// Its namespace; empty where it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Key {
    /// The key of a pod.
    pub fn pod(namespace: &str, name: &str) -> Self {
        Self { plural: "pods", namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

/// A change of one object.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version it made.
    pub version: u64,
    /// Which object.
    pub key: Key,
    /// It before; `None` where it is new.
    pub before: Option<Arc<Value>>,
    /// It after, or as it was last where it is no more.
    pub object: Arc<Value>,
    /// Whether it is no more.
    pub deleted: bool,
}

/// The wanted version is no longer remembered.
#[derive(Clone, Copy, Debug)]
pub struct Gone {
    /// The oldest that is.
    pub oldest: u64,
}

/// The objects as they are at one moment.
#[derive(Debug, Default)]
pub struct Objects {
    version: u64,
    all: BTreeMap<Key, Arc<Value>>,
    history: VecDeque<Change>,
    oldest: u64,
}

impl Objects {
    /// The version of the last change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The object at `key`.
    pub fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.all.get(key)
    }

    /// All objects of a kind, in all namespaces or in one, by key.
    pub fn list<'a>(
        &'a self,
        plural: &'a str,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> {
        let here = move |key: &Key| {
            key.plural == plural && namespace.is_none_or(|namespace| key.namespace == namespace)
        };
        self.all.iter().filter(move |(key, _)| here(key))
    }

    /// All objects of a kind, typed.
    pub fn typed<T: DeserializeOwned>(&self, plural: &str, namespace: Option<&str>) -> Vec<T> {
        self.list(plural, namespace).filter_map(|(_, value)| read(value)).collect()
    }

    /// Puts an object where `key` says. What does not differ from what is there is no change.
    pub fn put(&mut self, key: Key, mut object: Value) -> Arc<Value> {
        let before = self.all.get(&key).cloned();
        if let Some(before) = &before {
            object["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"].clone();
            if **before == object {
                return before.clone();
            }
        }
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let object = Arc::new(object);
        self.all.insert(key.clone(), object.clone());
        self.remember(Change { version: self.version, key, before, object: object.clone(), deleted: false });
        object
    }

    /// Removes the object at `key` and returns it as it was last, with the version of its end.
    pub fn remove(&mut self, key: &Key) -> Option<Arc<Value>> {
        let before = self.all.remove(key)?;
        self.version += 1;
        let mut last = (*before).clone();
        last["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let last = Arc::new(last);
        let change = Change {
            version: self.version,
            key: key.clone(),
            before: Some(before),
            object: last.clone(),
            deleted: true,
        };
        self.remember(change);
        Some(last)
    }

    fn remember(&mut self, change: Change) {
        self.history.push_back(change);
        while self.history.len() > REMEMBERED {
            self.oldest = self.history.pop_front().map_or(self.oldest, |change| change.version);
        }
    }

    /// Forgets all changes up to now.
    pub fn forget(&mut self) {
        self.history.clear();
        self.oldest = self.version;
    }

    /// What changed after `version`.
    pub fn since(&self, version: u64) -> Result<Vec<Change>, Gone> {
        if version < self.oldest {
            return Err(Gone { oldest: self.oldest });
        }
        let start = self.history.partition_point(|change| change.version <= version);
        Ok(self.history.iter().skip(start).cloned().collect())
    }
}

/// All objects, for all who read and write them.
pub struct Store {
    objects: Mutex<Objects>,
    version: watch::Sender<u64>,
    settle: fn(&mut Objects),
}

impl Store {
    /// An empty store. `settle` puts right after each write what follows from other objects.
    pub fn new(settle: fn(&mut Objects)) -> Self {
        Self { objects: Mutex::default(), version: watch::Sender::new(0), settle }
    }

    /// Looks at the objects.
    pub fn read<R>(&self, look: impl FnOnce(&Objects) -> R) -> R {
        look(&self.objects.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes objects, all at once, and wakes who watches.
    pub fn write<R>(&self, change: impl FnOnce(&mut Objects) -> R) -> R {
        let (result, version) = {
            let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
            let result = change(&mut objects);
            (self.settle)(&mut objects);
            (result, objects.version)
        };
        self.version.send_if_modified(|known| std::mem::replace(known, version) != version);
        result
    }

    /// The version of the last change, and each one after it.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// The pod with this name.
    pub fn pod(&self, key: &Key) -> Option<Pod> {
        self.read(|objects| objects.get(key).and_then(|value| read(value)))
    }

    /// Changes the pod with this name and identity where it is still there; returns it.
    pub fn change_pod(&self, key: &Key, uid: &str, change: impl FnOnce(&mut Pod)) -> Option<Pod> {
        self.write(|objects| {
            let mut pod: Pod = read(objects.get(key)?)?;
            if pod.metadata.uid.as_deref() != Some(uid) {
                return None;
            }
            change(&mut pod);
            read(&objects.put(key.clone(), value(&pod)))
        })
    }

    /// Removes the pod with this name and identity where it is still there.
    pub fn remove_pod(&self, key: &Key, uid: &str) {
        self.write(|objects| {
            if objects.get(key).is_some_and(|value| value["metadata"]["uid"] == uid) {
                objects.remove(key);
            }
        });
    }
}

/// A stored object as its type.
pub fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// An object as it is stored.
pub fn value(object: &impl Serialize) -> Value {
    serde_json::to_value(object).unwrap_or_default()
}

/// Says of which kind an object is, as stored ones do.
pub fn label_kind(object: &mut Value, kind: &Kind) {
    object["apiVersion"] = json!(kind.api_version());
    object["kind"] = json!(kind.name);
}
