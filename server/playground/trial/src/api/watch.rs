//! Telling changes as they happen.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use http::header;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::request::Request;
use super::status::Refusal;
use crate::fault::WatchFault;
use crate::kind::Kind;
use crate::store::selector::Selector;
use crate::store::{Change, Objects};
use crate::world::World;

/// How long a watch lasts where nothing else is asked for.
const DEFAULT_TIME: Duration = Duration::from_mins(30);
/// How often a quiet watch tells how far it is.
const BOOKMARK_PERIOD: Duration = Duration::from_mins(1);

/// The changes that are asked for, as a stream that goes on.
pub fn watch(world: &Arc<World>, request: &Request) -> Result<Response, Refusal> {
    let watch = Watch::begin(world, request)?;
    let stream = stream::unfold(watch, async |mut watch| {
        let line = watch.next().await?;
        Some((line, watch))
    });
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::from_stream(stream)).into_response())
}

struct Watch {
    world: Arc<World>,
    kind: &'static Kind,
    namespace: Option<String>,
    selector: Selector,
    bookmarks: bool,
    /// Up to where it told.
    version: u64,
    lines: VecDeque<Bytes>,
    versions: watch::Receiver<u64>,
    faults: watch::Receiver<u64>,
    ends: Instant,
    /// Why it ends after these lines, or at once.
    over: Option<Over>,
}

#[derive(Clone, Copy)]
enum Over {
    /// As it should.
    Orderly,
    /// The connection breaks.
    Broken,
}

impl Watch {
    fn begin(world: &Arc<World>, request: &Request) -> Result<Self, Refusal> {
        let seconds = request.query.number::<u64>("timeoutSeconds")?;
        let mut watch = Self {
            world: world.clone(),
            kind: request.kind,
            namespace: request.scope().map(str::to_owned),
            selector: request.selector()?,
            bookmarks: request.query.is("allowWatchBookmarks"),
            version: 0,
            lines: VecDeque::new(),
            versions: world.store.subscribe(),
            faults: world.faults.subscribe(),
            ends: Instant::now() + seconds.map_or(DEFAULT_TIME, Duration::from_secs),
            over: None,
        };
        let wanted = request.query.number::<u64>("resourceVersion")?.unwrap_or(0);
        let initial = request.query.is("sendInitialEvents");
        world.store.read(|objects| watch.catch_up(objects, wanted, initial))?;
        Ok(watch)
    }

    /// Where no version is asked for, the objects as they are come first.
    fn catch_up(&mut self, objects: &Objects, wanted: u64, initial: bool) -> Result<(), Refusal> {
        if wanted > objects.version() {
            return Err(Refusal::too_new(wanted, objects.version()));
        }
        self.version = wanted;
        if wanted != 0 && !initial {
            return Ok(());
        }
        for (_, object) in objects.list(self.kind.plural, self.namespace.as_deref()) {
            if self.selector.matches(object) {
                self.lines.push_back(line("ADDED", object));
            }
        }
        self.version = objects.version();
        if initial && self.bookmarks {
            self.lines.push_back(self.bookmark(&json!({"k8s.io/initial-events-end": "true"})));
        }
        Ok(())
    }

    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Some(Ok(line));
            }
            match self.over {
                Some(Over::Orderly) => return None,
                Some(Over::Broken) => return Some(Err(io::ErrorKind::ConnectionReset.into())),
                None => {}
            }
            self.faults.borrow_and_update();
            if let Some(fault) = self.world.faults.watch_fault() {
                self.suffer(fault).await;
                continue;
            }
            self.gather();
            if self.lines.is_empty() {
                self.wait().await;
            }
        }
    }

    async fn suffer(&mut self, fault: WatchFault) {
        match fault {
            WatchFault::Gone => self.expire(self.version),
            WatchFault::Dropped => self.over = Some(Over::Broken),
            WatchFault::Silent => std::future::pending().await,
        }
    }

    fn gather(&mut self) {
        self.versions.borrow_and_update();
        match self.world.store.read(|objects| objects.since(self.version)) {
            Ok(changes) => {
                self.version = changes.last().map_or(self.version, |change| change.version);
                let told = changes.iter().filter_map(|change| self.tell(change));
                self.lines = told.collect();
            }
            Err(gone) => self.expire(gone.oldest),
        }
    }

    fn expire(&mut self, oldest: u64) {
        self.lines.push_back(line("ERROR", &Refusal::expired(self.version, oldest).object()));
        self.over = Some(Over::Orderly);
    }

    /// What a change means to who sees only some of the objects.
    fn tell(&self, change: &Change) -> Option<Bytes> {
        let elsewhere = self.namespace.as_ref().is_some_and(|namespace| *namespace != change.key.namespace);
        if change.key.plural != self.kind.plural || elsewhere {
            return None;
        }
        let before = change.before.as_ref().is_some_and(|object| self.selector.matches(object));
        let after = !change.deleted && self.selector.matches(&change.object);
        match (before, after) {
            (false, false) => None,
            (false, true) => Some(line("ADDED", &change.object)),
            (true, true) => Some(line("MODIFIED", &change.object)),
            (true, false) => Some(line("DELETED", &change.object)),
        }
    }

    async fn wait(&mut self) {
        let bookmark = Instant::now() + BOOKMARK_PERIOD;
        tokio::select! {
            _ = self.versions.changed() => {}
            _ = self.faults.changed() => {}
            () = tokio::time::sleep_until(bookmark), if self.bookmarks && bookmark < self.ends => {
                self.lines.push_back(self.bookmark(&Value::Null));
            }
            () = tokio::time::sleep_until(self.ends) => {
                if self.bookmarks {
                    self.lines.push_back(self.bookmark(&Value::Null));
                }
                self.over = Some(Over::Orderly);
            }
        }
    }

    fn bookmark(&self, annotations: &Value) -> Bytes {
        let mut metadata = json!({"resourceVersion": self.version.to_string(), "creationTimestamp": null});
        if !annotations.is_null() {
            metadata["annotations"] = annotations.clone();
        }
        let object =
            json!({"kind": self.kind.name, "apiVersion": self.kind.api_version(), "metadata": metadata});
        line("BOOKMARK", &object)
    }
}

fn line(kind: &str, object: &Value) -> Bytes {
    let mut text = json!({"type": kind, "object": object}).to_string();
    text.push('\n');
    Bytes::from(text)
}
