//! What operators decide of the playground while it runs.

use serde::{Deserialize, Serialize};

/// What the playground does at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaygroundMode {
    /// It takes runs and runs them.
    #[default]
    Open,
    /// It takes runs, which wait until it is open again. What is under way goes on.
    Paused,
    /// It takes no runs; what waits and what is under way is run to its end.
    Draining,
    /// It takes no runs and starts none. Runs can be looked at. What is under way goes on; what waits keeps waiting.
    ReadOnly,
}

/// What operators decide of the playground while it runs; kept in the store, so that every process heeds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    /// What it does.
    pub mode: PlaygroundMode,
    /// Whether visitors may run texts of their own; without, only the demos, with parameters.
    pub edited_runs: bool,
    /// Why, in a sentence for visitors, where there is something to say.
    pub reason: Option<String>,
}

impl Default for Switches {
    fn default() -> Self {
        Self { mode: PlaygroundMode::Open, edited_runs: true, reason: None }
    }
}

impl PlaygroundMode {
    /// Every mode, for commands and tables.
    pub const ALL: [Self; 4] = [Self::Open, Self::Paused, Self::Draining, Self::ReadOnly];

    /// The name under which it is stored and asked for.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paused => "paused",
            Self::Draining => "draining",
            Self::ReadOnly => "read-only",
        }
    }

    /// The mode stored under `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }

    /// Whether new runs are taken.
    pub fn takes_runs(self) -> bool {
        matches!(self, Self::Open | Self::Paused)
    }

    /// Whether runs that wait are started.
    pub fn starts_runs(self) -> bool {
        matches!(self, Self::Open | Self::Draining)
    }

    /// The words a visitor reads where the playground is not open.
    pub fn words(self) -> &'static str {
        match self {
            Self::Open => "The playground is open.",
            Self::Paused => "The playground is paused: runs can be asked for and wait until it goes on.",
            Self::Draining => "The playground is closing: what waits is still run, new runs are not taken.",
            Self::ReadOnly => "The playground is read-only: runs can be looked at, none are started.",
        }
    }
}
