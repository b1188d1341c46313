//! What files say of each other: identities that are unique, old addresses, ambassadors on an agenda, series.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regatta_dialects::hint;
use regatta_dialects::yaml::Place;
use regatta_domain::ids::EventId;
use regatta_domain::slug::Slug;

use crate::document::At;
use crate::event_file::EventFile;
use crate::{Library, Problem};

/// What has a file that cannot be read, which was told at that file.
pub struct Broken {
    /// Ambassadors.
    pub ambassadors: HashSet<Slug>,
    /// Series.
    pub series: HashSet<Slug>,
}

/// Puts the events into the library, whose ambassadors and series are complete save for `broken` ones, and tells what
/// does not fit together.
pub fn settle(events: Vec<(PathBuf, EventFile)>, broken: &Broken, library: &mut Library) {
    let events = keep_unique(events, library);
    settle_moves(&events, library);
    for (path, file) in events {
        settle_one(&path, file, broken, library);
    }
}

/// Tells which of the demos that texts show are not there.
pub fn settle_demos(shown: &[(PathBuf, At<Slug>)], library: &mut Library) {
    for (path, At { value: slug, place }) in shown {
        if library.pipeline(slug.as_str()).is_none() {
            let slugs: Vec<&str> = library.pipelines().iter().map(|demo| demo.slug.as_str()).collect();
            let hint = match hint::nearest(slug.as_str(), &slugs) {
                Some(near) => hint::did_you_mean(near),
                None => format!("its file would be pipelines/{slug}.yaml"),
            };
            library.problems.push(problem(path, *place, format!("there is no demo `{slug}`"), hint));
        }
    }
}

/// Of several events with one identity the one whose file comes first is kept.
fn keep_unique(events: Vec<(PathBuf, EventFile)>, library: &mut Library) -> Vec<(PathBuf, EventFile)> {
    let mut owners: HashMap<EventId, PathBuf> = HashMap::new();
    let mut kept = Vec::with_capacity(events.len());
    for (path, file) in events {
        let id = &file.event.id;
        if let Some(owner) = owners.get(id) {
            let message = format!("the identity `{id}` belongs to {} already", owner.display());
            let hint = "every event has one of its own, and keeps it for life";
            library.problems.push(problem(&path, file.id.place, message, hint.to_owned()));
            continue;
        }
        owners.insert(id.clone(), path.clone());
        kept.push((path, file));
    }
    kept
}

fn settle_moves(events: &[(PathBuf, EventFile)], library: &mut Library) {
    let now: Vec<&Slug> = events.iter().map(|(_, file)| &file.event.slug).collect();
    for (path, file) in events {
        for At { value: old, place } in &file.formerly {
            let taken = now.contains(&old) || library.moved_events.contains_key(old);
            if taken {
                let message = format!("the address /events/{old} belongs to another event");
                let hint = "remove it here, or there";
                library.problems.push(problem(path, *place, message, hint.to_owned()));
            } else if file.event.is_public() {
                library.moved_events.insert(old.clone(), file.event.slug.clone());
            }
        }
    }
}

fn settle_one(path: &Path, mut file: EventFile, broken: &Broken, library: &mut Library) {
    settle_speakers(path, &mut file, &broken.ambassadors, library);
    settle_series(path, &mut file, &broken.series, library);
    let shelf = if file.event.is_public() { &mut library.events } else { &mut library.drafts };
    shelf.push(Arc::new(file.event));
}

fn settle_speakers(path: &Path, file: &mut EventFile, broken: &HashSet<Slug>, library: &mut Library) {
    for At { value: slug, place } in &file.ambassadors {
        if library.ambassador(slug.as_str()).is_some() {
            continue;
        }
        if !broken.contains(slug) {
            let slugs: Vec<&str> =
                library.ambassadors.iter().map(|ambassador| ambassador.slug.as_str()).collect();
            let hint = hint::choice(slug.as_str(), &slugs);
            library.problems.push(problem(path, *place, format!("there is no ambassador `{slug}`"), hint));
        }
        // The talk is still a talk; it only does not lead to a page that does not exist.
        for speaker in file.event.agenda.iter_mut().flat_map(|item| &mut item.speakers) {
            if speaker.ambassador.as_ref() == Some(slug) {
                speaker.ambassador = None;
            }
        }
    }
}

fn settle_series(path: &Path, file: &mut EventFile, broken: &HashSet<Slug>, library: &mut Library) {
    let Some(At { value: slug, place }) = &file.series else { return };
    if library.series(slug.as_str()).is_some() {
        return;
    }
    if !broken.contains(slug) {
        let slugs: Vec<&str> = library.series.iter().map(|series| series.slug.as_str()).collect();
        let hint = match hint::nearest(slug.as_str(), &slugs) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its file would be series/{slug}.md"),
        };
        library.problems.push(problem(path, *place, format!("there is no series `{slug}`"), hint));
    }
    // The meetup still takes place; it only does not lead to a page that does not exist.
    file.event.series = None;
}

fn problem(file: &Path, place: Place, message: String, hint: String) -> Problem {
    Problem { file: file.to_path_buf(), line: place.line, column: place.column, message, hint: Some(hint) }
}
