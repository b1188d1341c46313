//! YAML within limits: into typed values or into a tree that knows where everything stands.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use regatta_domain::pipeline::{Diagnostic, MAX_SOURCE_BYTES, Problem};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, Options, Spanned};

use crate::findings::Findings;

/// A node of a YAML document and where it stands.
#[derive(Clone, Debug)]
pub struct Node<'t> {
    /// Where it is written; for an alias, where the alias is.
    pub place: Place,
    /// What it is.
    pub value: Value<'t>,
}

/// What a [`Node`] is. Scalars follow YAML 1.2: `yes` and `on` are text.
#[derive(Clone, Debug)]
pub enum Value<'t> {
    /// Nothing: an empty value, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it reads in decimal.
    Number(String),
    /// Text.
    Text(Cow<'t, str>),
    /// A list.
    List(Vec<Node<'t>>),
    /// A mapping, in the order in which it is written; keys are unique.
    Map(Vec<(Key, Node<'t>)>),
}

/// A key of a mapping and where it stands.
#[derive(Clone, Debug)]
pub struct Key {
    /// Where it is written.
    pub place: Place,
    /// The key.
    pub name: String,
}

/// A place in a text: line and column in characters, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

impl Place {
    /// The beginning of the text.
    pub const START: Self = Self { line: 1, column: 1 };

    /// What is wrong here.
    pub fn diagnostic(self, message: impl Into<String>) -> Diagnostic {
        let (problem, hint) = (Problem::Mistake, None);
        Diagnostic { line: self.line, column: self.column, problem, message: message.into(), hint }
    }

    /// What is wrong here, and what to do about it.
    pub fn diagnostic_with_hint(self, message: impl Into<String>, hint: impl Into<String>) -> Diagnostic {
        Diagnostic { hint: Some(hint.into()), ..self.diagnostic(message) }
    }
}

impl From<serde_saphyr::Location> for Place {
    /// A location that is not known becomes the beginning of the text.
    fn from(location: serde_saphyr::Location) -> Self {
        let from_one = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).max(1);
        Self { line: from_one(location.line()), column: from_one(location.column()) }
    }
}

impl Node<'_> {
    /// A scalar as text; `None` for nothing, a list and a mapping.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match &self.value {
            Value::Text(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Borrowed(number)),
            Value::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }
}

impl Value<'_> {
    /// What it is, for messages: "a list".
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// Limits far above any pipeline or front matter written by hand and far below what could keep a processor busy. The
/// replay depth bounds recursion together with the nesting depth; the alias counts bound what block texts, which are
/// copied at each alias, can grow to.
fn options() -> Options {
    serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 1_000,
            max_replay_stack_depth: 4,
            max_alias_expansions_per_anchor: 100,
        },
        budget: serde_saphyr::budget! {
            max_events: 50_000,
            max_nodes: 20_000,
            max_aliases: 200,
            max_anchors: 200,
            max_merge_keys: 200,
            max_recorded_anchor_events: 20_000,
            max_recorded_anchor_bytes: 1024 * 1024,
            max_depth: 16,
            flow_nesting_limit: 16,
            max_documents: 2,
        },
    }
}

/// Reads one YAML document into a value of its own type.
pub fn typed<T: DeserializeOwned>(text: &str) -> Result<T, Diagnostic> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| diagnostic(&error))
}

/// Reads one YAML document into a tree.
pub fn tree(text: &str) -> Result<Node<'_>, Diagnostic> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| diagnostic(&error))
}

/// Reads the one YAML document of a pipeline; `None` where there is none, which is told.
pub(crate) fn document<'t>(text: &'t str, findings: &mut Findings) -> Option<Node<'t>> {
    if text.len() > MAX_SOURCE_BYTES {
        let limit = MAX_SOURCE_BYTES / 1024;
        findings.wrong(Place::START, format!("this pipeline is longer than {limit} KiB"));
        return None;
    }
    match tree(text) {
        Ok(root) => Some(root),
        Err(diagnostic) => {
            findings.tell(diagnostic);
            None
        }
    }
}

/// How many documents of a text are read.
const MAX_DOCUMENTS: usize = 32;

/// Reads each YAML document of `text` by itself, so that one that cannot be read does not hide the others. What is empty
/// is left out.
pub fn documents(text: &str) -> Vec<Result<Node<'_>, Diagnostic>> {
    let parts = split(text);
    let too_many = parts.get(MAX_DOCUMENTS).map(|(line, _)| {
        let place = Place { line: line + 1, column: 1 };
        Err(place.diagnostic(format!("more than {MAX_DOCUMENTS} documents: there are {}", parts.len())))
    });
    let read = parts.iter().take(MAX_DOCUMENTS).map(|(line, part)| match tree(part) {
        Ok(mut node) => {
            node.move_down(*line);
            Ok(node)
        }
        Err(diagnostic) => Err(Diagnostic { line: diagnostic.line + line, ..diagnostic }),
    });
    let mut documents: Vec<_> = read.collect();
    documents.extend(too_many);
    documents
}

