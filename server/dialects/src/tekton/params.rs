//! Declared parameters, and the values they get.

use regatta_domain::pipeline::{NoteKind, Parameter, ParameterKind, Template};

use super::fields::{Fields, expected, scalar};
use super::keys;
use super::reader::Reader;
use super::scope::{Params, Scope, choice};
use super::value::{Value, known};
use crate::findings::quoted;
use crate::yaml::{self, Place};

/// A parameter that a pipeline or a task declares.
pub struct Declared {
    place: Place,
    /// Its name.
    pub name: String,
    kind: Kind,
    description: Option<String>,
    choices: Vec<String>,
    default: Option<Value>,
    properties: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    List,
    Object,
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::List(_) => Self::List,
            Value::Object(_) => Self::Object,
            _ => Self::Text,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

/// Reads the parameters that are declared below `params`.
pub fn declared(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, scope: &Scope<'_>) -> Vec<Declared> {
    let mut all: Vec<Declared> = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    for item in fields.list("params", &mut reader.findings) {
        let Some(fields) = Fields::read(item, "a parameter", keys::PARAM, &mut reader.findings) else {
            continue;
        };
        let Some(name) = reader.name(&fields, "a parameter") else { continue };
        if !names.insert(name.clone()) {
            reader.twice(fields.place, "a parameter", &name);
            continue;
        }
        all.push(read_one(reader, &fields, name, scope));
    }
    all
}

fn read_one(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, name: String, scope: &Scope<'_>) -> Declared {
    let default = fields.get("default").map(|node| reader.value(node, scope));
    let choices =
        fields.list("enum", &mut reader.findings).iter().filter_map(scalar).map(Into::into).collect();
    let properties = match fields.get("properties").map(|node| &node.value) {
        Some(yaml::Value::Map(entries)) => entries.iter().map(|(key, _)| key.name.clone()).collect(),
        _ => Vec::new(),
    };
    let implied = match &default {
        Some(default) => Kind::of(default),
        None if !properties.is_empty() => Kind::Object,
        None => Kind::Text,
    };
    let kind = match fields.text("type", &mut reader.findings).as_deref() {
        None => implied,
        Some("string") => Kind::Text,
        Some("array") => Kind::List,
        Some("object") => Kind::Object,
        Some(other) => {
            let hint = choice(other, &["string", "array", "object"]);
            let message = format!("{} is no type of a parameter", quoted(other));
            reader.findings.wrong_with_hint(fields.place_of("type"), message, hint);
            implied
        }
    };
    let description = fields.text("description", &mut reader.findings).map(|text| text.trim().to_owned());
    let declared =
        Declared { place: fields.place, name, kind, description, choices, default: None, properties };
    let default = default.map(|value| declared.checked(reader, fields.place_of("default"), value, true));
    Declared { default, ..declared }
}

impl Declared {
    /// `value` where it is one for this parameter; else that is told.
    fn checked(&self, reader: &mut Reader<'_>, place: Place, value: Value, is_default: bool) -> Value {
        let name = quoted(&self.name);
        let fits = matches!(value, Value::Unknown) || Kind::of(&value) == self.kind;
        if !fits {
            let (wanted, is) = (self.kind.words(), value.kind());
            reader.findings.wrong(place, format!("the parameter {name} is {wanted}, and this is {is}"));
            return Value::Unknown;
        }
        if let Value::Text(text) = &value {
            let text = known(text).filter(|text| !self.choices.is_empty() && !self.choices.contains(text));
            if let Some(text) = text {
                let choices: Vec<&str> = self.choices.iter().map(String::as_str).collect();
                let message = format!("{} is no choice of the parameter {name}", quoted(&text));
                reader.findings.wrong_with_hint(place, message, choice(&text, &choices));
            }
        }
        self.completed(reader, place, value, is_default)
    }

