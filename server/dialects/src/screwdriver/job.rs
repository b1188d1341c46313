//! Jobs: what `shared` and the job itself say, merged and then joined into a graph.

use std::collections::BTreeMap;

use regatta_domain::pipeline::{Job, Needs, NoteKind, Step};

use super::requires::{self, Requires};
use super::{Findings, annotations, expected, is_word, keys, steps};
use crate::findings::quoted;
use crate::yaml::{Key, Node, Place, Value};
use crate::{MAX_EXPANDED_BYTES, graph, hint};

/// Characters that Screwdriver takes in no image.
const NOT_IN_IMAGES: &str = ";&|><*?`$()!#'\" ";

/// The longest image, in bytes.
const MAX_IMAGE_BYTES: usize = 200;

/// What `shared` or a job says. What it says wrongly, or in a way that was refused, is there and empty, so that it does
/// not count as missing as well.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    image: Option<String>,
    environment: BTreeMap<String, String>,
    steps: Option<Vec<Step>>,
    requires: Option<Requires>,
}

/// A job that does not know yet where in the order the jobs it needs stand.
#[derive(Clone, Debug)]
pub struct Draft {
    key: Key,
    image: String,
    environment: BTreeMap<String, String>,
    steps: Vec<Step>,
    requires: Requires,
}

impl Settings {
    /// Reads what stands below `key`.
    pub fn read(key: &Key, node: &Node<'_>, findings: &mut Findings) -> Self {
        let mut settings = Self::default();
        let entries = match &node.value {
            Value::Map(entries) => entries,
            Value::Null => return settings,
            _ => {
                findings.tell(expected(node, &quoted(&key.name), "a mapping with `image` and `steps`"));
                settings.excuse("template");
                return settings;
            }
        };
        for (key, node) in entries {
            if !keys::JOB.admits(key, findings) {
                settings.excuse(keys::JOB.meant(&key.name).unwrap_or_default());
                continue;
            }
            match key.name.as_str() {
                "annotations" => annotations::read(node, findings),
                "environment" => settings.environment = read_environment(node, findings),
                "image" => settings.image = Some(read_image(node, findings)),
                "requires" => settings.requires = Some(requires::read(node, findings)),
                _ => settings.steps = Some(steps::read(node, findings)),
            }
        }
        settings
    }

    /// Takes what the key `meant` would have brought for said: it was told why it brings nothing.
    fn excuse(&mut self, meant: &str) {
        if matches!(meant, "image" | "template") {
            self.image.get_or_insert_default();
        }
        if matches!(meant, "steps" | "template") {
            self.steps.get_or_insert_default();
        }
    }

    /// The job `key` that says this, with what `shared` says where it says nothing itself.
    pub fn into_draft(self, key: &Key, shared: &Self, findings: &mut Findings) -> Draft {
        let image = self.image.or_else(|| shared.image.clone()).unwrap_or_else(|| {
            let name = quoted(&key.name);
            let missing = key.place.diagnostic_with_hint(
                format!("the job {name} has no image"),
                "write `image:` in the job, or in `shared` for all jobs",
            );
            findings.tell(missing);
            String::new()
        });
        let steps = self.steps.or_else(|| shared.steps.clone()).unwrap_or_else(|| {
            let name = quoted(&key.name);
            findings.tell(key.place.diagnostic(format!("the job {name} has no steps")));
            Vec::new()
        });
        let mut environment = shared.environment.clone();
        environment.extend(self.environment);
        let requires = self.requires.or_else(|| shared.requires.clone()).unwrap_or_default();
        Draft { key: key.clone(), image, environment, steps, requires }
    }
}

/// The image; empty where it is wrong and that was told.
fn read_image(node: &Node<'_>, findings: &mut Findings) -> String {
    match &node.value {
        Value::Text(image) if image.chars().any(|c| c.is_control() || NOT_IN_IMAGES.contains(c)) => {
            findings.tell(node.place.diagnostic(format!("{} cannot be an image", quoted(image))));
        }
        Value::Text(image) if image.is_empty() || image.len() > MAX_IMAGE_BYTES => {
            findings.tell(node.place.diagnostic(format!("an image has 1 to {MAX_IMAGE_BYTES} characters")));
        }
        Value::Text(image) => return image.clone().into_owned(),
        _ => findings.tell(expected(node, "`image`", "text")),
    }
    String::new()
}

