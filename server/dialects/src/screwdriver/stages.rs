//! `stages`: groups of jobs, with a job before and a job after them.

use std::collections::{BTreeMap, HashSet};

use regatta_domain::pipeline::NoteKind;

use super::requires::{self, Named, Requires};
use super::settings::{self, Draft, Settings};
use super::{Findings, MAX_NAME, expected, is_word, keys};
use crate::findings::quoted;
use crate::yaml::{Key, Node, Place, Value};

/// A stage as it is written.
#[derive(Debug)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its jobs.
    pub jobs: Vec<Named>,
    requires: Requires,
    setup: Option<(Place, Settings)>,
    teardown: Option<(Place, Settings)>,
}

/// Reads the stages.
pub fn read(node: &Node<'_>, findings: &mut Findings) -> Vec<Written> {
    let stages = match &node.value {
        Value::Map(stages) => stages,
        Value::Null => return Vec::new(),
        _ => {
            findings.tell(expected(node, "`stages`", "a mapping of stages by name"));
            return Vec::new();
        }
    };
    let mut taken = HashSet::new();
    stages.iter().map(|(key, node)| Written::read(key, node, &mut taken, findings)).collect()
}

impl Written {
    /// Reads one stage; `taken` are the jobs of the stages before it.
    fn read(key: &Key, node: &Node<'_>, taken: &mut HashSet<String>, findings: &mut Findings) -> Self {
        let mut stage = Self {
            name: key.name.clone(),
            description: None,
            jobs: Vec::new(),
            requires: Requires::default(),
            setup: None,
            teardown: None,
        };
        if !is_word(&key.name) || key.name.len() > MAX_NAME {
            let name = quoted(&key.name);
            findings
                .wrong(key.place, format!("{name} cannot be a stage's name: letters, digits, `-` and `_`"));
        }
        let Value::Map(entries) = &node.value else {
            findings.tell(expected(
                node,
                &format!("the stage {}", quoted(&key.name)),
                "a mapping with `jobs`",
            ));
            return stage;
        };
        for (key, node) in entries {
            if !keys::STAGE.admits(key, findings) {
                continue;
            }
            match key.name.as_str() {
                "description" => stage.description = settings::read_description(node, findings),
                "jobs" => stage.jobs = read_jobs(node, taken, findings),
                "requires" => stage.requires = requires::read(node, findings),
                "setup" => stage.setup = read_own_job(key, node, findings),
                _ => stage.teardown = read_own_job(key, node, findings),
            }
        }
        stage
    }

    /// The name of its setup.
    fn setup_name(&self) -> String {
        format!("stage@{}:setup", self.name)
    }

    /// The name of its teardown.
    pub fn teardown_name(&self) -> String {
        format!("stage@{}:teardown", self.name)
    }

    /// What a job waits for that starts with the stage.
    fn beginning(&self, place: Place) -> Requires {
        match &self.setup {
            Some(_) => Requires::success_of(place, self.setup_name()),
            None => Requires { place: Some(place), ..self.requires.clone() },
        }
    }
}

fn read_jobs(node: &Node<'_>, taken: &mut HashSet<String>, findings: &mut Findings) -> Vec<Named> {
    let Value::List(items) = &node.value else {
        findings.tell(expected(node, "`jobs` of a stage", "a list of jobs' names"));
        return Vec::new();
    };
    let mut jobs = Vec::new();
    for item in items {
        match &item.value {
            Value::Text(name) if taken.insert(name.to_string()) => {
                jobs.push(Named { place: item.place, name: name.to_string() });
            }
            Value::Text(name) => {
                findings.wrong(item.place, format!("the job {} is in a stage already", quoted(name)));
            }
            _ => findings.tell(expected(item, "a job of a stage", "its name")),
        }
    }
    jobs
}

/// The setup or teardown; an empty one does nothing in Screwdriver, and is none here.
fn read_own_job(key: &Key, node: &Node<'_>, findings: &mut Findings) -> Option<(Place, Settings)> {
    let empty = match &node.value {
        Value::Null => true,
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    };
    if empty {
        return None;
    }
    let settings = Settings::read(key, node, findings);
    if let Some(requires) = settings.requires() {
        let message = format!("the {} of a stage has no `requires` of its own", key.name);
        findings.wrong(requires.place.unwrap_or(key.place), message);
    }
    Some((key.place, settings))
}

