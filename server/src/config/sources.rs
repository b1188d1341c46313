//! Where values come from, and how each is read with an error that helps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use regatta_dialects::hint;

use super::secret::{Secret, SecretKey};

const ENVIRONMENT_PREFIX: &str = "REGATTA__";
const MINUTES_OF_A_DAY: u64 = 24 * 60;
const DEFAULT_FILE: &str = "regatta.toml";

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} = {value} ({origin}): {fix}")]
pub struct ConfigError {
    /// The dotted key.
    pub key: String,
    /// The value as given; secrets are not shown.
    pub value: String,
    /// The file or the environment variable it came from.
    pub origin: String,
    /// What would be right.
    pub fix: String,
}

/// All that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the configuration cannot be used:")?;
        self.0.iter().try_for_each(|error| writeln!(f, "  {error}"))
    }
}

impl std::error::Error for ConfigErrors {}

#[derive(Clone, Debug)]
enum Raw {
    One(String),
    Many(Vec<String>),
}

impl Raw {
    /// The one value; a list is none.
    fn one(&self) -> &str {
        match self {
            Self::One(text) => text,
            Self::Many(_) => "",
        }
    }
}

#[derive(Clone, Debug)]
struct Given {
    raw: Raw,
    origin: String,
}

impl Given {
    fn shown(&self) -> String {
        match &self.raw {
            Raw::One(text) => format!("{text:?}"),
            Raw::Many(texts) => format!("{texts:?}"),
        }
    }
}

/// Every value given, by dotted key; the environment wins over the file.
pub(super) struct Sources(BTreeMap<String, Given>);

impl Sources {
    pub(super) fn gather(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigErrors> {
        let mut given = BTreeMap::new();
        match file {
            Some(path) => read_file(path, &mut given)?,
            None if Path::new(DEFAULT_FILE).exists() => read_file(Path::new(DEFAULT_FILE), &mut given)?,
            None => {}
        }
        for (name, value) in environment {
            if let Some(rest) = name.strip_prefix(ENVIRONMENT_PREFIX) {
                let key = rest.to_lowercase().replace("__", ".");
                given.insert(
                    key,
                    Given { raw: Raw::One(value), origin: format!("environment variable {name}") },
                );
            }
        }
        Ok(Self(given))
    }
}

fn file_error(path: &Path, fix: String) -> ConfigErrors {
    let origin = path.display().to_string();
    ConfigErrors(vec![ConfigError { key: "--config".into(), value: format!("{origin:?}"), origin, fix }])
}

fn read_file(path: &Path, given: &mut BTreeMap<String, Given>) -> Result<(), ConfigErrors> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| file_error(path, format!("the file cannot be read: {error}")))?;
    let table: toml::Table =
        text.parse().map_err(|error| file_error(path, format!("the file is not TOML: {error}")))?;
    flatten("", &table, &path.display().to_string(), given);
    Ok(())
}

fn flatten(prefix: &str, table: &toml::Table, origin: &str, given: &mut BTreeMap<String, Given>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let raw = match value {
            toml::Value::Table(inner) => {
                flatten(&key, inner, origin, given);
                continue;
            }
            toml::Value::Array(items) => Raw::Many(items.iter().map(scalar).collect()),
            other => Raw::One(scalar(other)),
        };
        given.insert(key, Given { raw, origin: origin.to_owned() });
    }
}

