//! Tasks: what becomes a job.

use std::collections::{BTreeMap, BTreeSet};

use regatta_domain::pipeline::{Exchange, Job, JobLimits, MAX_OUTPUTS, NoteKind, Piece, Step};

use super::fields::Fields;
use super::reader::Reader;
use super::scope::{Bound, Params, Scope, TaskScope};
use super::step::{self, Common, Draft};
use super::value::Value;
use super::words::{Variables, Word};
use super::workspaces::is_file_name;
use super::{image, keys};
use crate::MAX_STEPS;
use crate::findings::quoted;
use crate::substitution::{Interpreter, quote};
use crate::yaml::{self, Node};

/// A task as it is written.
#[derive(Clone, Copy)]
pub struct Task<'n, 't> {
    /// Its `spec`.
    pub spec: Fields<'n, 't>,
    /// The same as a node.
    pub node: &'n Node<'t>,
    /// It is written where it is used, and so sees what is around it.
    pub embedded: bool,
}

/// What a task is given to become a job.
pub struct Given<'g> {
    /// The job's name.
    pub name: String,
    /// Its parameters.
    pub params: &'g Params,
    /// Its workspaces.
    pub workspaces: Vec<Bound>,
    /// What can be referred to from where it is used.
    pub outer: Scope<'g>,
    /// What `$(context.…)` stands for.
    pub context: &'g BTreeMap<String, String>,
}

impl<'n, 't> Task<'n, 't> {
    /// The task whose `spec` is `node`.
    pub fn read(reader: &mut Reader<'_>, node: &'n Node<'t>, embedded: bool) -> Option<Self> {
        let spec = Fields::read(node, "a task", keys::TASK, &mut reader.findings)?;
        Some(Self { spec, node, embedded })
    }

    /// The results that it declares, with whether they are texts.
    pub fn results(&self, reader: &mut Reader<'_>) -> Vec<(String, bool)> {
        let mut all: Vec<(String, bool)> = Vec::new();
        for item in self.spec.list("results", &mut reader.findings) {
            let Some(fields) = Fields::read(item, "a result", keys::RESULT, &mut reader.findings) else {
                continue;
            };
            let Some(name) = reader.name(&fields, "a result") else { continue };
            if !is_file_name(&name) {
                let message =
                    format!("{} cannot be a result: letters, digits, `-`, `_` and `.`", quoted(&name));
                reader.findings.wrong(fields.place, message);
            } else if all.iter().any(|(other, _)| *other == name) {
                reader.twice(fields.place, "a result", &name);
            } else if all.len() == MAX_OUTPUTS {
                reader
                    .findings
                    .refused(fields.place, format!("a task hands on at most {MAX_OUTPUTS} results here"));
                break;
            } else {
                let kind = fields.text("type", &mut reader.findings);
                let structured = fields.get("properties").is_some();
                all.push((name, !structured && kind.is_none_or(|kind| kind == "string")));
            }
        }
        all
    }

    /// The job that it becomes.
    pub fn job(&self, reader: &mut Reader<'_>, given: Given<'_>) -> Job {
        let results: Vec<String> = self.results(reader).into_iter().map(|(name, _)| name).collect();
        let scope = TaskScope { results: results.clone(), workspaces: given.workspaces };
        let mut seen = vec![given.params];
        if self.embedded {
            seen.extend(given.outer.params);
        }
        let scope = Scope { params: &seen, task: Some(&scope), context: Some(given.context), ..given.outer };
        let mut variables = self.variables(reader, &seen);
        let drafts = self.steps(reader, &mut variables, &scope);
        let image = image::of_a_task(reader, self, &scope);
        let memory_bytes = drafts.iter().filter_map(|draft| draft.memory_bytes).max();
        let steps = settle(reader, drafts, &scope, &mut variables);
        let description = self.spec.text("description", &mut reader.findings);
        Job {
            description: description.map(|text| text.trim().to_owned()),
            environment: variables.into_values(),
            limits: JobLimits { time_ms: None, memory_bytes },
            exchange: Exchange { results, ..Exchange::default() },
            ..Job::new(given.name, image, steps)
        }
    }

    /// Variables for the parameters, under names that no step uses for something else.
    fn variables(&self, reader: &mut Reader<'_>, seen: &[&Params]) -> Variables {
        let mut variables = Variables::default();
        for name in ["WORKSPACE", "RESULTS_DIR"] {
            variables.reserve(name);
        }
        let template = self.template(reader);
        for fields in template.into_iter().chain(self.step_fields(reader)) {
            for name in step::declared_variables(&fields) {
                variables.reserve(&name);
            }
        }
        let mut names = BTreeSet::new();
        for params in seen {
            for (name, value) in *params {
                if names.insert(name)
                    && let Value::Text(text) = value
                {
                    variables.holding(&super::reference::variable(&format!("PARAM_{name}")), text);
                }
            }
        }
        variables
    }

    /// What the task says for all its steps.
    pub fn template(&self, reader: &mut Reader<'_>) -> Option<Fields<'n, 't>> {
        let node = self.spec.get("stepTemplate")?;
        Fields::read(node, "`stepTemplate`", keys::STEP, &mut reader.findings)
    }

