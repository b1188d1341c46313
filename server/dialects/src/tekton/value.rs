//! What references stand for.

use regatta_domain::pipeline::{Piece, Template};

/// What a parameter or another reference stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text, known now or when the task's turn comes.
    Text(Template),
    /// A list; how long it is is known now.
    List(Vec<Template>),
    /// Texts under names.
    Object(Vec<(String, Template)>),
    /// A place below a folder that only the sandbox knows, in a variable that every step has.
    Path {
        /// The variable.
        folder: &'static str,
        /// What is appended, beginning with a `/`.
        below: Template,
    },
    /// Something that is wrong, which was told.
    Unknown,
}

impl Value {
    /// A text that is known now.
    pub fn known(text: impl Into<String>) -> Self {
        Self::Text(Template::text(text))
    }

    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
            Self::Path { .. } => "a path in the sandbox",
            Self::Unknown => "unknown",
        }
    }

    /// About how many bytes it has.
    pub fn size(&self) -> usize {
        match self {
            Self::Text(text) | Self::Path { below: text, .. } => size(text),
            Self::List(items) => items.iter().map(size).sum(),
            Self::Object(entries) => entries.iter().map(|(key, value)| key.len() + size(value)).sum(),
            Self::Unknown => 0,
        }
    }
}

/// About how many bytes `template` takes, with what it takes itself however short its text is.
pub fn size(template: &Template) -> usize {
    const ITSELF: usize = 16;
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.len(),
        Piece::Parameter(name) | Piece::Output { name, .. } => name.len() + ITSELF,
        Piece::Status { .. } => ITSELF,
        Piece::Statuses { jobs } => ITSELF + 8 * jobs.len(),
    };
    ITSELF + template.0.iter().map(piece).sum::<usize>()
}

/// The text of `template` where it is known now.
pub fn known(template: &Template) -> Option<String> {
    template.resolve(|_| None).ok()
}

/// Appends `text`, to the piece before it where that is a text too.
pub fn push_text(template: &mut Template, text: &str) {
    match template.0.last_mut() {
        Some(Piece::Text(before)) => before.push_str(text),
        _ if text.is_empty() => {}
        _ => template.0.push(Piece::Text(text.to_owned())),
    }
}

/// Appends all of `more`.
pub fn append(template: &mut Template, more: &Template) {
    for piece in &more.0 {
        match piece {
            Piece::Text(text) => push_text(template, text),
            other => template.0.push(other.clone()),
        }
    }
}