fn scalar(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Hands out values by key, collects what is wrong, and knows in the end which keys nobody asked for.
pub(super) struct Reader {
    given: BTreeMap<String, Given>,
    known: BTreeSet<String>,
    errors: Vec<ConfigError>,
}

impl Reader {
    pub(super) fn new(sources: Sources) -> Self {
        Self { given: sources.0, known: BTreeSet::new(), errors: Vec::new() }
    }

    fn take(&mut self, key: &str) -> Option<Given> {
        self.known.insert(key.to_owned());
        self.given.remove(key)
    }

    fn refuse(&mut self, key: &str, given: &Given, shown: Option<&str>, fix: String) {
        let value = shown.map_or_else(|| given.shown(), ToOwned::to_owned);
        self.errors.push(ConfigError { key: key.to_owned(), value, origin: given.origin.clone(), fix });
    }

    /// A value read by `parse`, whose error says what would be right.
    pub(super) fn parsed<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let given = self.take(key)?;
        let result = match &given.raw {
            Raw::One(text) => parse(text),
            Raw::Many(_) => Err("give one value, not a list".to_owned()),
        };
        result.map_err(|fix| self.refuse(key, &given, None, fix)).ok()
    }

    /// A value of a type that reads itself; `wanted` says what it should look like.
    pub(super) fn value<T: FromStr>(&mut self, key: &str, default: T, wanted: &str) -> T {
        self.parsed(key, |text| text.parse().map_err(|_| format!("give {wanted}"))).unwrap_or(default)
    }

    /// A value read by `parse`, from `default` where none was given; `None` where it cannot be read.
    pub(super) fn parsed_or<T>(
        &mut self,
        key: &str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let default = Given { raw: Raw::One(default.to_owned()), origin: "default".to_owned() };
        self.given.entry(key.to_owned()).or_insert(default);
        self.parsed(key, parse)
    }

    /// A number above zero.
    pub(super) fn positive<T: FromStr + PartialOrd + Default>(
        &mut self,
        key: &str,
        default: T,
        wanted: &str,
    ) -> T {
        let read = |text: &str| match text.parse::<T>() {
            Ok(number) if number > T::default() => Ok(number),
            _ => Err(format!("give {wanted}")),
        };
        self.parsed(key, read).unwrap_or(default)
    }

    /// A number above zero, where one is given.
    pub(super) fn positive_or_none(&mut self, key: &str, wanted: &str) -> Option<u32> {
        self.parsed(key, |text| match text.parse() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(format!("give {wanted}")),
        })
    }

    /// A number of minutes, from 0 to a day.
    pub(super) fn minutes(&mut self, key: &str, default: u64) -> Duration {
        let read = |text: &str| match text.parse::<u64>() {
            Ok(minutes) if minutes <= MINUTES_OF_A_DAY => Ok(minutes),
            _ => Err(format!("give minutes, from 0 to {MINUTES_OF_A_DAY}")),
        };
        Duration::from_secs(60 * self.parsed(key, read).unwrap_or(default))
    }

    /// Something that is needed beside what was given, unless what was given was wrong in itself.
    pub(super) fn missing(&mut self, key: &str, fix: &str) {
        if self.errors.iter().any(|error| error.key.starts_with(key)) {
            return;
        }
        let (key, value, origin) = (key.to_owned(), "(in part)".to_owned(), "all sources".to_owned());
        self.errors.push(ConfigError { key, value, origin, fix: fix.to_owned() });
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&mut self, key: &str, words: &[(&str, T)], default: T) -> T {
        let find = |text: &str| {
            let fix =
                || format!("give one of {}", words.iter().map(|(w, _)| *w).collect::<Vec<_>>().join(", "));
            words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(fix)
        };
        self.parsed(key, find).unwrap_or(default)
    }

    /// A list; in the environment its items stand between commas. Empty where none is given.
    pub(super) fn list<T: FromStr>(&mut self, key: &str, wanted: &str) -> Vec<T> {
        self.list_or_none(key, wanted).unwrap_or_default()
    }

    /// A list where one is given, also an empty one.
    pub(super) fn list_or_none<T: FromStr>(&mut self, key: &str, wanted: &str) -> Option<Vec<T>> {
        let given = self.take(key)?;
        let items: Vec<String> = match &given.raw {
            Raw::Many(items) => items.clone(),
            Raw::One(text) => {
                text.split(',').map(|item| item.trim().to_owned()).filter(|i| !i.is_empty()).collect()
            }
        };
        let read: Result<Vec<T>, _> = items.iter().map(|item| item.parse()).collect();
        read.map_err(|_| self.refuse(key, &given, None, format!("give {wanted}"))).ok()
    }

    /// A secret from `key`, or from the file that `key_file` names; never shown in an error.
    pub(super) fn secret_parsed<T>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (given, text) = self.secret_given(key)?;
        parse(&text).map_err(|fix| self.refuse(key, &given, Some("(secret)"), fix)).ok()
    }

    /// The text of a secret, and where it comes from.
    fn secret_given(&mut self, key: &str) -> Option<(Given, String)> {
        let file_key = format!("{key}_file");
        match (self.take(key), self.take(&file_key)) {
            (None, None) => None,
            (Some(given), Some(_)) => {
                let fix = format!("give either {key} or {file_key}, not both");
                self.refuse(key, &given, Some("(secret)"), fix);
                None
            }
            (Some(given), None) => {
                let text = given.raw.one().to_owned();
                Some((given, text))
            }
            (None, Some(given)) => match std::fs::read_to_string(given.raw.one()) {
                Ok(text) => Some((given, text.trim().to_owned())),
                Err(error) => {
                    self.refuse(&file_key, &given, None, format!("the file cannot be read: {error}"));
                    None
                }
            },
        }
    }

    /// A secret text.
    pub(super) fn secret_text(&mut self, key: &str) -> Option<Secret> {
        self.secret_parsed(key, |text| Ok(Secret::new(text.to_owned())))
    }

    /// A secret key.
    pub(super) fn secret_key(&mut self, key: &str) -> Option<SecretKey> {
        self.secret_parsed(key, |text| text.parse::<SecretKey>().map_err(|error| error.to_string()))
    }

    /// What was wrong, unknown keys included.
    pub(super) fn finish(mut self) -> Vec<ConfigError> {
        let unknown: Vec<(String, Given)> = std::mem::take(&mut self.given).into_iter().collect();
        for (key, given) in unknown {
            let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
            let fix = match hint::nearest(&key, &known) {
                Some(near) => format!("there is no such key; did you mean {near}?"),
                None => "there is no such key; README.md lists them".to_owned(),
            };
            // The value of a misspelt key may be a secret.
            self.refuse(&key, &given, Some("(not shown)"), fix);
        }
        self.errors
    }
}
