//! What is run: a pipeline or a single task, with or without a run that says how.

use std::collections::BTreeMap;

use regatta_domain::pipeline::{Piece, Pipeline, Template};

use super::fields::{Fields, scalar};
use super::object::{Kind, Object};
use super::reader::Reader;
use super::scope::{Params, Scope, choice};
use super::task::{Given, Task};
use super::{keys, params, pipeline, step, workspaces};
use crate::findings::quoted;
use crate::yaml::Node;

/// The pipeline that `object` is or runs.
pub fn read(reader: &mut Reader<'_>, object: &Object<'_, '_>, objects: &[Object<'_, '_>]) -> Pipeline {
    match object.kind {
        Kind::Pipeline => {
            let pipeline = pipeline::Source { spec: object.spec, name: &object.name };
            pipeline::read(reader, &pipeline, None, objects)
        }
        Kind::PipelineRun => read_pipeline_run(reader, object, objects),
        Kind::Task => {
            let name = named(&object.name, "task");
            Task::read(reader, object.spec, false)
                .map_or_else(Pipeline::default, |task| single(reader, &task, &name, None))
        }
        Kind::TaskRun => read_task_run(reader, object, objects),
    }
}

fn named(name: &str, otherwise: &str) -> String {
    if name.is_empty() { otherwise.to_owned() } else { name.to_owned() }
}

fn read_pipeline_run(
    reader: &mut Reader<'_>,
    object: &Object<'_, '_>,
    objects: &[Object<'_, '_>],
) -> Pipeline {
    let Some(run) = Fields::read(object.spec, "`spec`", keys::PIPELINE_RUN, &mut reader.findings) else {
        return Pipeline::default();
    };
    let source = match (run.get("pipelineSpec"), run.get("pipelineRef")) {
        (Some(spec), _) => Some(pipeline::Source { spec, name: &object.name }),
        (None, Some(node)) => {
            let found = referred_to(reader, node, Kind::Pipeline, objects);
            found.map(|found| pipeline::Source { spec: found.spec, name: &found.name })
        }
        (None, None) => {
            let hint = "write the pipeline below `pipelineSpec`";
            reader.findings.wrong_with_hint(run.place, "this PipelineRun has no pipeline", hint);
            None
        }
    };
    let Some(source) = source else { return Pipeline::default() };
    pipeline::read(reader, &source, Some(&run), objects)
}

fn read_task_run(reader: &mut Reader<'_>, object: &Object<'_, '_>, objects: &[Object<'_, '_>]) -> Pipeline {
    let Some(run) = Fields::read(object.spec, "`spec`", keys::TASK_RUN, &mut reader.findings) else {
        return Pipeline::default();
    };
    let name = named(&object.name, "task");
    let found = task_of(reader, &run, objects);
    found.map_or_else(Pipeline::default, |task| single(reader, &task, &name, Some(&run)))
}

/// The task that `fields` holds or names.
pub fn task_of<'n, 't>(
    reader: &mut Reader<'_>,
    fields: &Fields<'n, 't>,
    objects: &[Object<'n, 't>],
) -> Option<Task<'n, 't>> {
    match (fields.get("taskSpec"), fields.get("taskRef")) {
        (Some(spec), reference) => {
            if reference.is_some() {
                let message = "a task has a `taskSpec` or a `taskRef`, not both";
                reader.findings.wrong(fields.place_of("taskRef"), message);
            }
            Task::read(reader, spec, true)
        }
        (None, Some(node)) => {
            let spec = referred_to(reader, node, Kind::Task, objects)?.spec;
            Task::read(reader, spec, false)
        }
        (None, None) => {
            if fields.get("pipelineSpec").is_none() && fields.get("pipelineRef").is_none() {
                let hint = "write the task below `taskSpec`";
                reader.findings.wrong_with_hint(fields.place, "there is no task here", hint);
            }
            None
        }
    }
}

