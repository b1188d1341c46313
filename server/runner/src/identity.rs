//! Which job a runner works for.

use serde::{Deserialize, Serialize};

/// One attempt at one job of one run. It stands in the greeting, and the end's seal covers it: no report can be taken
/// for that of another attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The run.
    pub run: String,
    /// The job's place in the run.
    pub job: u64,
    /// How often it was tried before.
    pub attempt: u32,
}
