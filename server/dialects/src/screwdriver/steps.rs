//! Steps in their three forms: a command, `name: command`, and `name: {command: …}`.

use std::borrow::Cow;

use regatta_domain::pipeline::{Diagnostic, NoteKind, Step};

use super::{Findings, expected, is_word};
use crate::MAX_STEPS;
use crate::findings::quoted;
use crate::hint;
use crate::yaml::{Key, Node, Place, Value};

/// Prefixes of steps that run whatever became of those before them.
const TEARDOWN: [&str; 2] = ["teardown-", "sd-teardown-"];

/// Reads a list of steps; those that are wrong are told and left out. Teardowns come last, as Screwdriver runs them.
pub fn read(node: &Node<'_>, findings: &mut Findings) -> Vec<Step> {
    let Value::List(items) = &node.value else {
        findings.tell(expected(node, "`steps`", "a list of steps"));
        return Vec::new();
    };
    if items.is_empty() {
        findings.tell(node.place.diagnostic("there is no step"));
    }
    if let Some(extra) = items.get(MAX_STEPS) {
        let message = format!("more than {MAX_STEPS} steps: there are {}", items.len());
        findings.tell(extra.place.diagnostic(message));
    }
    let mut steps: Vec<(Place, Step)> = Vec::new();
    for (at, item) in items.iter().enumerate().take(MAX_STEPS) {
        let Some((place, step)) = read_step(at, item, findings) else { continue };
        if steps.iter().any(|(_, other)| other.name == step.name) {
            findings.tell(place.diagnostic(format!("a second step with the name {}", quoted(&step.name))));
        }
        steps.push((place, step));
    }
    teardowns_last(steps, findings)
}

fn teardowns_last(steps: Vec<(Place, Step)>, findings: &mut Findings) -> Vec<Step> {
    let followed = |(at, (_, step)): &(usize, &(Place, Step))| {
        step.always && steps[*at..].iter().any(|(_, later)| !later.always)
    };
    if let Some((_, (place, step))) = steps.iter().enumerate().find(followed) {
        findings.note(
            NoteKind::Ignored,
            *place,
            format!("{} runs after the other steps: it is a teardown", quoted(&step.name)),
        );
    }
    let (always, others): (Vec<_>, Vec<_>) =
        steps.into_iter().map(|(_, step)| step).partition(|step| step.always);
    others.into_iter().chain(always).collect()
}

fn read_step(at: usize, item: &Node<'_>, findings: &mut Findings) -> Option<(Place, Step)> {
    match &item.value {
        Value::Text(script) => {
            let name = format!("step-{}", at + 1);
            Some((item.place, make_step(item.place, name, script, findings)?))
        }
        Value::Map(entries) => {
            let [(key, node)] = entries.as_slice() else {
                findings.tell(item.place.diagnostic_with_hint(
                    format!("a step is one name with its command; here are {} keys", entries.len()),
                    "begin each step with a `-` of its own",
                ));
                return None;
            };
            check_name(key, findings);
            let script = command(key, node, findings)?;
            Some((key.place, make_step(node.place, key.name.clone(), &script, findings)?))
        }
        Value::Bool(_) | Value::Number(_) => {
            findings.tell(not_text(item, "a step"));
            None
        }
        _ => {
            findings.tell(expected(item, "a step", "a command or `name: command`"));
            None
        }
    }
}

fn check_name(key: &Key, findings: &mut Findings) {
    if !is_word(&key.name) || key.name.len() > super::MAX_JOB_NAME {
        findings.tell(key.place.diagnostic_with_hint(
            format!("{} cannot be a step's name: letters, digits, `-` and `_`", quoted(&key.name)),
            "a command with `: ` in it must be in quotes",
        ));
    }
}

fn command<'n>(key: &Key, node: &'n Node<'_>, findings: &mut Findings) -> Option<Cow<'n, str>> {
    let what = format!("the command of {}", quoted(&key.name));
    match &node.value {
        Value::Text(script) => Some(Cow::Borrowed(script)),
        Value::Map(entries) => {
            let mut script = None;
            let mut excused = false;
            for (key, node) in entries {
                match (key.name.as_str(), &node.value) {
                    ("command", Value::Text(text)) => script = Some(Cow::Borrowed(&**text)),
                    ("command", _) => {
                        findings.tell(not_text(node, &what));
                        excused = true;
                    }
                    ("locked", _) => findings.note(
                        NoteKind::Ignored,
                        key.place,
                        "ignored: `locked`, because it only concerns templates, and there are none here",
                    ),
                    (other, _) => {
                        findings.tell(key.place.diagnostic_with_hint(
                            format!("unknown key {}", quoted(other)),
                            hint::choice(other, &["command"]),
                        ));
                        excused |= hint::nearest(other, &["command"]).is_some();
                    }
                }
            }
            if script.is_none() && !excused {
                findings.tell(node.place.diagnostic(format!("{what} is missing")));
            }
            script
        }
        _ => {
            findings.tell(not_text(node, &what));
            None
        }
    }
}

fn not_text(node: &Node<'_>, what: &str) -> Diagnostic {
    let message = format!("{what} must be text, not {}", node.value.kind());
    match node.value {
        Value::Bool(_) | Value::Number(_) => node.place.diagnostic_with_hint(message, "put it in quotes"),
        _ => node.place.diagnostic(message),
    }
}

fn make_step(place: Place, name: String, script: &str, findings: &mut Findings) -> Option<Step> {
    if script.trim().is_empty() {
        findings.tell(place.diagnostic(format!("the step {} has no command", quoted(&name))));
        return None;
    }
    if script.contains('\0') {
        findings.tell(place.diagnostic("a command cannot contain the character NUL"));
        return None;
    }
    let always = TEARDOWN.iter().any(|prefix| name.starts_with(prefix));
    Some(Step { always, ..Step::new(name, script) })
}
