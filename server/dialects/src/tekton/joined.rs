//! Jobs put in an order in which each follows those it waits for, and the workspaces that they hand on.

use std::collections::BTreeSet;

use regatta_domain::pipeline::{Job, NoteKind};

use super::pipeline::Draft;
use super::reader::Reader;
use super::run::relocate;
use crate::findings::quoted;
use crate::graph;
use crate::yaml::Place;

/// The jobs, each at its place.
pub fn join(reader: &mut Reader<'_>, mut drafts: Vec<Draft>) -> Vec<Job> {
    let needs: Vec<Vec<usize>> = drafts.iter().map(|draft| draft.job.needs.jobs().collect()).collect();
    match graph::order(&needs) {
        Ok(order) => {
            reorder(&mut drafts, &order);
            hand_on_workspaces(reader, &mut drafts);
        }
        Err(circle) => tell_circle(reader, &drafts, &circle),
    }
    drafts.into_iter().map(|draft| draft.job).collect()
}

fn reorder(drafts: &mut Vec<Draft>, order: &[usize]) {
    let mut place_of = vec![0; order.len()];
    for (place, draft) in order.iter().enumerate() {
        place_of[*draft] = place;
    }
    let mut placed: Vec<(usize, Draft)> = place_of.iter().copied().zip(drafts.drain(..)).collect();
    placed.sort_by_key(|(place, _)| *place);
    for (_, mut draft) in placed {
        let job = &mut draft.job;
        for need in job.needs.all.iter_mut().chain(&mut job.needs.any) {
            need.job = place_of[need.job];
        }
        job.needs.all.sort();
        let steps = job.steps.iter_mut().flat_map(|step| step.environment.values_mut());
        let conditions = job
            .conditions
            .iter_mut()
            .flat_map(|one| one.values.iter_mut().chain(std::iter::once(&mut one.input)));
        for template in job.environment.values_mut().chain(steps).chain(conditions) {
            relocate(template, &place_of);
        }
        drafts.push(draft);
    }
}

fn tell_circle(reader: &mut Reader<'_>, drafts: &[Draft], circle: &[usize]) {
    let names: Vec<String> = circle.iter().map(|draft| quoted(&drafts[*draft].job.name)).collect();
    let first = circle.iter().map(|draft| &drafts[*draft]).min_by_key(|draft| draft.place);
    let message = format!("these tasks wait for each other: {}", names.join(" waits for "));
    let hint = "remove a `runAfter`, or a reference to a result";
    reader.findings.wrong_with_hint(first.map_or(Place::START, |draft| draft.waits_at), message, hint);
}

/// Each job that uses a workspace takes it from those that used it last before.
fn hand_on_workspaces(reader: &mut Reader<'_>, drafts: &mut [Draft]) {
    let before = all_before(drafts);
    for at in 0..drafts.len() {
        let used = drafts[at].uses.clone();
        let mut taken = BTreeSet::new();
        for (name, place) in used {
            let others: Vec<usize> = (0..at).filter(|job| uses_workspace(&drafts[*job], &name)).collect();
            if let Some(other) = others.iter().find(|job| !before[at].contains(job)) {
                note_copies(reader, place, &name, &drafts[*other].job.name);
            }
            let earlier: Vec<usize> = others.into_iter().filter(|job| before[at].contains(job)).collect();
            let is_last = |job: &&usize| !earlier.iter().any(|later| before[*later].contains(job));
            taken.extend(earlier.iter().filter(is_last).copied());
        }
        for job in &taken {
            drafts[*job].job.exchange.gives_workspace = true;
        }
        drafts[at].job.exchange.takes_workspace_of = taken.into_iter().collect();
    }
}

fn uses_workspace(draft: &Draft, name: &str) -> bool {
    draft.uses.iter().any(|(other, _)| other == name)
}

fn note_copies(reader: &mut Reader<'_>, place: Place, name: &str, other: &str) {
    let text = format!(
        "this task and {} may run at once, each with its own copy of the workspace {}: neither sees what the other writes",
        quoted(other),
        quoted(name)
    );
    reader.findings.note(NoteKind::Explained, place, text);
}

/// For each job, all that are over when it starts.
fn all_before(drafts: &[Draft]) -> Vec<BTreeSet<usize>> {
    let mut before: Vec<BTreeSet<usize>> = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mut all = BTreeSet::new();
        for need in draft.job.needs.jobs() {
            all.insert(need);
            all.extend(before[need].iter().copied());
        }
        before.push(all);
    }
    before
}
