//! `environment`: variables and their values as text.

use std::borrow::Cow;
use std::fmt::Write as _;

use regatta_domain::pipeline::NoteKind;

use super::expected;
use super::variables::Variables;
use crate::findings::{Findings, quoted};
use crate::yaml::{Key, Node, Value};

/// How many variables Screwdriver takes in a job.
const MAX_VARIABLES: usize = 100;

/// Variables that the sandbox has of its own and that a pipeline cannot do without.
const RESERVED: [&str; 2] = ["RESULTS_DIR", "WORKSPACE"];

/// Reads variables: a mapping, or a list of mappings.
pub fn read(node: &Node<'_>, findings: &mut Findings) -> Variables {
    let mut variables = Variables::default();
    match &node.value {
        Value::Map(entries) => read_map(entries, &mut variables, findings),
        Value::List(items) => {
            for item in items {
                match &item.value {
                    Value::Map(entries) => read_map(entries, &mut variables, findings),
                    _ => findings.tell(expected(item, "an entry of `environment`", "a mapping of variables")),
                }
            }
        }
        Value::Null => {}
        _ => findings.tell(expected(node, "`environment`", "a mapping of variables")),
    }
    if variables.len() > MAX_VARIABLES {
        findings
            .wrong(node.place, format!("more than {MAX_VARIABLES} variables: there are {}", variables.len()));
    }
    variables
}

fn read_map(entries: &[(Key, Node<'_>)], variables: &mut Variables, findings: &mut Findings) {
    for (key, node) in entries {
        if variables.len() == MAX_VARIABLES {
            findings.wrong(key.place, format!("more than {MAX_VARIABLES} variables"));
            return;
        }
        if !is_free_variable(key, findings) {
            continue;
        }
        if matches!(node.value, Value::Null) {
            let name = quoted(&key.name);
            let text =
                format!("{name} has no value; Screwdriver makes the text `null` of it, and so it is here");
            findings.note(NoteKind::Explained, key.place, text);
        }
        if let Some(text) = value(node, findings) {
            variables.set(&key.name, text);
        }
    }
}

/// Whether `key` can be a variable that the pipeline sets; where it cannot, that is told.
pub fn is_free_variable(key: &Key, findings: &mut Findings) -> bool {
    let name = key.name.as_str();
    let capital = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.bytes().all(capital) {
        findings.wrong(
            key.place,
            format!(
                "{} cannot be a variable: capital letters, digits and `_`, not beginning with a digit",
                quoted(name)
            ),
        );
        return false;
    }
    if RESERVED.contains(&name) {
        let message = format!("`{name}` cannot be set here: the sandbox has a folder in it");
        findings.refused_with_hint(key.place, message, "choose another name");
        return false;
    }
    true
}

/// A value as steps see it. What is more than a scalar becomes JSON, as Screwdriver makes it.
pub fn value(node: &Node<'_>, findings: &mut Findings) -> Option<String> {
    let text = node.text().map_or_else(|| json(node), Cow::into_owned);
    if text.contains('\0') {
        findings.wrong(node.place, "a variable cannot contain the character NUL");
        return None;
    }
    Some(text)
}

fn json(node: &Node<'_>) -> String {
    let mut text = String::new();
    write_json(&node.value, &mut text);
    text
}

fn write_json(value: &Value<'_>, json: &mut String) {
    match value {
        Value::Null => json.push_str("null"),
        Value::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => json.push_str(number),
        Value::Text(text) => write_json_text(text, json),
        Value::List(items) => {
            write_json_all(json, ['[', ']'], items, |item, json| write_json(&item.value, json));
        }
        Value::Map(entries) => write_json_all(json, ['{', '}'], entries, |(key, node), json| {
            write_json_text(&key.name, json);
            json.push(':');
            write_json(&node.value, json);
        }),
    }
}

fn write_json_all<T>(json: &mut String, around: [char; 2], items: &[T], write: impl Fn(&T, &mut String)) {
    json.push(around[0]);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        write(item, json);
    }
    json.push(around[1]);
}

fn write_json_text(text: &str, json: &mut String) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            c if c < ' ' => {
                // Writing to a text cannot fail.
                _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
}
