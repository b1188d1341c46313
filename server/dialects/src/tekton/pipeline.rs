//! Pipelines: tasks that wait for each other.

use std::collections::BTreeMap;
use std::ops::Range;

use regatta_domain::pipeline::{Accepts, Cell, Job, Need, NoteKind, Pipeline};

use super::fields::{Fields, scalar};
use super::matrix::{self, Combination};
use super::object::Object;
use super::reader::Reader;
use super::run::{context, inherited, task_of};
use super::scope::{Params, Scope, TaskJobs, TaskScope, choice};
use super::task::{Given, Task, outputs_seen};
use super::workspaces::Workspaces;
use super::{joined, keys, params, step, when, workspaces};
use crate::MAX_JOBS;
use crate::findings::quoted;
use crate::yaml::{Node, Place};

/// A pipeline as it is written.
pub struct Source<'n, 't> {
    /// Its `spec`.
    pub spec: &'n Node<'t>,
    /// Its name.
    pub name: &'n str,
}

/// A task of the pipeline.
struct Head<'n, 't> {
    fields: Fields<'n, 't>,
    name: String,
    task: Option<Task<'n, 't>>,
    combinations: Vec<Combination>,
    has_matrix: bool,
    finally: bool,
}

/// A job that does not know its place yet.
pub struct Draft {
    /// The job; all in it that speaks of jobs means drafts.
    pub job: Job,
    /// Where it is written.
    pub place: Place,
    /// Where it is written after which others it runs.
    pub waits_at: Place,
    /// The workspaces of the run that it uses, with where that is said.
    pub uses: Vec<(String, Place)>,
}

/// What all tasks of a pipeline see.
struct Shared<'s> {
    name: &'s str,
    params: &'s Params,
    workspaces: &'s Workspaces,
}

/// Reads a pipeline, as `run` says where there is one.
pub fn read(
    reader: &mut Reader<'_>,
    source: &Source<'_, '_>,
    run: Option<&Fields<'_, '_>>,
    objects: &[Object<'_, '_>],
) -> Pipeline {
    let Some(spec) = Fields::read(source.spec, "a pipeline", keys::PIPELINE, &mut reader.findings) else {
        return Pipeline::default();
    };
    let name = if source.name.is_empty() { "pipeline" } else { source.name };
    let known = context("", Some(name));
    let scope = Scope { context: Some(&known), ..Scope::default() };
    let declared = params::declared(reader, &spec, &scope);
    let given = run.map(|run| reader.given(run, "params", &scope)).unwrap_or_default();
    let place = run.map_or(spec.place, |run| run.place_of("params"));
    let (params, parameters) = params::of_a_run(reader, &declared, given, place);
    let run_workspaces = workspaces::of_a_run(reader, &spec, run);
    note_results(reader, &spec);
    let shared = Shared { name, params: &params, workspaces: &run_workspaces };
    let heads = heads(reader, &spec, &shared, objects);
    let drafts = drafts(reader, &heads, &shared);
    let jobs = joined::join(reader, drafts);
    Pipeline { parameters, jobs, ..Pipeline::default() }
}

fn note_results(reader: &mut Reader<'_>, spec: &Fields<'_, '_>) {
    if !spec.list("results", &mut reader.findings).is_empty() {
        let text =
            "results of the whole pipeline are not gathered here; those of its tasks are shown with them";
        reader.findings.note(NoteKind::Ignored, spec.place_of("results"), text);
    }
}

/// Reads as much of every task as the others have to know.
fn heads<'n, 't>(
    reader: &mut Reader<'_>,
    spec: &Fields<'n, 't>,
    shared: &Shared<'_>,
    objects: &[Object<'n, 't>],
) -> Vec<Head<'n, 't>> {
    let mut heads: Vec<Head<'n, 't>> = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    let mut jobs = 0;
    let tasks = spec.list("tasks", &mut reader.findings);
    if tasks.is_empty() {
        reader.findings.wrong(spec.place, "a pipeline has no `tasks`");
    }
    let finally = spec.list("finally", &mut reader.findings);
    let all = tasks.iter().map(|node| (node, false)).chain(finally.iter().map(|node| (node, true)));
    for (node, finally) in all {
        let Some(fields) = Fields::read(node, "a task", keys::PIPELINE_TASK, &mut reader.findings) else {
            continue;
        };
        let Some(name) = reader.name(&fields, "a task") else { continue };
        if !names.insert(name.clone()) {
            reader.twice(fields.place, "a task", &name);
            continue;
        }
        let head = head(reader, fields, name, finally, shared, objects);
        jobs += head.combinations.len();
        if jobs > MAX_JOBS {
            let message =
                format!("a pipeline has at most {MAX_JOBS} jobs here, each combination of a matrix counted");
            reader.findings.refused(node.place, message);
            break;
        }
        heads.push(head);
    }
    heads
}

fn head<'n, 't>(
    reader: &mut Reader<'_>,
    fields: Fields<'n, 't>,
    name: String,
    finally: bool,
    shared: &Shared<'_>,
    objects: &[Object<'n, 't>],
) -> Head<'n, 't> {
    let known = context(&name, Some(shared.name));
    let seen = [shared.params];
    let scope = Scope { params: &seen, context: Some(&known), ..Scope::default() };
    let task = task_of(reader, &fields, objects);
    let matrix = fields.get("matrix");
    let combinations = match matrix {
        Some(node) => matrix::combinations(reader, node, &scope),
        None => vec![Combination::default()],
    };
    Head { fields, name, task, combinations, has_matrix: matrix.is_some(), finally }
}

