//! `when`: what must hold for a task, or for a step, to run.

use regatta_domain::pipeline::{Condition, NoteKind, Operator};

use super::fields::{Fields, expected};
use super::keys;
use super::reader::Reader;
use super::scope::{Scope, choice};
use super::value::known;
use crate::findings::quoted;
use crate::yaml::{self, Node};

/// The conditions of a task.
pub fn conditions(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, scope: &Scope<'_>) -> Vec<Condition> {
    let items = fields.list("when", &mut reader.findings);
    items.iter().filter_map(|item| condition(reader, item, scope)).collect()
}

fn condition(reader: &mut Reader<'_>, item: &Node<'_>, scope: &Scope<'_>) -> Option<Condition> {
    let fields = Fields::read(item, "a condition", keys::WHEN, &mut reader.findings)?;
    if fields.get("cel").is_some() {
        return None;
    }
    let operator = match fields.text("operator", &mut reader.findings).as_deref() {
        Some("in") => Operator::In,
        Some("notin") => Operator::NotIn,
        Some(other) => {
            let hint = choice(other, &["in", "notin"]);
            let message = format!("{} compares nothing", quoted(other));
            reader.findings.wrong_with_hint(fields.place_of("operator"), message, hint);
            return None;
        }
        None => {
            reader.findings.wrong_with_hint(item.place, "a condition has no `operator`", "one of: in, notin");
            return None;
        }
    };
    // An empty text is a text, too.
    let input = fields.get("input").map(|node| reader.text(node, "`input`", scope)).unwrap_or_default();
    let values = match fields.get("values") {
        None => {
            reader.findings.wrong(item.place, "a condition has no `values`");
            return None;
        }
        Some(Node { value: yaml::Value::List(items), .. }) => reader.items(items, scope),
        Some(node) => match reader.value(node, scope) {
            super::value::Value::List(items) => items,
            super::value::Value::Unknown => return None,
            _ => {
                reader.findings.wrong(node.place, expected(node, "`values`", "a list"));
                return None;
            }
        },
    };
    Some(Condition { input, operator, values })
}

/// Whether a step runs, which must be known when the pipeline is read.
pub fn admits_step(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, scope: &Scope<'_>) -> bool {
    let conditions = conditions(reader, fields, scope);
    let place = fields.place_of("when");
    let mut admits = true;
    for condition in conditions {
        let values: Option<Vec<String>> = condition.values.iter().map(known).collect();
        if let (Some(input), Some(values)) = (known(&condition.input), values) {
            admits &= values.contains(&input) == (condition.operator == Operator::In);
            continue;
        }
        let message = "whether a step runs has to be known when the pipeline is read";
        let hint = "ask in the script, or make a task of the step";
        reader.findings.refused_with_hint(place, message, hint);
    }
    if !admits {
        reader.findings.note(NoteKind::Explained, place, "this step is left out: its `when` does not hold");
    }
    admits
}
