//! What can be referred to from a place of the text.

use std::collections::BTreeMap;

use regatta_domain::pipeline::{Piece, Problem, Template};

use super::reference::{Reference, Select};
use super::value::Value;
use crate::findings::quoted;
use crate::hint;

/// Parameters with their values, by name.
pub type Params = BTreeMap<String, Value>;

/// How many names a hint looks at.
const MAX_CANDIDATES: usize = 60;

/// What can be referred to from a place of the text.
#[derive(Clone, Copy, Default)]
pub struct Scope<'s> {
    /// The parameters that are seen; of two with the same name, the first.
    pub params: &'s [&'s Params],
    /// The pipeline's tasks, where there is a pipeline.
    pub tasks: Option<&'s [TaskJobs]>,
    /// The place is in `finally`, from where one sees how the other tasks ended.
    pub finally: bool,
    /// The task in which the place is.
    pub task: Option<&'s TaskScope>,
    /// The workspaces of the run, with whether they are there.
    pub workspaces: Option<&'s BTreeMap<String, bool>>,
    /// What `$(context.…)` stands for, by name.
    pub context: Option<&'s BTreeMap<String, String>>,
}

/// A task of the pipeline, as others refer to it.
#[derive(Clone, Debug, Default)]
pub struct TaskJobs {
    /// Its name.
    pub name: String,
    /// The jobs that it became, by their place among all; several where it has a matrix.
    pub jobs: std::ops::Range<usize>,
    /// Whether it has a matrix.
    pub matrix: bool,
    /// The results that it declares, with whether they are text; nothing where it could not be read.
    pub results: Option<Vec<(String, bool)>>,
    /// It is one of `finally`.
    pub finally: bool,
}

/// What steps can refer to of their own task.
#[derive(Clone, Debug, Default)]
pub struct TaskScope {
    /// The results that it declares.
    pub results: Vec<String>,
    /// Its workspaces, by its own names for them.
    pub workspaces: Vec<Bound>,
}

/// A workspace of a task.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The task's name for it.
    pub name: String,
    /// Its folder below the job's workspace, beginning with a `/`; none where an optional one was not given.
    pub folder: Option<Template>,
}

