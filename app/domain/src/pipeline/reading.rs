//! What becomes of a text that is read as a pipeline.

use serde::{Deserialize, Serialize};

use super::{Pipeline, Plan};

/// The languages that pipelines are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// `screwdriver.yaml`.
    #[default]
    Screwdriver,
    /// Tekton's `Pipeline`, `PipelineRun`, `Task` and `TaskRun`.
    Tekton,
}

/// A text as it was read. What cannot run is drawn and explained all the same, as far as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What it was read as.
    pub dialect: Dialect,
    /// As much as was understood; [`Reading::runnable`] only gives it out where nothing is in the way. Needs point to
    /// existing jobs; where jobs wait for each other in a circle, their order is the written one.
    pub pipeline: Pipeline,
    /// What keeps it from running, by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Something the reader of a pipeline should know, though it does not keep it from running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The line it speaks of, from 1, where there is one.
    pub line: Option<usize>,
    /// What was done.
    #[serde(default)]
    pub kind: NoteKind,
    /// What was done with it and why.
    pub text: String,
}

/// What was done with something that a pipeline says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// It has no meaning here.
    #[default]
    Ignored,
    /// Something else is done in its place.
    Simulated,
    /// It is done, in a way that is worth knowing.
    Explained,
}

/// What keeps a pipeline from running, at its place in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct Diagnostic {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// Whose it is.
    #[serde(default)]
    pub problem: Problem,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where something can be said.
    pub hint: Option<String>,
}

/// Whose problem a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The text is wrong: the dialect's own system would refuse it too.
    #[default]
    Mistake,
    /// The text is right, but this playground does not do that.
    Refused,
}

impl Dialect {
    /// Every dialect, for tables and forms.
    pub const ALL: [Self; 2] = [Self::Screwdriver, Self::Tekton];

    /// The name under which it is stored and asked for.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Screwdriver => "screwdriver",
            Self::Tekton => "tekton",
        }
    }

    /// The dialect stored under `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.as_str() == name)
    }

    /// The words a visitor reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Screwdriver => "Screwdriver",
            Self::Tekton => "Tekton",
        }
    }
}

impl Reading {
    /// The pipeline where it can run, else what keeps it from that; at least one diagnostic.
    pub fn runnable(self) -> Result<Pipeline, Vec<Diagnostic>> {
        if self.diagnostics.is_empty() { Ok(self.pipeline) } else { Err(self.diagnostics) }
    }

    /// Whether it can run.
    pub fn is_runnable(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// The plan of what was understood; it may have no jobs.
    pub fn plan(&self) -> Plan {
        self.pipeline.plan()
    }
}
