//! Annotations: settings of Screwdriver's own machinery, of which this portal has its own.

use super::{Findings, expected};
use crate::findings::quoted;
use crate::yaml::{Key, Node, Value};
use regatta_domain::pipeline::NoteKind;

/// Annotations that ask for what a sandbox here does not have.
const REFUSED: [(&str, &str); 3] = [
    ("screwdriver.cd/dockerEnabled", "there is no Docker in the sandboxes here"),
    ("screwdriver.cd/dockerCpu", "there is no Docker in the sandboxes here"),
    ("screwdriver.cd/dockerRam", "there is no Docker in the sandboxes here"),
];

/// Annotations of which the portal has a limit of its own.
const LIMITS: [&str; 4] =
    ["screwdriver.cd/cpu", "screwdriver.cd/disk", "screwdriver.cd/ram", "screwdriver.cd/timeout"];

/// Notes each annotation, and refuses those without which the job could not work.
pub fn read(node: &Node<'_>, findings: &mut Findings) {
    match &node.value {
        Value::Map(entries) => {
            for (key, value) in entries {
                read_one(key, value, findings);
            }
        }
        Value::Null => {}
        _ => findings.tell(expected(node, "`annotations`", "a mapping")),
    }
}

fn read_one(key: &Key, value: &Node<'_>, findings: &mut Findings) {
    let name = key.name.as_str();
    // `dockerEnabled: false` asks for nothing.
    let asks = !matches!(value.value, Value::Bool(false) | Value::Null);
    if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name).filter(|_| asks) {
        findings.tell(key.place.diagnostic(format!("`{name}` cannot be run here: {why}")));
    } else if LIMITS.contains(&name) {
        findings.note(
            NoteKind::Ignored,
            key.place,
            format!("ignored: `{name}`, because every job here has the same limits"),
        );
    } else {
        let name = quoted(name);
        findings.note(
            NoteKind::Ignored,
            key.place,
            format!("ignored: the annotation {name}, because nothing here reads it"),
        );
    }
}
