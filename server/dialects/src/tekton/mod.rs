//! Tekton's `Pipeline`, `PipelineRun`, `Task` and `TaskRun`, of which a text may hold several that refer to each other.
//!
//! A task becomes a job, and each combination of a matrix one. Tekton pastes the values of its references (`$(params.x)`)
//! into scripts. Here, a value that is written in the pipeline is pasted as well, for then the script is the author's own;
//! a value that is only known when the pipeline runs (what a visitor chose, what a task handed on) becomes a reference to
//! a variable, and is refused where a script's quotes would make something else of that. Results are files in the folder
//! `$RESULTS_DIR`; a workspace is the folder of its name below `$WORKSPACE`.

mod fields;
mod image;
mod joined;
mod keys;
mod matrix;
mod object;
mod params;
mod pipeline;
mod quantity;
mod reader;
mod reference;
mod run;
mod scope;
mod script;
mod source;
mod step;
mod task;
mod value;
mod when;
mod words;
mod workspaces;

use regatta_domain::pipeline::{Dialect, MAX_SOURCE_BYTES, NoteKind, Pipeline, Reading};

use crate::findings::quoted;
use crate::yaml::{self, Node, Place};
use object::{Kind, Object};
use reader::Reader;

/// Reads a text of one or several documents. What is run is the first of its `PipelineRun`s, else of its Pipelines, else of
/// its `TaskRun`s, else of its Tasks.
pub fn read(text: &str) -> Reading {
    let mut reader = Reader::new(text);
    let pipeline = if text.len() > MAX_SOURCE_BYTES {
        let limit = MAX_SOURCE_BYTES / 1024;
        reader.findings.wrong(Place::START, format!("this pipeline is longer than {limit} KiB"));
        Pipeline::default()
    } else {
        read_documents(&mut reader, text)
    };
    reader.findings.conclude(Dialect::Tekton, pipeline)
}

fn read_documents(reader: &mut Reader<'_>, text: &str) -> Pipeline {
    let mut nodes: Vec<Node<'_>> = Vec::new();
    for document in yaml::documents(text) {
        match document {
            Ok(node) => nodes.push(node),
            Err(diagnostic) => reader.findings.tell(diagnostic),
        }
    }
    let objects: Vec<Object<'_, '_>> = nodes.iter().filter_map(|node| object::read(reader, node)).collect();
    for (at, object) in objects.iter().enumerate() {
        let same = |other: &&Object<'_, '_>| other.kind == object.kind && other.name == object.name;
        if !object.name.is_empty() && objects[..at].iter().any(|other| same(&other)) {
            reader.twice(object.place, &format!("a {}", object.kind.words()), &object.name);
        }
    }
    let Some(first) = objects.iter().min_by_key(|object| object.kind) else {
        if reader.findings.is_runnable() {
            let hint = "begin with `apiVersion: tekton.dev/v1` and `kind: Pipeline`";
            reader.findings.wrong_with_hint(Place::START, "there is nothing to run here", hint);
        }
        return Pipeline::default();
    };
    note_others(reader, first, &objects);
    run::read(reader, first, &objects)
}

/// Tells what of the text is not run, unless what is run may refer to it.
fn note_others(reader: &mut Reader<'_>, first: &Object<'_, '_>, objects: &[Object<'_, '_>]) {
    let refers = |other: &Object<'_, '_>| match first.kind {
        Kind::PipelineRun => matches!(other.kind, Kind::Pipeline | Kind::Task),
        Kind::Pipeline | Kind::TaskRun => other.kind == Kind::Task,
        Kind::Task => false,
    };
    for other in objects.iter().filter(|other| !std::ptr::eq(*other, first) && !refers(other)) {
        let text = format!(
            "this {} is not run: a run here is one pipeline, and that is the {} {} above or below it",
            other.kind.words(),
            first.kind.words(),
            quoted(&first.name)
        );
        reader.findings.note(NoteKind::Ignored, other.place, text);
    }
}