/// Every job, in the order in which they are written.
fn drafts(reader: &mut Reader<'_>, heads: &[Head<'_, '_>], shared: &Shared<'_>) -> Vec<Draft> {
    let mut tasks: Vec<TaskJobs> = Vec::with_capacity(heads.len());
    let mut next = 0;
    for head in heads {
        let jobs = next..next + head.combinations.len();
        next = jobs.end;
        let results = head.task.map(|task| task.results(reader));
        tasks.push(TaskJobs {
            name: head.name.clone(),
            jobs,
            matrix: head.has_matrix,
            results,
            finally: head.finally,
        });
    }
    let mut drafts = Vec::with_capacity(next);
    for head in heads {
        drafts.extend(drafts_of(reader, head, shared, &tasks));
    }
    drafts
}

/// The job of a task, or all of its matrix.
fn drafts_of(
    reader: &mut Reader<'_>,
    head: &Head<'_, '_>,
    shared: &Shared<'_>,
    tasks: &[TaskJobs],
) -> Vec<Draft> {
    let known = context(&head.name, Some(shared.name));
    let seen = [shared.params];
    let scope = Scope {
        params: &seen,
        tasks: Some(tasks),
        finally: head.finally,
        context: Some(&known),
        workspaces: Some(shared.workspaces),
        ..Scope::default()
    };
    let fields = &head.fields;
    let conditions = when::conditions(reader, fields, &scope);
    let tolerated = step::is_tolerated(reader, fields, &scope);
    let time_ms = step::timeout(reader, fields, &scope);
    let waits = waits(reader, head, tasks);
    let mut drafts = Vec::with_capacity(head.combinations.len());
    for (at, combination) in head.combinations.iter().enumerate() {
        let name = if head.has_matrix {
            unused(format!("{}-{}", head.name, at + 1), tasks)
        } else {
            head.name.clone()
        };
        let (mut job, uses) = job(reader, head, name, combination, shared, &scope, &known);
        job.conditions.clone_from(&conditions);
        job.tolerated = tolerated;
        job.limits.time_ms = time_ms;
        job.needs.all = needs(&job, &waits, head.finally);
        job.cell =
            head.has_matrix.then(|| Cell { of: head.name.clone(), values: combination.values(reader) });
        for text in
            ["description", "displayName"].into_iter().filter_map(|key| fields.get(key)).filter_map(scalar)
        {
            job.description = Some(text.trim().to_owned());
        }
        drafts.push(Draft { job, place: fields.place, waits_at: fields.place_of("runAfter"), uses });
    }
    drafts
}

/// `name`, with something added where a task is called so.
fn unused(mut name: String, tasks: &[TaskJobs]) -> String {
    while tasks.iter().any(|task| task.name == name) {
        name.push('x');
    }
    name
}

fn job(
    reader: &mut Reader<'_>,
    head: &Head<'_, '_>,
    name: String,
    combination: &Combination,
    shared: &Shared<'_>,
    scope: &Scope<'_>,
    known: &BTreeMap<String, String>,
) -> (Job, Vec<(String, Place)>) {
    let Some(task) = &head.task else {
        return (Job::new(name, "", Vec::new()), Vec::new());
    };
    let fields = &head.fields;
    let spec = (&task.spec, task.node);
    let workspaces =
        workspaces::of_a_task(reader, spec, Some(fields), shared.workspaces, task.embedded, scope);
    // What a task is given may speak of its folders, which are only known in it.
    let folders = TaskScope { workspaces: workspaces.bound.clone(), ..TaskScope::default() };
    let mut given = reader.given(fields, "params", &Scope { task: Some(&folders), ..*scope });
    given.extend(combination.params());
    let declared = params::declared(reader, &task.spec, scope);
    let outer = inherited(task.embedded, shared.params);
    let params = params::of_a_task(reader, &declared, given, outer, (&head.name, fields.place));
    let given = Given { name, params: &params, workspaces: workspaces.bound, outer: *scope, context: known };
    (task.job(reader, given), workspaces.uses)
}

/// The jobs after which a task says that it runs.
fn waits(reader: &mut Reader<'_>, head: &Head<'_, '_>, tasks: &[TaskJobs]) -> Vec<Need> {
    let needs = |jobs: Range<usize>, accepts: Accepts| jobs.map(move |job| Need { job, accepts });
    let mut all = Vec::new();
    let named = head.fields.list("runAfter", &mut reader.findings);
    if head.finally {
        if let Some(first) = named.first() {
            let message = "a task of `finally` runs after all the others, and after none in particular";
            reader.findings.wrong(first.place, message);
        }
        let others = tasks.iter().filter(|task| !task.finally);
        return others.flat_map(|task| needs(task.jobs.clone(), Accepts::AnyEnd)).collect();
    }
    for node in named {
        let Some(name) = scalar(node) else {
            reader.findings.wrong(node.place, super::fields::expected(node, "`runAfter`", "a list of tasks"));
            continue;
        };
        if let Some(task) = tasks.iter().find(|task| task.name == name && !task.finally) {
            all.extend(needs(task.jobs.clone(), Accepts::SuccessOrLeftOut));
            continue;
        }
        let others: Vec<&str> =
            tasks.iter().filter(|task| !task.finally).map(|task| task.name.as_str()).collect();
        let message = format!("there is no task {}", quoted(&name));
        reader.findings.wrong_with_hint(node.place, message, choice(&name, &others));
    }
    all
}

/// What a job waits for: what it says, and every job of which it sees what that hands on.
fn needs(job: &Job, waits: &[Need], finally: bool) -> Vec<Need> {
    let mut needs: BTreeMap<usize, Need> = waits.iter().map(|need| (need.job, *need)).collect();
    if !finally {
        needs.extend(outputs_seen(job).into_iter().map(|job| (job, Need::success(job))));
    }
    needs.into_values().collect()
}
