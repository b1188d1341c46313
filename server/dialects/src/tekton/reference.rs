//! Tekton's references: `$(params.name)`, `$(tasks.build.results.digest)` and their like, among texts in which a shell has
//! its own `$(…)`.

use std::ops::Range;

/// A reference and where in a text it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its bytes.
    pub range: Range<usize>,
    /// What it refers to.
    pub reference: Reference,
}

/// What is referred to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// `$(params.name…)`.
    Param { name: String, select: Select },
    /// `$(tasks.task.results.name…)`.
    Output { task: String, name: String, select: Select },
    /// `$(tasks.task.status)`.
    Status { task: String },
    /// `$(tasks.status)`.
    Statuses,
    /// `$(results.name.path)`.
    ResultPath { name: String },
    /// `$(workspaces.name.path)` and other things one can ask of a workspace.
    Workspace { name: String, asked: String },
    /// `$(context.task.name)` and the like.
    Context { name: String },
    /// Something that Tekton knows and this playground does not.
    Other { words: String },
}

/// Which part of a list or an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Select {
    /// As it is.
    Whole,
    /// `[*]`.
    All,
    /// `[0]`.
    Item(usize),
    /// `.key`.
    Key(String),
}

enum Segment {
    Name(String),
    Item(usize),
    All,
}

/// What a reference begins with.
const ROOTS: [&str; 10] = [
    "params",
    "tasks",
    "results",
    "workspaces",
    "context",
    "steps",
    "step",
    "inputs",
    "outputs",
    "credentials",
];

/// The longest index of a list, in digits and the bracket after them.
const MAX_INDEX: usize = 8;

/// Where Tekton's own results are, which scripts may know without asking.
const RESULTS: &str = "/tekton/results/";

/// The references in `text`, in order.
pub fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find(['$', '/']).map(|at| from + at) {
        from = at + 1;
        if let Some(rest) = text[at..].strip_prefix(RESULTS) {
            let length = name_length(rest);
            if length > 0 {
                from = at + RESULTS.len() + length;
                let name = rest[..length].to_owned();
                found.push(Found { range: at..from, reference: Reference::ResultPath { name } });
            }
            continue;
        }
        if !text[at..].starts_with("$(") {
            continue;
        }
        from = at + 2;
        if let Some((length, reference)) = read(&text[from..]) {
            found.push(Found { range: at..from + length + 1, reference });
            from += length + 1;
        }
    }
    found
}

/// The reference that `text` begins with, and its length without the `)` that ends it.
fn read(text: &str) -> Option<(usize, Reference)> {
    let root = text.split(|c: char| !c.is_ascii_alphabetic()).next()?;
    if !ROOTS.contains(&root) || !text[root.len()..].starts_with(['.', '[']) {
        return None;
    }
    let mut segments = Vec::new();
    let mut at = root.len();
    while !text[at..].starts_with(')') {
        let (length, segment) = read_segment(&text[at..])?;
        segments.push(segment);
        at += length;
    }
    Some((at, meaning(root, segments).unwrap_or_else(|| Reference::Other { words: text[..at].to_owned() })))
}

/// How much of the beginning of `text` is a name.
fn name_length(text: &str) -> usize {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.find(|c: char| !plain(c)).unwrap_or(text.len())
}

fn read_segment(text: &str) -> Option<(usize, Segment)> {
    if let Some(rest) = text.strip_prefix('.') {
        let end = name_length(rest);
        return (end > 0).then(|| (end + 1, Segment::Name(rest[..end].to_owned())));
    }
    let rest = text.strip_prefix('[')?;
    if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
        let end = rest[1..].find([quote, '\n'])?;
        let closed = rest[1 + end..].strip_prefix(quote)?.starts_with(']');
        return closed.then(|| (end + 4, Segment::Name(rest[1..=end].to_owned())));
    }
    let end = rest.bytes().take(MAX_INDEX).position(|byte| byte == b']')?;
    let segment = match &rest[..end] {
        "*" => Segment::All,
        digits => Segment::Item(digits.parse().ok()?),
    };
    Some((end + 2, segment))
}

