//! `parameters`: what may be chosen before a run.

use regatta_domain::pipeline::{NoteKind, Parameter, ParameterKind};

use super::expected;
use crate::findings::{Findings, quoted};
use crate::hint;
use crate::yaml::{Key, Node, Place, Value};

/// How many parameters a pipeline may have.
const MAX_PARAMETERS: usize = 30;

/// How many values a choice may have.
const MAX_CHOICES: usize = 100;

/// Variables without which steps would not run as they are written. A parameter of such a name does not touch them.
const RESERVED: [&str; 8] = ["ENV", "HOME", "IFS", "PATH", "PWD", "RESULTS_DIR", "SHELL", "WORKSPACE"];

/// A parameter and where it is written.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Where it is written.
    pub place: Place,
    parameter: Parameter,
}

/// The parameters of a pipeline, whether they stand above all jobs or in some.
#[derive(Debug, Default)]
pub struct Catalogue(Vec<Parameter>);

/// Reads the parameters below `key`, and says how steps come by them.
pub fn read(key: &Key, node: &Node<'_>, findings: &mut Findings) -> Vec<Declared> {
    let entries = match &node.value {
        Value::Map(entries) => entries,
        Value::Null => return Vec::new(),
        _ => {
            findings.tell(expected(node, "`parameters`", "a mapping of names to values"));
            return Vec::new();
        }
    };
    let read = |(name, node): &(Key, Node<'_>)| {
        let parameter = read_one(name, node, findings)?;
        if as_variable(&name.name).is_none() {
            let name = quoted(&name.name);
            let text = format!("{name} can be no variable of the shell; steps get it by `meta` alone");
            findings.note(NoteKind::Explained, node.place, text);
        }
        Some(Declared { place: name.place, parameter })
    };
    let declared: Vec<Declared> = entries.iter().filter_map(read).collect();
    if !declared.is_empty() {
        findings.note(
            NoteKind::Explained,
            key.place,
            "steps see each parameter as a variable of its name, and get it by `meta get parameters.<name>.value`",
        );
    }
    declared
}

/// The variable in which steps see the parameter `name`, where it can be one.
pub fn as_variable(name: &str) -> Option<&str> {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let fits = !name.starts_with(|c: char| c.is_ascii_digit()) && name.bytes().all(letter);
    (fits && !RESERVED.contains(&name)).then_some(name)
}

fn read_one(key: &Key, node: &Node<'_>, findings: &mut Findings) -> Option<Parameter> {
    if !super::is_word(&key.name) || key.name.len() > super::MAX_NAME {
        findings.refused_with_hint(
            key.place,
            format!("{} cannot be a parameter's name here", quoted(&key.name)),
            "up to 100 letters, digits, `-` and `_`",
        );
        return None;
    }
    let (value, description) = match &node.value {
        Value::Map(entries) => read_spelled_out(key, entries, findings)?,
        _ => (node, None),
    };
    let (kind, default) = kind_and_default(key, value, findings)?;
    Some(Parameter { name: key.name.clone(), description, kind, default: Some(default) })
}

/// The form `{value: …, description: …}`.
fn read_spelled_out<'n, 't>(
    parameter: &Key,
    entries: &'n [(Key, Node<'t>)],
    findings: &mut Findings,
) -> Option<(&'n Node<'t>, Option<String>)> {
    const KEYS: [&str; 2] = ["value", "description"];
    let (mut value, mut description) = (None, None);
    for (key, node) in entries {
        match key.name.as_str() {
            "value" => value = Some(node),
            "description" => description = node.text().map(String::from).filter(|text| !text.is_empty()),
            other => findings.wrong_with_hint(
                key.place,
                format!("unknown key {}", quoted(other)),
                hint::choice(other, &KEYS),
            ),
        }
    }
    if value.is_none() {
        let message = format!("the parameter {} has no `value`", quoted(&parameter.name));
        findings.wrong(parameter.place, message);
    }
    Some((value?, description))
}

fn kind_and_default(key: &Key, node: &Node<'_>, findings: &mut Findings) -> Option<(ParameterKind, String)> {
    if let Value::List(items) = &node.value {
        let choices = read_choices(key, node.place, items, findings)?;
        let first = choices.first().cloned()?;
        return Some((ParameterKind::Choice(choices), first));
    }
    let default = scalar(key, node, findings)?;
    let boolean = matches!(default.as_str(), "true" | "false");
    Some((if boolean { ParameterKind::Boolean } else { ParameterKind::Text }, default))
}

/// What there is to choose from, each once; at least one.
fn read_choices(key: &Key, place: Place, items: &[Node<'_>], findings: &mut Findings) -> Option<Vec<String>> {
    if items.is_empty() {
        findings.wrong(place, format!("there is nothing to choose for {}", quoted(&key.name)));
        return None;
    }
    if let Some(extra) = items.get(MAX_CHOICES) {
        findings.refused(extra.place, format!("more than {MAX_CHOICES} values to choose from"));
    }
    let mut choices: Vec<String> = Vec::new();
    for item in items.iter().take(MAX_CHOICES) {
        let choice = scalar(key, item, findings)?;
        if !choices.contains(&choice) {
            choices.push(choice);
        }
    }
    Some(choices)
}

fn scalar(key: &Key, node: &Node<'_>, findings: &mut Findings) -> Option<String> {
    match (&node.value, node.text()) {
        (_, Some(text)) if text.contains('\0') => {
            findings.wrong(node.place, "a parameter cannot contain the character NUL");
            None
        }
        (_, Some(text)) => Some(text.into_owned()),
        (Value::Null, None) => Some(String::new()),
        _ => {
            let what = format!("the value of {}", quoted(&key.name));
            findings.tell(expected(node, &what, "text or a list of texts"));
            None
        }
    }
}

impl Declared {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.parameter.name
    }
}

impl Catalogue {
    /// Takes in `declared`; where another one has its name already, that is told.
    pub fn add(&mut self, declared: &Declared, findings: &mut Findings) {
        let Declared { place, parameter } = declared;
        match self.0.iter().find(|known| known.name == parameter.name) {
            Some(known) if known == parameter => {}
            Some(_) => findings.refused_with_hint(
                *place,
                format!("a second parameter {} with other values", quoted(&parameter.name)),
                "a value is chosen once for a whole run here; give one of the two another name",
            ),
            None if self.0.len() == MAX_PARAMETERS => {
                findings.refused(*place, format!("more than {MAX_PARAMETERS} parameters"));
            }
            None => self.0.push(parameter.clone()),
        }
    }

    /// Whether it has a parameter called `name`.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|known| known.name == name)
    }

    /// The parameters in the order they are written.
    pub fn into_parameters(self) -> Vec<Parameter> {
        self.0
    }
}
