//! From jobs that know each other by name to the pipeline's jobs, each after those it needs.

use std::collections::{BTreeSet, HashSet};

use regatta_domain::pipeline::{Job, Needs, NoteKind, Pipeline};

use super::jobs::Jobs;
use super::parameters::{Catalogue, Declared};
use super::places::Places;
use super::requires::Event;
use super::settings::Draft;
use super::stages::Written;
use crate::findings::{Findings, quoted};
use crate::yaml::Place;
use crate::{MAX_JOBS, graph};

/// All that a file says, jobs by their names.
#[derive(Debug, Default)]
pub struct Parts {
    /// The jobs, those of stages included.
    pub drafts: Vec<Draft>,
    /// The stages.
    pub stages: Vec<Written>,
    /// The parameters that all jobs see.
    pub parameters: Vec<Declared>,
    /// Names of jobs that were left out because there are too many.
    pub left_out: HashSet<String>,
}

/// Makes a pipeline of `parts`. Jobs that wait for each other in a circle stay as they are written.
pub fn join(mut parts: Parts, findings: &mut Findings) -> Pipeline {
    leave_out_too_many(&mut parts, findings);
    note_surprising_starts(&parts.drafts, findings);
    let places = Places::of(&parts);
    let needs: Vec<Needs> = parts
        .drafts
        .iter()
        .flat_map(|draft| std::iter::repeat_n(places.needs(draft, findings), draft.matrix.size()))
        .collect();
    let catalogue = catalogue(&parts, findings);
    let jobs = Jobs { parts: &parts, catalogue: &catalogue }.make(findings);
    let stages = places.stages(findings);
    let order = in_order(&needs, &places, findings);
    let mut pipeline =
        Pipeline { parameters: catalogue.into_parameters(), jobs, stages, ..Pipeline::default() };
    for (job, needs) in pipeline.jobs.iter_mut().zip(needs) {
        job.needs = needs;
    }
    arrange(&mut pipeline, &order);
    share_workspaces(&mut pipeline.jobs);
    pipeline
}

/// Keeps as many of the first jobs as may be.
fn leave_out_too_many(parts: &mut Parts, findings: &mut Findings) {
    let mut total = 0;
    let too_many = |draft: &Draft| {
        total += draft.matrix.size();
        total > MAX_JOBS
    };
    let Some(at) = parts.drafts.iter().position(too_many) else { return };
    let place = parts.drafts[at].place;
    let message =
        format!("with its matrices and stages written out, this pipeline has more than {MAX_JOBS} jobs");
    findings.refused(place, message);
    parts.left_out.extend(parts.drafts.drain(at..).map(|draft| draft.name));
}

/// A job that says nothing of its start starts with the pipeline, and so does one that waits for another event than the
/// rest. That is only surprising where others say something else.
fn note_surprising_starts(drafts: &[Draft], findings: &mut Findings) {
    let waits_for = |event: Event| drafts.iter().any(|draft| draft.requires.starts.contains(&event));
    let commits_alone = drafts.iter().any(|Draft { requires, .. }| {
        requires.starts.contains(&Event::Commit) && !requires.starts.contains(&Event::PullRequest)
    });
    let some_say = drafts.iter().any(|draft| !draft.requires.starts.is_empty());
    for Draft { requires, place, name, .. } in drafts {
        let text = if some_say && requires.is_empty() {
            format!(
                "{} starts with the pipeline; Screwdriver would wait for somebody to start it",
                quoted(name)
            )
        } else if commits_alone && waits_for(Event::PullRequest) && requires.starts == [Event::PullRequest] {
            format!(
                "{} starts with the pipeline; Screwdriver would run it for pull requests, without the jobs of a commit",
                quoted(name)
            )
        } else {
            continue;
        };
        findings.note(NoteKind::Explained, *place, text);
    }
}

/// Every parameter that some job sees: the pipeline's, and those of jobs, which take the place of the pipeline's in them.
fn catalogue(parts: &Parts, findings: &mut Findings) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for declared in &parts.parameters {
        let own = |draft: &Draft| draft.parameters.iter().any(|own| own.name() == declared.name());
        if parts.drafts.iter().all(own) {
            let name = declared.name();
            findings.ignored(declared.place, name, "every job has a parameter of its own with this name");
        } else {
            catalogue.add(declared, findings);
        }
    }
    for declared in parts.drafts.iter().flat_map(|draft| &draft.parameters) {
        catalogue.add(declared, findings);
    }
    catalogue
}

fn in_order(needs: &[Needs], places: &Places<'_>, findings: &mut Findings) -> Vec<usize> {
    let wanted: Vec<Vec<usize>> = needs.iter().map(|needs| needs.jobs().collect()).collect();
    graph::order(&wanted).unwrap_or_else(|circle| {
        tell_circle(&circle, places, findings);
        (0..needs.len()).collect()
    })
}

fn tell_circle(circle: &[usize], places: &Places<'_>, findings: &mut Findings) {
    let drafts: Vec<&Draft> = circle.iter().filter_map(|job| places.draft(*job)).collect();
    let names: Vec<String> = drafts.iter().map(|draft| quoted(&draft.name)).collect();
    // The job that stands first in the file is where a reader meets the circle first.
    let first = drafts.iter().min_by_key(|draft| draft.place);
    let place = first.and_then(|draft| draft.requires.place).unwrap_or(Place::START);
    findings.wrong_with_hint(
        place,
        format!("these jobs wait for each other: {}", names.join(" requires ")),
        "remove one of these requirements",
    );
}

/// Puts the jobs into `order`.
fn arrange(pipeline: &mut Pipeline, order: &[usize]) {
    let mut place_of = vec![0; order.len()];
    for (place, job) in order.iter().enumerate() {
        place_of[*job] = place;
    }
    let mut jobs: Vec<Job> = order.iter().map(|job| std::mem::take(&mut pipeline.jobs[*job])).collect();
    for job in &mut jobs {
        for need in job.needs.all.iter_mut().chain(&mut job.needs.any) {
            need.job = place_of[need.job];
        }
    }
    pipeline.jobs = jobs;
    for stage in &mut pipeline.stages {
        for job in &mut stage.jobs {
            *job = place_of[*job];
        }
    }
}

/// Who needs a job that hands its workspace on takes it; who hands it on to nobody need not pack it.
fn share_workspaces(jobs: &mut [Job]) {
    let hand_on: Vec<bool> = jobs.iter().map(|job| job.exchange.gives_workspace).collect();
    let mut wanted = BTreeSet::new();
    for job in jobs.iter_mut() {
        let mut givers: Vec<usize> = Vec::new();
        for giver in job.needs.jobs().filter(|giver| hand_on[*giver]) {
            if !givers.contains(&giver) {
                givers.push(giver);
            }
        }
        wanted.extend(givers.iter().copied());
        job.exchange.takes_workspace_of = givers;
    }
    for (place, job) in jobs.iter_mut().enumerate() {
        job.exchange.gives_workspace = wanted.contains(&place);
    }
}
