//! The intermediate form of a pipeline, into which every dialect is read and from which everything is shown and run.
//!
//! A dialect's reader does all that is peculiar to it: it expands matrices and shared parts, turns substitutions into
//! references to the environment, and says in [`Note`]s and [`Diagnostic`]s what it did not do. What is left here has one
//! meaning, whatever it was written in.

mod exchange;
mod needs;
mod parameter;
mod plan;
mod reading;
mod template;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use exchange::{
    Condition, Exchange, Known, MAX_OUTPUT_BYTES, MAX_OUTPUTS, MAX_WORKSPACE_BYTES, Operator, Outputs,
};
pub use needs::{Accepts, Need, Needs};
pub use parameter::{ArgumentError, Arguments, MAX_ARGUMENT_BYTES, Parameter, ParameterKind};
pub use plan::{Plan, PlannedJob};
pub use reading::{Diagnostic, Dialect, Note, NoteKind, Problem, Reading};
pub use template::{Piece, Template, Unresolved};

/// The longest text of a pipeline, in bytes.
pub const MAX_SOURCE_BYTES: usize = 64 << 10;

/// A pipeline. Jobs stand in an order in which each follows those it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    /// What a visitor may choose before it runs.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// The jobs, at least one where it can run. A matrix is written out: one job a cell.
    pub jobs: Vec<Job>,
    /// Groups of jobs under a name.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// What was ignored, simulated or added, so that nothing is dropped in silence.
    pub notes: Vec<Note>,
}

/// A sequence of steps that runs in one sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its name, unique in the pipeline.
    pub name: String,
    /// What it is for, in its author's words.
    #[serde(default)]
    pub description: Option<String>,
    /// When it may start.
    pub needs: Needs,
    /// What must hold when its turn comes; where it does not, the job is left out.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// Its failure is no failure of the run, and counts as success for those that need it.
    #[serde(default)]
    pub tolerated: bool,
    /// The alias of what it runs in; each executor says what it means there.
    pub image: String,
    /// The executor its author wishes for, where one is wished for.
    #[serde(default)]
    pub executor: Option<String>,
    /// Variables that its steps see.
    pub environment: BTreeMap<String, Template>,
    /// What it asks for, within what the portal allows.
    #[serde(default)]
    pub limits: JobLimits,
    /// Its steps in order, at least one where it can run.
    pub steps: Vec<Step>,
    /// What it takes from other jobs and hands on.
    #[serde(default)]
    pub exchange: Exchange,
    /// The cell of the matrix that it is, where it is one.
    #[serde(default)]
    pub cell: Option<Cell>,
}

/// What a job asks for beside the portal's own limits; the lower one counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLimits {
    /// Milliseconds from the start of its sandbox to the end of its last step.
    pub time_ms: Option<u64>,
    /// Memory of all its processes together, in bytes.
    pub memory_bytes: Option<u64>,
}

/// One combination of a matrix's values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The name of the job that was written once.
    pub of: String,
    /// Each dimension with its value here, in the order they are written.
    pub values: Vec<(String, String)>,
}

/// A group of jobs under a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name, unique in the pipeline.
    pub name: String,
    /// What it is for, in its author's words.
    pub description: Option<String>,
    /// Its jobs, by their place in [`Pipeline::jobs`].
    pub jobs: Vec<usize>,
}

/// One command of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name, unique in the job.
    pub name: String,
    /// What it runs. Nothing that a visitor chose stands in it: that comes by the environment.
    pub script: String,
    /// How it runs.
    #[serde(default)]
    pub manner: Manner,
    /// A teardown: runs whatever became of the steps before it.
    pub always: bool,
    /// Its failure is none of the job's.
    #[serde(default)]
    pub tolerated: bool,
    /// Variables that this step alone sees, beside the job's.
    #[serde(default)]
    pub environment: BTreeMap<String, Template>,
    /// The folder it starts in, absolute or below the workspace; where there is none, see [`Manner`].
    #[serde(default)]
    pub directory: Option<String>,
    /// The most milliseconds it may take.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
}

/// How a step runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// Read by the job's shell with `-e`, in the environment and folder that the step before it left (Screwdriver).
    #[default]
    Sourced,
    /// A program of its own that starts with the job's environment, in the workspace (Tekton). Its first line may name an
    /// interpreter (`#!`); where it does not, it is `sh -e`'s.
    Program,
}

impl Job {
    /// A job of one shell that starts at once; what else there is to say is set afterwards.
    pub fn new(name: impl Into<String>, image: impl Into<String>, steps: Vec<Step>) -> Self {
        Self { name: name.into(), image: image.into(), steps, ..Self::default() }
    }
}

impl Step {
    /// A step that the job's shell reads.
    pub fn new(name: impl Into<String>, script: impl Into<String>) -> Self {
        Self { name: name.into(), script: script.into(), ..Self::default() }
    }

    /// The same step as a teardown.
    #[must_use]
    pub fn always(self) -> Self {
        Self { always: true, ..self }
    }
}
