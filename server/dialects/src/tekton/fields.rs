//! Mappings with known keys.

use std::borrow::Cow;

use regatta_domain::pipeline::NoteKind;

use crate::findings::{Findings, quoted};
use crate::hint;
use crate::yaml::{Key, Node, Place, Value};

/// What becomes of a key.
#[derive(Clone, Copy)]
pub enum Fate {
    /// It is read.
    Read,
    /// It is passed over, which changes nothing that a run here could show; the words say why.
    Ignored(&'static str),
    /// Passing it over would show something else than Tekton does; the words say why it cannot be done.
    Refused(&'static str),
}

/// The keys of a mapping.
pub type Table = [(&'static str, Fate)];

/// A mapping whose keys have all been looked at.
#[derive(Clone, Copy)]
pub struct Fields<'n, 't> {
    /// Where it stands.
    pub place: Place,
    entries: &'n [(Key, Node<'t>)],
}

impl<'n, 't> Fields<'n, 't> {
    /// The mapping `node`, called `what` in messages. What becomes of each of its keys is told.
    pub fn read(node: &'n Node<'t>, what: &str, table: &Table, findings: &mut Findings) -> Option<Self> {
        let fields = Self::unchecked(node, what, findings)?;
        for (key, node) in fields.entries {
            tell(key, node, table, findings);
        }
        Some(fields)
    }

    /// The mapping `node`, whatever its keys are.
    pub fn unchecked(node: &'n Node<'t>, what: &str, findings: &mut Findings) -> Option<Self> {
        if let Value::Map(entries) = &node.value {
            return Some(Self { place: node.place, entries });
        }
        findings.wrong(node.place, expected(node, what, "a mapping"));
        None
    }

    /// The value of `key`, unless it is empty.
    pub fn get(&self, key: &str) -> Option<&'n Node<'t>> {
        let (_, node) = self.entries.iter().find(|(other, _)| other.name == key)?;
        (!matches!(node.value, Value::Null)).then_some(node)
    }

    /// Where `key` stands.
    pub fn place_of(&self, key: &str) -> Place {
        let found = self.entries.iter().find(|(other, _)| other.name == key);
        found.map_or(self.place, |(key, _)| key.place)
    }

    /// All keys with their values.
    pub fn entries(&self) -> impl Iterator<Item = (&'n Key, &'n Node<'t>)> {
        self.entries.iter().map(|(key, node)| (key, node))
    }

    /// The text below `key`.
    pub fn text(&self, key: &str, findings: &mut Findings) -> Option<Cow<'n, str>> {
        let node = self.get(key)?;
        let text = scalar(node);
        if text.is_none() {
            findings.wrong(node.place, expected(node, &format!("`{key}`"), "text"));
        }
        text
    }

    /// Whether `key` is `true`.
    pub fn flag(&self, key: &str) -> bool {
        self.get(key).is_some_and(|node| matches!(node.value, Value::Bool(true)))
    }

    /// The items below `key`.
    pub fn list(&self, key: &str, findings: &mut Findings) -> &'n [Node<'t>] {
        match self.get(key) {
            None => &[],
            Some(Node { value: Value::List(items), .. }) => items,
            Some(node) => {
                findings.wrong(node.place, expected(node, &format!("`{key}`"), "a list"));
                &[]
            }
        }
    }
}

/// The text of a scalar, as it is written or reads in decimal.
pub fn scalar<'n>(node: &'n Node<'_>) -> Option<Cow<'n, str>> {
    match &node.value {
        Value::Text(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Borrowed(number)),
        Value::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

/// "`steps` must be a list, not text".
pub fn expected(node: &Node<'_>, what: &str, kind: &str) -> String {
    format!("{what} must be {kind}, not {}", node.value.kind())
}

fn tell(key: &Key, node: &Node<'_>, table: &Table, findings: &mut Findings) {
    let name = &key.name;
    // What is empty asks for nothing.
    let empty = match &node.value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    };
    match table.iter().find(|(known, _)| known == name).map(|(_, fate)| *fate) {
        Some(Fate::Read) => {}
        Some(_) if empty => {}
        Some(Fate::Ignored(why)) => {
            findings.note(NoteKind::Ignored, key.place, format!("`{name}` has no effect here: {why}"));
        }
        Some(Fate::Refused(why)) => {
            findings.refused(key.place, format!("`{name}` cannot be run here: {why}"));
        }
        None if findings.is_full() => findings.wrong(key.place, "unknown key"),
        None => {
            let known: Vec<&str> = table.iter().map(|(known, _)| *known).collect();
            let close = hint::nearest(name, &known).map(|close| vec![close]);
            let read = table.iter().filter(|(_, fate)| matches!(fate, Fate::Read)).map(|(known, _)| *known);
            let offered = close.unwrap_or_else(|| read.collect());
            findings.wrong_with_hint(
                key.place,
                format!("unknown key {}", quoted(name)),
                hint::choice(name, &offered),
            );
        }
    }
}