fn meaning(root: &str, segments: Vec<Segment>) -> Option<Reference> {
    let mut rest = segments.into_iter();
    let rest = &mut rest;
    match root {
        "params" => Some(Reference::Param { name: name(rest)?, select: select(rest)? }),
        // The oldest form of the same.
        "inputs" => match name(rest)?.as_str() {
            "params" => Some(Reference::Param { name: name(rest)?, select: select(rest)? }),
            _ => None,
        },
        "tasks" => {
            let task = name(rest)?;
            match (task.as_str(), name(rest).as_deref()) {
                ("status", None) => Some(Reference::Statuses),
                (_, Some("status")) => Some(Reference::Status { task }),
                (_, Some("results")) => {
                    Some(Reference::Output { task, name: name(rest)?, select: select(rest)? })
                }
                _ => None,
            }
        }
        "results" => {
            let result = name(rest)?;
            (name(rest)? == "path").then_some(Reference::ResultPath { name: result })
        }
        "workspaces" => Some(Reference::Workspace { name: name(rest)?, asked: name(rest)? }),
        "context" => Some(Reference::Context { name: format!("{}.{}", name(rest)?, name(rest)?) }),
        _ => None,
    }
}

fn name(rest: &mut impl Iterator<Item = Segment>) -> Option<String> {
    match rest.next() {
        Some(Segment::Name(name)) => Some(name),
        _ => None,
    }
}

fn select(rest: &mut impl Iterator<Item = Segment>) -> Option<Select> {
    let select = match rest.next() {
        None => Select::Whole,
        Some(Segment::All) => Select::All,
        Some(Segment::Item(at)) => Select::Item(at),
        Some(Segment::Name(key)) => Select::Key(key),
    };
    rest.next().is_none().then_some(select)
}

impl Reference {
    /// The name of the variable in which a step finds the value.
    pub fn variable(&self) -> String {
        let (words, select) = match self {
            Self::Param { name, select } => (format!("PARAM_{name}"), Some(select)),
            Self::Output { task, name, select } => (format!("RESULT_{task}_{name}"), Some(select)),
            Self::Status { task } => (format!("STATUS_{task}"), None),
            Self::Statuses => ("STATUS".to_owned(), None),
            Self::Workspace { name, .. } => (format!("SUBPATH_{name}"), None),
            _ => ("VALUE".to_owned(), None),
        };
        let selected = match select {
            Some(Select::Item(at)) => format!("{words}_{at}"),
            Some(Select::Key(key)) => format!("{words}_{key}"),
            _ => words,
        };
        variable(&selected)
    }
}

/// `words` as the name of a variable.
pub fn variable(words: &str) -> String {
    const LONGEST: usize = 100;
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    words.chars().take(LONGEST).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Reference {
        let found = find(text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].range, 0..text.len(), "{text}");
        found[0].reference.clone()
    }

    fn param(name: &str, select: Select) -> Reference {
        Reference::Param { name: name.to_owned(), select }
    }

    #[test]
    fn reads_every_way_of_writing_a_parameter() {
        assert_eq!(one("$(params.a-b)"), param("a-b", Select::Whole));
        assert_eq!(one("$(params[\"a.b\"])"), param("a.b", Select::Whole));
        assert_eq!(one("$(params['a.b'][*])"), param("a.b", Select::All));
        assert_eq!(one("$(params.a[12])"), param("a", Select::Item(12)));
        assert_eq!(one("$(params.a.url)"), param("a", Select::Key("url".to_owned())));
        assert_eq!(one("$(inputs.params.a)"), param("a", Select::Whole));
    }

    #[test]
    fn reads_what_tasks_hand_on() {
        let output = Reference::Output { task: "t".into(), name: "r".into(), select: Select::Whole };
        assert_eq!(one("$(tasks.t.results.r)"), output);
        assert_eq!(one("$(tasks.t.results['r'])"), output);
        assert_eq!(one("$(tasks.t.status)"), Reference::Status { task: "t".into() });
        assert_eq!(one("$(tasks.status)"), Reference::Statuses);
        assert_eq!(one("$(results.r.path)"), Reference::ResultPath { name: "r".into() });
        assert_eq!(one("$(step.results.r.path)"), Reference::Other { words: "step.results.r.path".into() });
    }

    #[test]
    fn leaves_the_shell_its_own() {
        for text in [
            "$(date)",
            "$(params)",
            "$(params.x | cat)",
            "$(params.)",
            "$(params[x)",
            "$(parameters.x)",
            "$(",
            "$(params.x",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
        assert_eq!(find("$(echo $(params.a))$(params.b)").len(), 2);
    }

    #[test]
    fn names_variables() {
        assert_eq!(one("$(params[\"a.b\"])").variable(), "PARAM_a_b");
        assert_eq!(one("$(params.a[1])").variable(), "PARAM_a_1");
        assert_eq!(one("$(tasks.build-it.results.digest)").variable(), "RESULT_build_it_digest");
    }
}