    /// An object gets from the default what it lacks.
    fn completed(&self, reader: &mut Reader<'_>, place: Place, value: Value, is_default: bool) -> Value {
        let Value::Object(mut entries) = value else { return value };
        if let Some(Value::Object(defaults)) = &self.default {
            for (key, value) in defaults {
                if !entries.iter().any(|(other, _)| other == key) {
                    entries.push((key.clone(), value.clone()));
                }
            }
        }
        // A default may leave out what every caller has to give.
        if !is_default {
            for key in &self.properties {
                if !entries.iter().any(|(other, _)| other == key) {
                    let message = format!("the parameter {} lacks {}", quoted(&self.name), quoted(key));
                    reader.findings.wrong(place, message);
                }
            }
        }
        Value::Object(entries)
    }
}

/// The values that a whole run sees, and what a visitor may choose: every text.
pub fn of_a_run(
    reader: &mut Reader<'_>,
    declared: &[Declared],
    mut given: Params,
    place: Place,
) -> (Params, Vec<Parameter>) {
    let mut params = Params::new();
    let mut parameters = Vec::new();
    for one in declared {
        let given = given.remove(&one.name).map(|value| one.checked(reader, place, value, false));
        let value = given.or_else(|| one.default.clone());
        let value = match (one.kind, value) {
            (Kind::Text, value) => {
                let default = match &value {
                    Some(Value::Text(text)) => known(text),
                    _ => None,
                };
                parameters.push(one.parameter(default));
                Value::Text(Template::parameter(&one.name))
            }
            (_, Some(value)) => value,
            (kind, None) => {
                let message = format!("{} is {} without a value", quoted(&one.name), kind.words());
                let hint = "give it a `default`: only texts can be asked for when a run starts";
                reader.findings.refused_with_hint(one.place, message, hint);
                Value::Unknown
            }
        };
        params.insert(one.name.clone(), value);
    }
    for (name, value) in given {
        let value = match value {
            Value::Text(text) => {
                parameters.push(Parameter {
                    name: name.clone(),
                    description: None,
                    kind: ParameterKind::Text,
                    default: known(&text),
                });
                Value::Text(Template::parameter(&name))
            }
            other => other,
        };
        params.insert(name, value);
    }
    for parameter in &parameters {
        if let Some(default) = &parameter.default {
            reader.defaults.insert(parameter.name.clone(), default.clone());
        }
    }
    (params, parameters)
}

impl Declared {
    fn parameter(&self, default: Option<String>) -> Parameter {
        let kind = match self.choices.as_slice() {
            [] => ParameterKind::Text,
            choices => ParameterKind::Choice(choices.to_vec()),
        };
        Parameter { name: self.name.clone(), description: self.description.clone(), kind, default }
    }
}

/// The values that a task of a pipeline sees. A task that is written in the pipeline also sees the pipeline's own.
pub fn of_a_task(
    reader: &mut Reader<'_>,
    declared: &[Declared],
    mut given: Params,
    outer: Option<&Params>,
    (name, place): (&str, Place),
) -> Params {
    let mut params = Params::new();
    for one in declared {
        let given = given.remove(&one.name).map(|value| one.checked(reader, place, value, false));
        let inherited = || outer.and_then(|outer| outer.get(&one.name)).cloned();
        let value = given.or_else(inherited).or_else(|| one.default.clone()).unwrap_or_else(|| {
            let message = format!("the task {} needs the parameter {}", quoted(name), quoted(&one.name));
            reader.findings.wrong_with_hint(place, message, "give it below `params`, or declare a `default`");
            Value::Unknown
        });
        params.insert(one.name.clone(), value);
    }
    for (extra, value) in given {
        if outer.is_none() {
            let text = format!(
                "the task {} declares no parameter {}, so nothing sees it",
                quoted(name),
                quoted(&extra)
            );
            reader.findings.note(NoteKind::Ignored, place, text);
        }
        params.insert(extra, value);
    }
    params
}

/// Tells what is wrong with a node that is no list of texts.
pub fn not_texts(reader: &mut Reader<'_>, node: &yaml::Node<'_>, what: &str) {
    reader.findings.wrong(node.place, expected(node, what, "a list of texts"));
}
