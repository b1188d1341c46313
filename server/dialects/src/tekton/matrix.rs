//! `matrix`: a task that becomes several jobs, one for each combination of values.

use regatta_domain::pipeline::{Piece, Template};

use super::fields::{Fields, expected};
use super::keys;
use super::reader::Reader;
use super::reference::{self, Reference};
use super::scope::{Params, Scope};
use super::value::Value;
use crate::MAX_CELLS;
use crate::findings::quoted;
use crate::yaml::{self, Node};

/// One combination: what it gives to the task.
#[derive(Clone, Debug, Default)]
pub struct Combination(Vec<(String, Template)>);

impl Combination {
    /// What it gives to the task, as parameters.
    pub fn params(&self) -> Params {
        self.0.iter().map(|(name, value)| (name.clone(), Value::Text(value.clone()))).collect()
    }

    /// Each dimension with its value as a reader sees it.
    pub fn values(&self, reader: &Reader<'_>) -> Vec<(String, String)> {
        self.0.iter().map(|(name, value)| (name.clone(), shown(reader, value))).collect()
    }

    fn get(&self, name: &str) -> Option<&Template> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }
}

fn shown(reader: &Reader<'_>, value: &Template) -> String {
    let lookup = |piece: &Piece| match piece {
        Piece::Parameter(name) => reader.defaults.get(name).cloned(),
        _ => None,
    };
    value.resolve(lookup).unwrap_or_else(|_| "…".to_owned())
}

/// The combinations of the matrix `node`, at least one.
pub fn combinations(reader: &mut Reader<'_>, node: &Node<'_>, scope: &Scope<'_>) -> Vec<Combination> {
    if refers_to_results(node) {
        let message =
            "how many jobs a matrix becomes has to be known when the pipeline is read, and results are not";
        reader.findings.refused_with_hint(
            node.place,
            message,
            "write the values, or take them from a parameter",
        );
        return vec![Combination::default()];
    }
    let (dimensions, includes) = match &node.value {
        // The form of the first versions.
        yaml::Value::List(items) => (dimensions(reader, items, scope), Vec::new()),
        _ => match Fields::read(node, "`matrix`", keys::MATRIX, &mut reader.findings) {
            Some(fields) => {
                let params = fields.list("params", &mut reader.findings);
                (dimensions(reader, params, scope), includes(reader, &fields, scope))
            }
            None => return vec![Combination::default()],
        },
    };
    let count = dimensions.iter().map(|(_, values)| values.len()).fold(1, usize::saturating_mul);
    let mut all = if dimensions.is_empty() { Vec::new() } else { product(&dimensions, count.min(MAX_CELLS)) };
    let mut total = all.len().max(if dimensions.is_empty() { 0 } else { count });
    for include in includes {
        let before = all.len();
        add(&mut all, &dimensions, include);
        total += all.len() - before;
    }
    if total > MAX_CELLS {
        let message =
            format!("a matrix becomes at most {MAX_CELLS} jobs here, and this one has {total} combinations");
        reader.findings.refused(node.place, message);
        all.truncate(MAX_CELLS);
    }
    if all.is_empty() {
        reader.findings.wrong(node.place, "this matrix has no values");
        all.push(Combination::default());
    }
    all
}

fn refers_to_results(node: &Node<'_>) -> bool {
    match &node.value {
        yaml::Value::Text(text) => {
            reference::find(text).iter().any(|found| matches!(found.reference, Reference::Output { .. }))
        }
        yaml::Value::List(items) => items.iter().any(refers_to_results),
        yaml::Value::Map(entries) => entries.iter().any(|(_, node)| refers_to_results(node)),
        _ => false,
    }
}

fn dimensions(
    reader: &mut Reader<'_>,
    items: &[Node<'_>],
    scope: &Scope<'_>,
) -> Vec<(String, Vec<Template>)> {
    let mut all: Vec<(String, Vec<Template>)> = Vec::new();
    for item in items {
        let Some(fields) = Fields::read(item, "a parameter", keys::GIVEN, &mut reader.findings) else {
            continue;
        };
        let (Some(name), Some(node)) = (reader.name(&fields, "a parameter"), fields.get("value")) else {
            continue;
        };
        if all.iter().any(|(other, _)| *other == name) {
            reader.twice(fields.place, "a parameter", &name);
            continue;
        }
        match reader.value(node, scope) {
            Value::List(values) => all.push((name, values)),
            Value::Unknown => {}
            _ => {
                let what = format!("the matrix's parameter {}", quoted(&name));
                reader.findings.wrong(node.place, expected(node, &what, "a list"));
            }
        }
    }
    all
}

fn includes(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, scope: &Scope<'_>) -> Vec<Combination> {
    let mut all = Vec::new();
    for item in fields.list("include", &mut reader.findings) {
        let Some(include) = Fields::read(item, "an entry of `include`", keys::INCLUDE, &mut reader.findings)
        else {
            continue;
        };
        let mut texts = Vec::new();
        for (name, value) in reader.given(&include, "params", scope) {
            match value {
                Value::Text(text) => texts.push((name, text)),
                Value::Unknown => {}
                other => {
                    let (name, kind) = (quoted(&name), other.kind());
                    reader.findings.wrong(include.place, format!("{name} must be text here, not {kind}"));
                }
            }
        }
        all.push(Combination(texts));
    }
    all
}

/// The first `count` of all combinations; the last dimension changes first.
fn product(dimensions: &[(String, Vec<Template>)], count: usize) -> Vec<Combination> {
    let nth = |number: usize| {
        let mut rest = number;
        let mut values: Vec<(String, Template)> = Vec::with_capacity(dimensions.len());
        for (name, choices) in dimensions.iter().rev() {
            values.push((name.clone(), choices[rest % choices.len()].clone()));
            rest /= choices.len();
        }
        values.reverse();
        Combination(values)
    };
    if dimensions.iter().any(|(_, values)| values.is_empty()) {
        Vec::new()
    } else {
        (0..count).map(nth).collect()
    }
}

/// Adds to each combination that an entry of `include` agrees with what it brings; it is a combination of its own where
/// there is none.
fn add(all: &mut Vec<Combination>, dimensions: &[(String, Vec<Template>)], include: Combination) {
    let is_dimension = |name: &str| dimensions.iter().any(|(other, _)| other == name);
    let agrees = |combination: &Combination| {
        include
            .0
            .iter()
            .filter(|(name, _)| is_dimension(name))
            .all(|(name, value)| combination.get(name) == Some(value))
    };
    let mut met = false;
    if !dimensions.is_empty() {
        for combination in all.iter_mut().filter(|combination| agrees(combination)) {
            met = true;
            for (name, value) in &include.0 {
                if combination.get(name).is_none() {
                    combination.0.push((name.clone(), value.clone()));
                }
            }
        }
    }
    if !met {
        all.push(include);
    }
}
