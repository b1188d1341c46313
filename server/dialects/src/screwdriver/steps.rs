//! Steps in their three forms: a command, `name: command`, and `name: {command: …}`.

use std::borrow::Cow;
use std::collections::HashSet;

use regatta_domain::pipeline::{NoteKind, Step};

use super::{expected, is_word};
use crate::MAX_STEPS;
use crate::findings::{Findings, quoted};
use crate::hint;
use crate::yaml::{Key, Node, Place, Value};

/// Prefixes of steps that run whatever became of those before them.
const TEARDOWN: [&str; 2] = ["teardown-", "sd-teardown-"];

/// A step and where it is written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Where it is written.
    pub place: Place,
    /// The step.
    pub step: Step,
}

/// Reads a list of steps; those that are wrong are told and left out. Teardowns come last, as Screwdriver runs them.
pub fn read(node: &Node<'_>, findings: &mut Findings) -> Vec<Written> {
    let items = match &node.value {
        Value::List(items) => items,
        Value::Map(_) => {
            let wrong = expected(node, "`steps`", "a list of steps");
            findings.wrong_with_hint(node.place, wrong.message, "begin each step with a `-`");
            return Vec::new();
        }
        _ => {
            findings.tell(expected(node, "`steps`", "a list of steps"));
            return Vec::new();
        }
    };
    if items.is_empty() {
        findings.wrong(node.place, "there is no step");
    }
    if let Some(extra) = items.get(MAX_STEPS) {
        findings.refused(extra.place, format!("more than {MAX_STEPS} steps: there are {}", items.len()));
    }
    let mut names = HashSet::new();
    let mut steps = Vec::new();
    for (at, item) in items.iter().enumerate().take(MAX_STEPS) {
        let Some(written) = read_step(at, item, findings) else { continue };
        if names.insert(written.step.name.clone()) {
            steps.push(written);
        } else {
            let message = format!("a second step with the name {}", quoted(&written.step.name));
            findings.wrong(written.place, message);
        }
    }
    teardowns_last(steps, findings)
}

fn teardowns_last(steps: Vec<Written>, findings: &mut Findings) -> Vec<Written> {
    let followed = |(at, written): &(usize, &Written)| {
        written.step.always && steps[*at..].iter().any(|later| !later.step.always)
    };
    if let Some((_, Written { place, step })) = steps.iter().enumerate().find(followed) {
        let text = format!("{} runs after the other steps: it is a teardown", quoted(&step.name));
        findings.note(NoteKind::Explained, *place, text);
    }
    let (always, others): (Vec<_>, Vec<_>) = steps.into_iter().partition(|written| written.step.always);
    others.into_iter().chain(always).collect()
}

fn read_step(at: usize, item: &Node<'_>, findings: &mut Findings) -> Option<Written> {
    match &item.value {
        Value::Text(script) => make_step(item.place, format!("step-{}", at + 1), script, findings),
        Value::Map(entries) => {
            let [(key, node)] = entries.as_slice() else {
                findings.wrong_with_hint(
                    item.place,
                    format!("a step is one name with its command; here are {} keys", entries.len()),
                    "begin each step with a `-` of its own",
                );
                return None;
            };
            check_name(key, findings);
            let script = command(key, node, findings)?;
            let step = make_step(node.place, key.name.clone(), &script, findings)?;
            Some(Written { place: key.place, ..step })
        }
        Value::Bool(_) | Value::Number(_) => {
            not_text(item, "a step", findings);
            None
        }
        _ => {
            findings.tell(expected(item, "a step", "a command or `name: command`"));
            None
        }
    }
}

fn check_name(key: &Key, findings: &mut Findings) {
    if !is_word(&key.name) || key.name.len() > super::MAX_NAME {
        findings.wrong_with_hint(
            key.place,
            format!("{} cannot be a step's name: letters, digits, `-` and `_`", quoted(&key.name)),
            "a command with `: ` in it must be in quotes",
        );
    } else if key.name.starts_with("sd-") && !is_teardown(&key.name) {
        findings.wrong_with_hint(
            key.place,
            format!("{} cannot be a step's name", quoted(&key.name)),
            "names that begin with `sd-` are for Screwdriver's own steps",
        );
    }
}

fn is_teardown(name: &str) -> bool {
    TEARDOWN.iter().any(|prefix| name.starts_with(prefix))
}

fn command<'n>(key: &Key, node: &'n Node<'_>, findings: &mut Findings) -> Option<Cow<'n, str>> {
    let what = format!("the command of {}", quoted(&key.name));
    match &node.value {
        Value::Text(script) => Some(Cow::Borrowed(script)),
        Value::Map(entries) => spelled_out(&what, node.place, entries, findings),
        _ => {
            not_text(node, &what, findings);
            None
        }
    }
}

/// The form `{command: …}`.
fn spelled_out<'n>(
    what: &str,
    place: Place,
    entries: &'n [(Key, Node<'_>)],
    findings: &mut Findings,
) -> Option<Cow<'n, str>> {
    let mut script = None;
    let mut excused = false;
    for (key, node) in entries {
        match (key.name.as_str(), &node.value) {
            ("command", Value::Text(text)) => script = Some(Cow::Borrowed(&**text)),
            ("command", _) => {
                not_text(node, what, findings);
                excused = true;
            }
            ("locked", _) => {
                findings.ignored(key.place, "locked", "it concerns templates, and there are none here");
            }
            (other, _) => {
                findings.wrong_with_hint(
                    key.place,
                    format!("unknown key {}", quoted(other)),
                    hint::choice(other, &["command"]),
                );
                excused |= hint::nearest(other, &["command"]).is_some();
            }
        }
    }
    if script.is_none() && !excused {
        findings.wrong(place, format!("{what} is missing"));
    }
    script
}

fn not_text(node: &Node<'_>, what: &str, findings: &mut Findings) {
    let message = format!("{what} must be text, not {}", node.value.kind());
    match node.value {
        Value::Bool(_) | Value::Number(_) => {
            findings.wrong_with_hint(node.place, message, "put it in quotes");
        }
        _ => findings.wrong(node.place, message),
    }
}

fn make_step(place: Place, name: String, script: &str, findings: &mut Findings) -> Option<Written> {
    if script.trim().is_empty() {
        findings.wrong(place, format!("the step {} has no command", quoted(&name)));
        return None;
    }
    if script.contains('\0') {
        findings.wrong(place, "a command cannot contain the character NUL");
        return None;
    }
    let always = is_teardown(&name);
    Some(Written { place, step: Step { always, ..Step::new(name, script) } })
}