fn read_environment(node: &Node<'_>, findings: &mut Findings) -> BTreeMap<String, String> {
    let mut environment = BTreeMap::new();
    let entries = match &node.value {
        Value::Map(entries) => entries,
        Value::Null => return environment,
        _ => {
            findings.tell(expected(node, "`environment`", "a mapping of variables"));
            return environment;
        }
    };
    for (key, node) in entries {
        if !is_variable(&key.name) {
            findings.tell(key.place.diagnostic(format!(
                "{} cannot be a variable: capital letters, digits and `_`, not beginning with a digit",
                quoted(&key.name)
            )));
            continue;
        }
        let value = match &node.value {
            Value::Text(text) if text.contains('\0') => {
                findings.tell(node.place.diagnostic("a variable cannot contain the character NUL"));
                continue;
            }
            Value::Text(text) => text.clone().into_owned(),
            Value::Number(number) => number.clone(),
            Value::Bool(value) => value.to_string(),
            _ => {
                let what = format!("the variable {}", quoted(&key.name));
                findings.tell(expected(node, &what, "text, a number, true or false"));
                continue;
            }
        };
        environment.insert(key.name.clone(), value);
    }
    environment
}

fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Joins the drafts into jobs, each after those it needs; where they wait for each other in a circle, as they are written.
pub fn finish(drafts: &[Draft], findings: &mut Findings) -> Vec<Job> {
    check_expanded_size(drafts, findings);
    note_idle_starts(drafts, findings);
    let needs: Vec<(Vec<usize>, Vec<usize>)> =
        drafts.iter().map(|draft| find_needs(draft, drafts, findings)).collect();
    let wanted: Vec<Vec<usize>> =
        needs.iter().map(|(all, any)| [all.clone(), any.clone()].concat()).collect();
    let order = graph::order(&wanted).unwrap_or_else(|circle| {
        tell_circle(&circle, drafts, findings);
        (0..drafts.len()).collect()
    });
    let mut place_of = vec![0; order.len()];
    for (place, job) in order.iter().enumerate() {
        place_of[*job] = place;
    }
    let moved = |old: &[usize]| old.iter().map(|job| place_of[*job]).collect::<Vec<_>>();
    let jobs = order.iter().map(|job| {
        let draft = &drafts[*job];
        let (all, any) = &needs[*job];
        Job {
            needs: Needs::successes(&moved(all), &moved(any)),
            environment: draft.environment.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect(),
            ..Job::new(&draft.key.name, &draft.image, draft.steps.clone())
        }
    });
    jobs.collect()
}

fn find_needs(draft: &Draft, drafts: &[Draft], findings: &mut Findings) -> (Vec<usize>, Vec<usize>) {
    let mut find = |wanted: &[(Place, String)]| {
        let mut found = Vec::new();
        for (place, name) in wanted {
            if let Some(job) = drafts.iter().position(|draft| draft.key.name == *name) {
                found.push(job);
                continue;
            }
            let names: Vec<&str> = drafts.iter().map(|draft| draft.key.name.as_str()).collect();
            let hint =
                if is_word(name) { hint::choice(name, &names) } else { "name a job of this file".into() };
            findings.tell(place.diagnostic_with_hint(format!("there is no job {}", quoted(name)), hint));
        }
        found
    };
    (find(&draft.requires.all), find(&draft.requires.any))
}

fn tell_circle(circle: &[usize], drafts: &[Draft], findings: &mut Findings) {
    let names: Vec<String> = circle.iter().map(|job| quoted(&drafts[*job].key.name)).collect();
    // The job that stands first in the file is where a reader meets the circle first.
    let first = circle.iter().map(|job| &drafts[*job]).min_by_key(|draft| draft.key.place);
    let place = first.and_then(|draft| draft.requires.place).unwrap_or(Place::START);
    findings.tell(place.diagnostic_with_hint(
        format!("these jobs wait for each other: {}", names.join(" requires ")),
        "remove one of these requirements",
    ));
}

/// A job that says nothing of its start starts with the pipeline. That is only surprising where others do say it:
/// Screwdriver would then leave this one to be started by hand.
fn note_idle_starts(drafts: &[Draft], findings: &mut Findings) {
    if !drafts.iter().any(|draft| draft.requires.start) {
        return;
    }
    for draft in drafts {
        let requires = &draft.requires;
        if !requires.start && requires.all.is_empty() && requires.any.is_empty() {
            let name = quoted(&draft.key.name);
            findings.note(
                NoteKind::Ignored,
                draft.key.place,
                format!("{name} starts with the pipeline; Screwdriver would wait for somebody to start it"),
            );
        }
    }
}

/// Shared parts and aliases multiply: what comes out is bounded too, not only what goes in.
fn check_expanded_size(drafts: &[Draft], findings: &mut Findings) {
    let size_of = |draft: &Draft| {
        let steps: usize = draft.steps.iter().map(|step| step.name.len() + step.script.len()).sum();
        let variables: usize = draft.environment.iter().map(|(name, value)| name.len() + value.len()).sum();
        steps + variables
    };
    let mut total = 0;
    for draft in drafts {
        total += size_of(draft);
        if total > MAX_EXPANDED_BYTES {
            let limit = MAX_EXPANDED_BYTES / 1024;
            findings.tell(draft.key.place.diagnostic(format!(
                "with its shared parts written out, this pipeline is longer than {limit} KiB"
            )));
            return;
        }
    }
}