    /// Its steps as they are written.
    pub fn step_fields(&self, reader: &mut Reader<'_>) -> Vec<Fields<'n, 't>> {
        let items = self.spec.list("steps", &mut reader.findings);
        if items.is_empty() {
            reader.findings.wrong(self.spec.place, "a task has no `steps`");
        }
        if let Some(extra) = items.get(MAX_STEPS) {
            let message = format!("more than {MAX_STEPS} steps: there are {}", items.len());
            reader.findings.refused(extra.place, message);
        }
        let items = items.iter().take(MAX_STEPS);
        items.filter_map(|item| Fields::read(item, "a step", keys::STEP, &mut reader.findings)).collect()
    }

    fn steps(&self, reader: &mut Reader<'_>, variables: &mut Variables, scope: &Scope<'_>) -> Vec<Draft> {
        let empty_folders = self.empty_folders(reader);
        let template = self.template(reader);
        let common = Common { scope, template, empty_folders: &empty_folders };
        let mut names = BTreeSet::new();
        let mut drafts = Vec::new();
        for (at, fields) in self.step_fields(reader).iter().enumerate() {
            let written = fields.text("name", &mut reader.findings).filter(|name| !name.is_empty());
            let mut name = written.as_deref().map_or_else(|| format!("step-{}", at + 1), str::to_owned);
            if !names.insert(name.clone()) {
                reader.twice(fields.place, "a step", &name);
                name = format!("{name}-{}", at + 1);
                names.insert(name.clone());
            }
            drafts.extend(step::read(reader, variables, &common, fields, name));
        }
        drafts
    }

    /// The volumes that are nothing but empty folders.
    fn empty_folders(&self, reader: &mut Reader<'_>) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for item in self.spec.list("volumes", &mut reader.findings) {
            let Some(volume) = Fields::unchecked(item, "a volume", &mut reader.findings) else { continue };
            let Some(name) = reader.name(&volume, "a volume") else { continue };
            let is_empty = volume.entries().any(|(key, node)| {
                key.name == "emptyDir" && matches!(node.value, yaml::Value::Map(_) | yaml::Value::Null)
            });
            if is_empty {
                all.insert(name);
            } else {
                let text = format!("the volume {} is not there: there is no cluster here", quoted(&name));
                reader.findings.note(NoteKind::Ignored, volume.place, text);
            }
        }
        all
    }
}

/// Puts at the top of each script what it needs first, and at the top of the first one the folders of them all.
fn settle(
    reader: &mut Reader<'_>,
    drafts: Vec<Draft>,
    scope: &Scope<'_>,
    variables: &mut Variables,
) -> Vec<Step> {
    let mut folders: Vec<String> = Vec::new();
    for bound in scope.task.iter().flat_map(|task| &task.workspaces) {
        let Some(below) = &bound.folder else { continue };
        let path = Value::Path { folder: "WORKSPACE", below: below.clone() };
        let wanted = super::reference::variable(&format!("SUBPATH_{}", bound.name));
        folders.extend(variables.chunks(&wanted, &path).map(|chunks| {
            let mut word = Word::default();
            word.push(chunks);
            word.quoted()
        }));
    }
    let below = drafts.iter().filter_map(|draft| draft.below.as_deref());
    folders.extend(below.map(|below| format!("\"${{WORKSPACE}}\"{}", quote(&format!("/{below}")))));
    let mut seen = BTreeSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    let mut make = match folders.as_slice() {
        [] => None,
        folders => Some(format!("mkdir -p {}", folders.join(" "))),
    };
    let mut steps = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let Draft { mut step, interpreter, mut head, below, place, .. } = draft;
        if let Some(make) = make.take() {
            if interpreter == Interpreter::Shell {
                // A program cannot start in a folder that it makes itself.
                if let Some(below) = &below {
                    head.insert(0, format!("cd \"${{WORKSPACE}}\"{}", quote(&format!("/{below}"))));
                }
                head.insert(0, make);
                step.script = step::with_head(&step.script, &head);
                steps.push(step);
                continue;
            }
            let text = "a step of its own makes the folders of the workspaces first";
            reader.findings.note(NoteKind::Explained, place, text);
            let manner = regatta_domain::pipeline::Manner::Program;
            steps.push(Step { manner, ..Step::new("make-folders", format!("{make}\n")) });
        }
        step.script = step::with_head(&step.script, &head);
        step.directory = below.or(step.directory);
        steps.push(step);
    }
    steps
}

/// Every job whose outputs `job` sees.
pub fn outputs_seen(job: &Job) -> BTreeSet<usize> {
    let environments =
        std::iter::once(&job.environment).chain(job.steps.iter().map(|step| &step.environment));
    let values = environments.flat_map(BTreeMap::values);
    let compared =
        job.conditions.iter().flat_map(|condition| condition.values.iter().chain([&condition.input]));
    let pieces = values.chain(compared).flat_map(|template| &template.0);
    pieces
        .filter_map(|piece| match piece {
            Piece::Output { job, .. } => Some(*job),
            _ => None,
        })
        .collect()
}