/// The parts of `text` that a line `---` or `...` begins, each with the number of lines before it. In YAML such a line
/// at the left edge never belongs to a value.
fn split(text: &str) -> Vec<(usize, &str)> {
    let marks = |line: &str| {
        ["---", "..."].iter().any(|mark| {
            line.strip_prefix(mark)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
        })
    };
    let says_nothing = |part: &str| {
        lines(part).all(|line| {
            let line = line.trim();
            line.is_empty() || line.starts_with(['#', '%']) || line == "---" || line == "..."
        })
    };
    let mut parts = Vec::new();
    let (mut begin, mut first, mut at) = (0, 0, 0);
    for (number, line) in lines(text).enumerate() {
        if marks(line) && at > begin {
            if says_nothing(&text[begin..at]) && !line.starts_with("...") && text[begin..at].contains('%') {
                // Directives belong to the document whose beginning follows them.
            } else {
                parts.push((first, &text[begin..at]));
                (begin, first) = (at, number);
            }
        }
        at += line.len();
    }
    parts.push((first, &text[begin..]));
    parts.retain(|(_, part)| !says_nothing(part));
    parts
}

/// The lines of `text` with what ends them, which in YAML may be a line feed, a carriage return, or both.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.find(['\n', '\r']).map_or(rest.len(), |at| at + 1);
        let end = if rest[..end].ends_with('\r') && rest[end..].starts_with('\n') { end + 1 } else { end };
        let (line, after) = rest.split_at(end);
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}

impl Node<'_> {
    /// Moves it, and all below it, down by `lines`.
    fn move_down(&mut self, lines: usize) {
        self.place.line += lines;
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(|item| item.move_down(lines)),
            Value::Map(entries) => {
                for (key, node) in entries {
                    key.place.line += lines;
                    node.move_down(lines);
                }
            }
            _ => {}
        }
    }
}

/// The parser's error in words for the author of the text.
fn diagnostic(error: &Error) -> Diagnostic {
    let place = error.location().map_or(Place::START, Place::from);
    let (message, hint) = words(error.without_snippet());
    Diagnostic { hint, ..place.diagnostic(message) }
}

fn words(error: &Error) -> (String, Option<String>) {
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            (format!("unknown key `{field}`"), Some(crate::hint::choice(field, expected)))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            (format!("unknown value `{variant}`"), Some(crate::hint::choice(variant, expected)))
        }
        Error::SerdeMissingField { field, .. } => (format!("the key `{field}` is missing"), None),
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("this key");
            (format!("`{key}` is written twice"), Some("keep one of the two".to_owned()))
        }
        Error::MultipleDocuments { .. } => {
            ("a second document begins here".to_owned(), Some("remove the line `---`".to_owned()))
        }
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            ("too deeply nested, or too many values and aliases".to_owned(), None)
        }
        Error::AliasError { error, .. } => words(error),
        other => {
            let message = without_place(other);
            match slip(&message) {
                Some((words, hint)) => (words.unwrap_or(&message).to_owned(), Some(hint.to_owned())),
                None => (message, None),
            }
        }
    }
}

/// The most common slips: what helps, and better words where the parser's are those of its own workings.
fn slip(message: &str) -> Option<(Option<&'static str>, &'static str)> {
    let any_of = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    if message.starts_with("mapping values are not allowed") {
        Some((None, "text with `: ` in it must be in quotes"))
    } else if any_of(&["tabs disallowed", "tab cannot be used", "found a tab"]) {
        Some((Some("a tab stands where YAML takes spaces only"), "indent with spaces: two for each level"))
    } else if any_of(&[
        "trailing content after",
        "quoted scalar, found unexpected",
        "in multiline quoted scalar",
    ]) {
        Some((
            Some("a text in quotes goes wrong here"),
            "look for a quote that is missing, in this line or in one before it",
        ))
    } else if any_of(&[
        "block mapping, did not find expected key",
        "block collection, did not find expected '-'",
        "block sequence entries are not allowed",
        "invalid indentation",
        "wrongly indented line",
        "simple key expected ':'",
    ]) {
        Some((
            Some("this line does not fit in with those above it"),
            "lines that belong together begin in the same column; a key is followed by `: `, an entry of a list begins with `- `",
        ))
    } else if message.starts_with("while parsing a flow ") {
        Some((None, "between `[` and `]`, text with a bracket, a brace or a comma in it must be in quotes"))
    } else {
        None
    }
}

/// The parser ends its messages with the place, which a diagnostic tells by itself.
fn without_place(error: &Error) -> String {
    let message = error.to_string();
    let Some(location) = error.location() else { return message };
    let place = format!(" at line {}, column {}", location.line(), location.column());
    message.strip_suffix(&place).unwrap_or(&message).to_owned()
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value<'de>>::deserialize(deserializer)?;
        Ok(Self { place: spanned.referenced.into(), value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar, a list or a mapping")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value.to_string()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value<'de>, A::Error> {
        let mut map: Vec<(Key, Node<'de>)> = Vec::new();
        let mut names = HashSet::new();
        while let Some((key, node)) = entries.next_entry::<Spanned<String>, Node<'de>>()? {
            let key = Key { place: key.referenced.into(), name: key.value };
            if !names.insert(key.name.clone()) {
                return Err(A::Error::custom(format!("`{}` is written twice", key.name)));
            }
            map.push((key, node));
        }
        Ok(Value::Map(map))
    }
}
