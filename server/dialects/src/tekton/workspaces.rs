//! Workspaces: folders below the job's own that tasks hand on to those after them.

use std::collections::{BTreeMap, BTreeSet};

use regatta_domain::pipeline::{NoteKind, Template};

use super::fields::Fields;
use super::keys;
use super::reader::Reader;
use super::reference::{self, Reference};
use super::scope::{Bound, Scope, choice};
use super::value::{append, push_text};
use crate::findings::quoted;
use crate::yaml::{self, Node, Place};

/// The workspaces of a run by name, with whether there is one: an optional one may not be given.
pub type Workspaces = BTreeMap<String, bool>;

/// Reads what a pipeline or a task declares below `workspaces`, and what a run gives it, where there is a run.
pub fn of_a_run(
    reader: &mut Reader<'_>,
    declaring: &Fields<'_, '_>,
    run: Option<&Fields<'_, '_>>,
) -> Workspaces {
    let mut given = BTreeSet::new();
    for item in run.map(|run| run.list("workspaces", &mut reader.findings)).unwrap_or_default() {
        let Some(fields) = Fields::read(item, "a workspace", keys::BINDING, &mut reader.findings) else {
            continue;
        };
        let Some(name) = reader.name(&fields, "a workspace") else { continue };
        note_binding(reader, &fields, &name);
        given.insert(name);
    }
    let mut all = Workspaces::new();
    for (name, optional, place) in declared(reader, declaring) {
        let is_there = match run {
            None => !optional,
            Some(_) => given.contains(&name),
        };
        if !is_there && !optional {
            let message = format!("the run gives no workspace {}", quoted(&name));
            reader.findings.wrong_with_hint(
                place,
                message,
                "add it below `workspaces` of the run, with `emptyDir: {}`",
            );
        }
        if all.insert(name.clone(), is_there || !optional).is_some() {
            reader.twice(place, "a workspace", &name);
        }
    }
    // Tasks that are written in the run see what it has, whether the pipeline declares it or not.
    for name in given {
        if check_name(reader, run.map_or(declaring.place, |run| run.place_of("workspaces")), &name) {
            all.entry(name).or_insert(true);
        }
    }
    all
}

fn declared(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Vec<(String, bool, Place)> {
    let mut all = Vec::new();
    for item in fields.list("workspaces", &mut reader.findings) {
        let Some(fields) = Fields::read(item, "a workspace", keys::WORKSPACE, &mut reader.findings) else {
            continue;
        };
        let Some(name) = reader.name(&fields, "a workspace") else { continue };
        if !check_name(reader, fields.place, &name) {
            continue;
        }
        if let Some(path) = fields.text("mountPath", &mut reader.findings) {
            let text = format!(
                "the workspace {} is not at {}, but where `$(workspaces.{name}.path)` says",
                quoted(&name),
                quoted(&path)
            );
            reader.findings.note(NoteKind::Simulated, fields.place_of("mountPath"), text);
        }
        all.push((name, fields.flag("optional"), fields.place));
    }
    all
}

/// A workspace's name is that of a folder.
fn check_name(reader: &mut Reader<'_>, place: Place, name: &str) -> bool {
    let fine = is_file_name(name);
    if !fine {
        let message = format!("{} cannot be a workspace: letters, digits, `-`, `_` and `.`", quoted(name));
        reader.findings.wrong(place, message);
    }
    fine
}

/// Whether `name` can be that of a file or a folder.
pub fn is_file_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !name.is_empty() && name.len() <= 100 && !name.starts_with(['.', '-']) && name.bytes().all(plain)
}

fn note_binding(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, name: &str) {
    const EMPTY: &str =
        "starts as an empty folder here, since there are no secrets and no configuration objects";
    const KEPT: &str = "starts as an empty folder here, and nothing of it is kept when the run is over";
    let kinds = [
        ("configMap", EMPTY),
        ("csi", EMPTY),
        ("projected", EMPTY),
        ("secret", EMPTY),
        ("persistentVolumeClaim", KEPT),
        ("volumeClaimTemplate", KEPT),
    ];
    if let Some((kind, becomes)) = kinds.into_iter().find(|(kind, _)| fields.get(kind).is_some()) {
        let text = format!("the workspace {} {becomes}", quoted(name));
        reader.findings.note(NoteKind::Simulated, fields.place_of(kind), text);
    }
    if fields.get("subPath").is_some() {
        let text =
            format!("`subPath` has no effect here: all of the workspace {} is the run's own", quoted(name));
        reader.findings.note(NoteKind::Ignored, fields.place_of("subPath"), text);
    }
}