/// The object of the same text that a `taskRef` or a `pipelineRef` names.
fn referred_to<'o, 'n, 't>(
    reader: &mut Reader<'_>,
    node: &Node<'_>,
    kind: Kind,
    objects: &'o [Object<'n, 't>],
) -> Option<&'o Object<'n, 't>> {
    let fields = Fields::read(node, "a reference", keys::TASK_REF, &mut reader.findings)?;
    let what = kind.words();
    let inline = format!("write the {what} into this text, as a document of its own or where it is used");
    if let Some(resolver) = fields.get("resolver") {
        let resolver = scalar(resolver).unwrap_or_default();
        let message = format!("this {what} would have to be fetched by the resolver {}", quoted(&resolver));
        reader.findings.refused_with_hint(node.place, message, inline);
        return None;
    }
    if fields.get("bundle").is_some() {
        return None;
    }
    let written = fields.text("kind", &mut reader.findings);
    let name = reader.name(&fields, "a reference")?;
    if let Some(written) = written.filter(|written| written != what) {
        let message = format!("the {written} {} is not in this text", quoted(&name));
        reader.findings.refused_with_hint(node.place, message, inline);
        return None;
    }
    let found = objects.iter().find(|object| object.kind == kind && object.name == name);
    if found.is_none() {
        let names: Vec<&str> = objects.iter().filter(|o| o.kind == kind).map(|o| o.name.as_str()).collect();
        let close = choice(&name, &names);
        let hint = if close.starts_with("did you mean") { close } else { inline };
        let message = format!("the {what} {} is not in this text", quoted(&name));
        reader.findings.refused_with_hint(node.place, message, hint);
    }
    found
}

/// A task alone, as a pipeline of one job.
fn single(
    reader: &mut Reader<'_>,
    task: &Task<'_, '_>,
    name: &str,
    run: Option<&Fields<'_, '_>>,
) -> Pipeline {
    let context = context(name, None);
    let outer = Scope { context: Some(&context), ..Scope::default() };
    let declared = params::declared(reader, &task.spec, &outer);
    let given = run.map(|run| reader.given(run, "params", &outer)).unwrap_or_default();
    let place = run.map_or(task.spec.place, |run| run.place_of("params"));
    let (params, parameters) = params::of_a_run(reader, &declared, given, place);
    let run_workspaces = workspaces::of_a_run(reader, &task.spec, run);
    let given =
        workspaces::of_a_task(reader, (&task.spec, task.node), None, &run_workspaces, task.embedded, &outer);
    let given =
        Given { name: name.to_owned(), params: &params, workspaces: given.bound, outer, context: &context };
    let mut job = task.job(reader, given);
    if let Some(run) = run {
        job.limits.time_ms = step::timeout(reader, run, &outer);
        job.limits.memory_bytes = step::memory(reader, run).or(job.limits.memory_bytes);
    }
    Pipeline { parameters, jobs: vec![job], ..Pipeline::default() }
}

/// What `$(context.…)` stands for, in a task or in a task of a pipeline.
pub fn context(task: &str, pipeline: Option<&str>) -> BTreeMap<String, String> {
    const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
    let mut context = BTreeMap::new();
    let mut set = |name: &str, value: String| _ = context.insert(name.to_owned(), value);
    set("task.name", task.to_owned());
    set("task.retry-count", "0".to_owned());
    set("taskRun.uid", NOBODY.to_owned());
    set("taskRun.namespace", "default".to_owned());
    set("taskRun.name", pipeline.map_or_else(|| task.to_owned(), |pipeline| format!("{pipeline}-{task}")));
    if let Some(pipeline) = pipeline {
        set("pipeline.name", pipeline.to_owned());
        set("pipelineRun.name", pipeline.to_owned());
        set("pipelineRun.namespace", "default".to_owned());
        set("pipelineRun.uid", NOBODY.to_owned());
        set("pipelineTask.retries", "0".to_owned());
    }
    context
}

/// Puts the jobs that `template` speaks of at their new places.
pub fn relocate(template: &mut Template, place_of: &[usize]) {
    for piece in &mut template.0 {
        match piece {
            Piece::Output { job, .. } | Piece::Status { job } => *job = place_of[*job],
            Piece::Statuses { jobs } => jobs.iter_mut().for_each(|job| *job = place_of[*job]),
            Piece::Text(_) | Piece::Parameter(_) => {}
        }
    }
}

/// Parameters as those of a scope.
pub fn inherited(embedded: bool, params: &Params) -> Option<&Params> {
    embedded.then_some(params)
}
