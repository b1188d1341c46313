//! What a visitor may choose before a pipeline runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Pipeline;

/// The longest value of a parameter, in bytes.
pub const MAX_ARGUMENT_BYTES: usize = 4 << 10;

/// Something that a visitor may choose before a pipeline runs. Reaches steps by the environment only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name, unique in the pipeline.
    pub name: String,
    /// What it is for, in its author's words.
    pub description: Option<String>,
    /// What values it takes.
    pub kind: ParameterKind,
    /// Its value where none is chosen; where there is none, one must be.
    pub default: Option<String>,
}

/// What values a [`Parameter`] takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// A line of text.
    Text,
    /// One of these.
    Choice(Vec<String>),
    /// `true` or `false`.
    Boolean,
}

/// A checked value for each parameter of a pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Arguments(BTreeMap<String, String>);

/// Why a value is not one for its parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// The pipeline has no such parameter.
    #[error("there is no parameter {name}")]
    Unknown {
        /// The name.
        name: String,
    },
    /// It has no default and none was given.
    #[error("{name} needs a value")]
    Missing {
        /// The name.
        name: String,
    },
    /// It is none of the choices.
    #[error("{name} is one of {}", choices.join(", "))]
    NoChoice {
        /// The name.
        name: String,
        /// What may be chosen.
        choices: Vec<String>,
    },
    /// It is longer than [`MAX_ARGUMENT_BYTES`].
    #[error("{name} is longer than {} KiB", MAX_ARGUMENT_BYTES >> 10)]
    TooLong {
        /// The name.
        name: String,
    },
    /// It holds a line break or another control character.
    #[error("{name} is a single line of text")]
    NotALine {
        /// The name.
        name: String,
    },
}

impl ArgumentError {
    /// The parameter it speaks of.
    pub fn parameter(&self) -> &str {
        match self {
            Self::Unknown { name }
            | Self::Missing { name }
            | Self::NoChoice { name, .. }
            | Self::TooLong { name }
            | Self::NotALine { name } => name,
        }
    }
}

impl Arguments {
    /// The value of the parameter called `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Parameter {
    /// `value` where it is one for this parameter.
    pub fn check(&self, value: &str) -> Result<String, ArgumentError> {
        let name = self.name.clone();
        match &self.kind {
            _ if value.len() > MAX_ARGUMENT_BYTES => Err(ArgumentError::TooLong { name }),
            _ if value.chars().any(char::is_control) => Err(ArgumentError::NotALine { name }),
            ParameterKind::Choice(choices) if !choices.iter().any(|choice| choice == value) => {
                Err(ArgumentError::NoChoice { name, choices: choices.clone() })
            }
            ParameterKind::Boolean if !matches!(value, "true" | "false") => {
                Err(ArgumentError::NoChoice { name, choices: vec!["true".to_owned(), "false".to_owned()] })
            }
            _ => Ok(value.to_owned()),
        }
    }
}

impl Pipeline {
    /// A value for each parameter: the one given, else its default. All that is wrong is told at once.
    pub fn arguments(&self, given: &BTreeMap<String, String>) -> Result<Arguments, Vec<ArgumentError>> {
        let mut errors = Vec::new();
        let mut values = BTreeMap::new();
        for parameter in &self.parameters {
            // A default may be more than a line: it is the author's.
            match (given.get(&parameter.name), &parameter.default) {
                (None, None) => errors.push(ArgumentError::Missing { name: parameter.name.clone() }),
                (None, Some(default)) => _ = values.insert(parameter.name.clone(), default.clone()),
                (Some(value), Some(default)) if value == default => {
                    values.insert(parameter.name.clone(), default.clone());
                }
                (Some(value), _) => match parameter.check(value) {
                    Ok(value) => _ = values.insert(parameter.name.clone(), value),
                    Err(error) => errors.push(error),
                },
            }
        }
        let unknown = given.keys().filter(|name| !self.parameters.iter().any(|known| known.name == **name));
        errors.extend(unknown.map(|name| ArgumentError::Unknown { name: name.clone() }));
        if errors.is_empty() { Ok(Arguments(values)) } else { Err(errors) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipeline() -> Pipeline {
        let parameter = |name: &str, kind, default: Option<&str>| Parameter {
            name: name.to_owned(),
            description: None,
            kind,
            default: default.map(str::to_owned),
        };
        let choices = ParameterKind::Choice(vec!["east".to_owned(), "west".to_owned()]);
        let parameters = vec![
            parameter("ship", ParameterKind::Text, None),
            parameter("route", choices, Some("east")),
            parameter("loud", ParameterKind::Boolean, Some("false")),
        ];
        Pipeline { parameters, ..Pipeline::default() }
    }

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_not_given_is_the_default() {
        let arguments = pipeline().arguments(&given(&[("ship", "Patience")])).unwrap();
        let pairs: Vec<_> = arguments.iter().collect();
        assert_eq!(pairs, [("loud", "false"), ("route", "east"), ("ship", "Patience")]);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let errors = pipeline().arguments(&given(&[("route", "north"), ("loud", "very"), ("crew", "9")]));
        let words: Vec<String> = errors.unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "ship needs a value",
                "route is one of east, west",
                "loud is one of true, false",
                "there is no parameter crew"
            ]
        );
        let lines = pipeline().arguments(&given(&[("ship", "a\nb")])).unwrap_err();
        assert_eq!(lines, [ArgumentError::NotALine { name: "ship".to_owned() }]);
    }
}
