//! Texts with places that are filled when their moment comes.

use serde::{Deserialize, Serialize};

/// A text whose pieces are known at different times. It becomes the value of a variable or one side of a comparison, never a
/// part of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template(pub Vec<Piece>);

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// As it is written.
    Text(String),
    /// The value of a parameter.
    Parameter(String),
    /// What a job handed on.
    Output {
        /// The job's place in the pipeline.
        job: usize,
        /// The name under which it did.
        name: String,
    },
    /// How a job ended: `Succeeded`, `Failed` or `None` (Tekton's `$(tasks.x.status)`).
    Status {
        /// The job's place in the pipeline.
        job: usize,
    },
    /// How several jobs ended together (Tekton's `$(tasks.status)`): `Failed` where one of them failed, `Succeeded` where
    /// all of them succeeded, else `Completed`.
    Statuses {
        /// The jobs' places in the pipeline.
        jobs: Vec<usize>,
    },
}

/// A piece of a [`Template`] that has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved(pub Piece);

impl Template {
    /// A text that is known from the start.
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![Piece::Text(text.into())])
    }

    /// The value of a parameter alone.
    pub fn parameter(name: impl Into<String>) -> Self {
        Self(vec![Piece::Parameter(name.into())])
    }

    /// The text, with each piece that is not known from the start as `lookup` has it.
    pub fn resolve(&self, lookup: impl Fn(&Piece) -> Option<String>) -> Result<String, Unresolved> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(known) => text.push_str(known),
                other => text.push_str(&lookup(other).ok_or_else(|| Unresolved(other.clone()))?),
            }
        }
        Ok(text)
    }
}

impl From<&str> for Template {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}