/// Why a reference cannot be followed.
pub struct Broken {
    /// Whose problem that is; nobody's, where it stays as it is written.
    pub problem: Option<Problem>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Broken {
    fn wrong(message: String) -> Self {
        Self { problem: Some(Problem::Mistake), message, hint: None }
    }

    fn refused(message: String) -> Self {
        Self { problem: Some(Problem::Refused), message, hint: None }
    }

    fn left(message: String) -> Self {
        Self { problem: None, message, hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl Scope<'_> {
    /// What `reference` stands for.
    pub fn resolve(&self, reference: &Reference) -> Result<Value, Broken> {
        match reference {
            Reference::Param { name, select } => self.param(name, select),
            Reference::Output { task, name, select } => self.output(task, name, select),
            Reference::Status { task } => self.status(task),
            Reference::Statuses => self.statuses(),
            Reference::ResultPath { name } => self.result_path(name),
            Reference::Workspace { name, asked } => self.workspace(name, asked),
            Reference::Context { name } => self.context(name),
            Reference::Other { words } => {
                Err(Broken::refused(format!("{} cannot be followed here", quoted(&format!("$({words})"))))
                    .hint("values go from task to task as results of tasks, and folders as workspaces"))
            }
        }
    }

    fn param(&self, name: &str, select: &Select) -> Result<Value, Broken> {
        if let Some(value) = self.params.iter().find_map(|params| params.get(name)) {
            return part(name, value, select);
        }
        let names: Vec<&str> =
            self.params.iter().flat_map(|params| params.keys()).map(String::as_str).collect();
        Err(Broken::wrong(format!("there is no parameter {}", quoted(name))).hint(choice(name, &names)))
    }

    fn task_called(&self, name: &str) -> Result<&TaskJobs, Broken> {
        let Some(tasks) = self.tasks else {
            return Err(Broken::wrong("there are no other tasks here to refer to".to_owned()));
        };
        tasks.iter().find(|task| task.name == name).ok_or_else(|| {
            let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
            Broken::wrong(format!("there is no task {}", quoted(name))).hint(choice(name, &names))
        })
    }

    fn output(&self, task: &str, name: &str, select: &Select) -> Result<Value, Broken> {
        let found = self.task_called(task)?;
        let Some(results) = &found.results else { return Ok(Value::Unknown) };
        let Some((_, text)) = results.iter().find(|(result, _)| result == name) else {
            let names: Vec<&str> = results.iter().map(|(result, _)| result.as_str()).collect();
            let message = format!("the task {} declares no result {}", quoted(task), quoted(name));
            return Err(Broken::wrong(message).hint(choice(name, &names)));
        };
        if found.finally {
            return Err(Broken::wrong(format!(
                "{} runs at the end, so nothing can wait for it",
                quoted(task)
            )));
        }
        if !*text || (*select != Select::Whole && !found.matrix) {
            return Err(Broken::refused(format!(
                "{} cannot be taken apart here: results are handed on as texts",
                quoted(&format!("$(tasks.{task}.results.{name})"))
            ))
            .hint("hand on each part as a result of its own"));
        }
        let output = |job| Template(vec![Piece::Output { job, name: name.to_owned() }]);
        match select {
            _ if !found.matrix => Ok(Value::Text(output(found.jobs.start))),
            Select::Whole | Select::All => Ok(Value::List(found.jobs.clone().map(output).collect())),
            select => part(name, &Value::List(found.jobs.clone().map(output).collect()), select),
        }
    }

    fn status(&self, task: &str) -> Result<Value, Broken> {
        let found = self.task_called(task)?;
        if !self.finally || found.finally {
            return Err(only_finally(&format!("$(tasks.{task}.status)")));
        }
        let piece = match found.jobs.len() {
            1 => Piece::Status { job: found.jobs.start },
            _ => Piece::Statuses { jobs: found.jobs.clone().collect() },
        };
        Ok(Value::Text(Template(vec![piece])))
    }

    fn statuses(&self) -> Result<Value, Broken> {
        if !self.finally {
            return Err(only_finally("$(tasks.status)"));
        }
        let tasks = self.tasks.unwrap_or_default().iter().filter(|task| !task.finally);
        let jobs = tasks.flat_map(|task| task.jobs.clone()).collect();
        Ok(Value::Text(Template(vec![Piece::Statuses { jobs }])))
    }

    fn result_path(&self, name: &str) -> Result<Value, Broken> {
        let Some(task) = self.task else {
            return Err(Broken::wrong("only the steps of a task can write its results".to_owned()));
        };
        if !task.results.iter().any(|result| result == name) {
            let names: Vec<&str> = task.results.iter().map(String::as_str).collect();
            let wrong = Broken::wrong(format!("this task declares no result {}", quoted(name)));
            return Err(wrong.hint(choice(name, &names)));
        }
        Ok(Value::Path { folder: "RESULTS_DIR", below: Template::text(format!("/{name}")) })
    }

    fn workspace(&self, name: &str, asked: &str) -> Result<Value, Broken> {
        let bound = self.task.and_then(|task| task.workspaces.iter().find(|bound| bound.name == name));
        let known = self.workspaces.and_then(|workspaces| workspaces.get(name));
        let (folder, is_there) = match (bound, known) {
            (Some(bound), _) => (bound.folder.clone(), bound.folder.is_some()),
            (None, Some(is_there)) => (is_there.then(|| Template::text(format!("/{name}"))), *is_there),
            (None, None) => {
                // Tekton leaves such a reference as it is written; some public tasks have one.
                let of_task =
                    self.task.iter().flat_map(|task| &task.workspaces).map(|bound| bound.name.as_str());
                let of_run = self.workspaces.iter().flat_map(|known| known.keys()).map(String::as_str);
                let names: Vec<&str> = of_task.chain(of_run).collect();
                let message = format!("there is no workspace {} here", quoted(name));
                return match hint::nearest(name, &names) {
                    Some(_) => Err(Broken::wrong(message).hint(choice(name, &names))),
                    None => Err(Broken::left(message + ", so this stays as it is written")),
                };
            }
        };
        match (asked, folder) {
            ("path", Some(below)) => Ok(Value::Path { folder: "WORKSPACE", below }),
            ("volume", Some(_)) => Ok(Value::known(format!("ws-{name}"))),
            ("path" | "claim" | "volume", _) => Ok(Value::known("")),
            ("bound", _) => Ok(Value::known(is_there.to_string())),
            _ => {
                Err(Broken::wrong(format!("a workspace has no {}", quoted(asked)))
                    .hint("one of: path, bound"))
            }
        }
    }

    fn context(&self, name: &str) -> Result<Value, Broken> {
        let known = self.context.and_then(|context| context.get(name));
        known.map(Value::known).ok_or_else(|| {
            let names: Vec<&str> =
                self.context.iter().flat_map(|known| known.keys()).map(String::as_str).collect();
            let wrong = Broken::wrong(format!("{} is not known here", quoted(&format!("$(context.{name})"))));
            wrong.hint(choice(name, &names))
        })
    }
}

fn only_finally(reference: &str) -> Broken {
    Broken::wrong(format!("{} is only known in `finally`, of the tasks before it", quoted(reference)))
}

/// The part of `value`, the parameter or result `name`, that `select` means.
fn part(name: &str, value: &Value, select: &Select) -> Result<Value, Broken> {
    let kind = value.kind();
    match (value, select) {
        (Value::Unknown, _) => Ok(Value::Unknown),
        (_, Select::Whole) | (Value::List(_) | Value::Object(_), Select::All) => Ok(value.clone()),
        (Value::List(items), Select::Item(at)) => items.get(*at).cloned().map(Value::Text).ok_or_else(|| {
            Broken::wrong(format!("{} has only {} items; the first is `[0]`", quoted(name), items.len()))
        }),
        (Value::Object(entries), Select::Key(key)) => {
            let found = entries.iter().find(|(other, _)| other == key);
            found.map(|(_, value)| Value::Text(value.clone())).ok_or_else(|| {
                let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
                Broken::wrong(format!("{} has no {}", quoted(name), quoted(key))).hint(choice(key, &keys))
            })
        }
        (_, Select::All) => {
            Err(Broken::wrong(format!("{} is {kind}, so `[*]` has no meaning", quoted(name))))
        }
        (_, Select::Item(_)) => Err(Broken::wrong(format!("{} is {kind}, not a list", quoted(name)))),
        (_, Select::Key(_)) => Err(Broken::wrong(format!("{} is {kind}, not an object", quoted(name)))
            .hint("a name with a dot in it is written `$(params[\"a.b\"])`")),
    }
}

/// A hint at the names one can choose from, of which there may be very many.
pub fn choice(name: &str, names: &[&str]) -> String {
    match names {
        [] => "there are none".to_owned(),
        names => hint::choice(name, &names[..names.len().min(MAX_CANDIDATES)]),
    }
}