/// The workspaces of a task and which of the run's it uses.
#[derive(Default)]
pub struct Given {
    /// By the task's own names.
    pub bound: Vec<Bound>,
    /// By the run's names, with where that is said.
    pub uses: Vec<(String, Place)>,
}

/// What the task `spec` declares and what the `task` of the pipeline gives it.
pub fn of_a_task(
    reader: &mut Reader<'_>,
    spec: (&Fields<'_, '_>, &Node<'_>),
    task: Option<&Fields<'_, '_>>,
    run: &Workspaces,
    embedded: bool,
    scope: &Scope<'_>,
) -> Given {
    let (spec, spec_node) = spec;
    let mut given = Given::default();
    let mut sources: BTreeMap<String, (String, Template, Place)> = BTreeMap::new();
    for item in task.map(|task| task.list("workspaces", &mut reader.findings)).unwrap_or_default() {
        let Some(fields) = Fields::read(item, "a workspace", keys::TASK_WORKSPACE, &mut reader.findings)
        else {
            continue;
        };
        let Some(name) = reader.name(&fields, "a workspace") else { continue };
        let source = fields.text("workspace", &mut reader.findings).map_or_else(|| name.clone(), Into::into);
        let path =
            fields.get("subPath").map(|node| reader.text(node, "`subPath`", scope)).unwrap_or_default();
        sources.insert(name, (source, path, fields.place));
    }
    let mut wanted = declared(reader, spec);
    let is_declared =
        |wanted: &[(String, bool, Place)], name: &str| wanted.iter().any(|(other, ..)| other == name);
    for (name, (_, _, place)) in &sources {
        if !is_declared(&wanted, name) {
            if !embedded {
                let text = format!("this task declares no workspace {}, so nothing sees it", quoted(name));
                reader.findings.note(NoteKind::Ignored, *place, text);
            }
            wanted.push((name.clone(), false, *place));
        }
    }
    if embedded {
        for name in referred_to(spec_node) {
            if !is_declared(&wanted, &name) && run.contains_key(&name) {
                wanted.push((name, true, spec.place));
            }
        }
    }
    for (name, optional, place) in wanted {
        let (source, path, place) =
            sources.remove(&name).unwrap_or((name.clone(), Template::default(), place));
        let folder = match run.get(&source) {
            Some(true) => {
                given.uses.push((source.clone(), place));
                Some(folder(&source, &path))
            }
            Some(false) => None,
            None if optional => None,
            None => {
                let names: Vec<&str> = run.keys().map(String::as_str).collect();
                let message = format!("there is no workspace {} for this task", quoted(&source));
                reader.findings.wrong_with_hint(place, message, choice(&source, &names));
                None
            }
        };
        given.bound.push(Bound { name, folder });
    }
    given
}

fn folder(source: &str, path: &Template) -> Template {
    let mut folder = Template::text(format!("/{source}"));
    if !path.0.is_empty() {
        push_text(&mut folder, "/");
        append(&mut folder, path);
    }
    folder
}

/// The workspaces that a task's texts refer to.
fn referred_to(node: &Node<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut nodes = vec![node];
    while let Some(node) = nodes.pop() {
        match &node.value {
            yaml::Value::Text(text) => {
                names.extend(reference::find(text).into_iter().filter_map(|found| match found.reference {
                    Reference::Workspace { name, .. } => Some(name),
                    _ => None,
                }));
            }
            yaml::Value::List(items) => nodes.extend(items),
            yaml::Value::Map(entries) => nodes.extend(entries.iter().map(|(_, node)| node)),
            _ => {}
        }
    }
    names
}