/// Makes jobs start with their stage, and adds the setups and teardowns to `drafts`.
///
/// `silent` are the jobs that say nothing of their start themselves.
pub fn apply(
    stages: &[Written],
    drafts: &mut Vec<Draft>,
    silent: &HashSet<String>,
    shared: &Settings,
    findings: &mut Findings,
) {
    let stage_of: BTreeMap<&str, &Written> = stages
        .iter()
        .flat_map(|stage| stage.jobs.iter().map(move |job| (job.name.as_str(), stage)))
        .collect();
    for draft in drafts.iter_mut() {
        if let Some(stage) = stage_of.get(draft.name.as_str()) {
            start_with_stage(draft, stage, silent.contains(&draft.name), findings);
        }
    }
    for stage in stages {
        add_setup(stage, drafts, shared, findings);
        add_teardown(stage, drafts, shared, findings);
    }
    for draft in drafts {
        replace_missing_setups(draft, stages, findings);
    }
}

fn start_with_stage(draft: &mut Draft, stage: &Written, silent: bool, findings: &mut Findings) {
    let place = draft.requires.place.unwrap_or(draft.place);
    if silent || draft.requires.is_empty() {
        draft.requires = stage.beginning(place);
    } else if !draft.requires.starts.is_empty() && stage.setup.is_some() {
        let text = format!("this job starts after the setup of its stage {}", quoted(&stage.name));
        findings.note(NoteKind::Explained, place, text);
        draft.requires = stage.beginning(place);
    }
}

fn add_setup(stage: &Written, drafts: &mut Vec<Draft>, shared: &Settings, findings: &mut Findings) {
    let Some((place, settings)) = stage.setup.clone() else { return };
    let mut draft = settings.into_draft(place, &stage.setup_name(), shared, findings);
    draft.requires = stage.requires.clone();
    drafts.push(draft);
}

/// The teardown waits for all jobs of the stage to be over, not only for the last ones: where one fails, those after it
/// are over at once, and others may still run.
fn add_teardown(stage: &Written, drafts: &mut Vec<Draft>, shared: &Settings, findings: &mut Findings) {
    let Some((place, settings)) = stage.teardown.clone() else { return };
    let mut draft = settings.into_draft(place, &stage.teardown_name(), shared, findings);
    let mut ends = stage.jobs.clone();
    if stage.setup.is_some() {
        ends.insert(0, Named { place, name: stage.setup_name() });
    }
    // A stage that never starts needs no teardown; one of several ways cannot be told beside the ends.
    let all = match (stage.requires.all.as_slice(), stage.requires.any.as_slice()) {
        (all, []) => all.to_vec(),
        ([], [only]) => vec![only.clone()],
        _ => {
            let text =
                "this teardown runs even where its stage never starts; Screwdriver would then leave it out";
            findings.note(NoteKind::Explained, place, text);
            Vec::new()
        }
    };
    draft.requires = Requires { place: Some(place), ends, all, ..Requires::default() };
    drafts.push(draft);
}

/// Who waits for the setup of a stage that has none waits for what the stage waits for.
fn replace_missing_setups(draft: &mut Draft, stages: &[Written], findings: &mut Findings) {
    let missing = |named: &Named| {
        let name = named.name.strip_prefix("stage@")?.strip_suffix(":setup")?;
        stages.iter().find(|stage| stage.name == name && stage.setup.is_none())
    };
    let Requires { all, any, .. } = &draft.requires;
    let Some((place, stage)) = all.iter().chain(any).find_map(|named| Some((named.place, missing(named)?)))
    else {
        return;
    };
    if all.len() + any.len() == 1 {
        draft.requires = stage.beginning(place);
        return;
    }
    findings.refused_with_hint(
        place,
        format!("the stage {} has no setup that could be waited for beside others", quoted(&stage.name)),
        "name what the stage itself requires",
    );
    draft.requires.all.retain(|named| missing(named).is_none());
    draft.requires.any.retain(|named| missing(named).is_none());
}
