//! Where the current library stands while the program runs.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use regatta_domain::event::Event;
use regatta_domain::ids::EventId;
use regatta_domain::ports::Schedule;
use regatta_domain::series::Series;
use regatta_domain::slug::Slug;

use crate::Library;
use crate::fingerprint::Fingerprint;

/// Holds the current [`Library`] and replaces it when the folder changes. A file that breaks while the program runs is
/// shown as it last was.
///
/// As a [`Schedule`] it remembers every event and series it has ever read, drafts included: a file that vanishes while the
/// program runs changes nothing either for those who registered; only `status: cancelled` cancels.
#[derive(Debug)]
pub struct Shelf {
    dir: PathBuf,
    started: Timestamp,
    held: RwLock<Held>,
}

#[derive(Debug)]
struct Held {
    library: Arc<Library>,
    /// The last readable version of every event since the start.
    remembered: HashMap<EventId, Arc<Event>>,
    /// The last readable version of every series since the start.
    remembered_series: HashMap<Slug, Arc<Series>>,
    /// What the folder looked like when the library was read.
    fingerprint: Fingerprint,
}

impl Shelf {
    /// Reads the folder. Relative dates of samples count from `started`, also when the folder is read again.
    pub fn open(dir: PathBuf, started: Timestamp) -> Self {
        // The fingerprint is taken first: a change while the folder is read is then seen by the next look.
        let fingerprint = Fingerprint::of(&dir);
        let library = Arc::new(Library::load(&dir, started));
        let mut held =
            Held { library, remembered: HashMap::new(), remembered_series: HashMap::new(), fingerprint };
        held.remember();
        Self { dir, started, held: RwLock::new(held) }
    }

    /// The library as it is now; it stays as it is while it is held.
    pub fn library(&self) -> Arc<Library> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner).library)
    }

    /// Reads the folder again if it changed since the last time. Returns whether it did. A folder that cannot be listed
    /// (moved away for a moment, or the system is out of descriptors) changes nothing.
    pub fn refresh(&self) -> bool {
        if let Err(error) = std::fs::read_dir(&self.dir) {
            tracing::warn!(%error, "the content folder cannot be listed: what was read last stays");
            return false;
        }
        let fingerprint = Fingerprint::of(&self.dir);
        let unchanged = self.held.read().unwrap_or_else(PoisonError::into_inner).fingerprint == fingerprint;
        if unchanged {
            return false;
        }
        let library = Arc::new(self.library().load_again(&self.dir, self.started));
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.library = library;
        held.fingerprint = fingerprint;
        held.remember();
        true
    }

    /// Looks at the folder every so often and reads it again when it changed. Runs until it is dropped.
    pub async fn watch(self: Arc<Self>, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let looked_after = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || looked_after.refresh()).await {
                Ok(true) => self.tell(),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "the content folder could not be read again"),
            }
        }
    }

    fn tell(&self) {
        let library = self.library();
        tracing::info!(problems = library.problems().len(), "content read again");
        for problem in library.problems() {
            tracing::warn!("{}", problem.told_in(&self.dir));
        }
    }
}

impl Held {
    fn remember(&mut self) {
        for event in self.library.events().iter().chain(self.library.drafts()) {
            self.remembered.insert(event.id.clone(), Arc::clone(event));
        }
        for series in self.library.all_series() {
            self.remembered_series.insert(series.slug.clone(), Arc::clone(series));
        }
    }
}

impl Schedule for Shelf {
    fn event(&self, id: &EventId) -> Option<Arc<Event>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).remembered.get(id).cloned()
    }

    fn events(&self) -> Vec<Arc<Event>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let mut events: Vec<_> = held.remembered.values().cloned().collect();
        drop(held);
        events.sort_by_cached_key(|event| (event.when.begins_at(), event.slug.clone()));
        events
    }

    fn site_name(&self) -> String {
        self.library().site().name.clone()
    }

    fn series(&self, slug: &Slug) -> Option<Arc<Series>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).remembered_series.get(slug).cloned()
    }
}
