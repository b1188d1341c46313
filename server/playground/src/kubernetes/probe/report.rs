//! What a probe found out, for visitors and operators.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What: "network from a step".
    pub what: String,
    /// Whether it is as it should be.
    pub held: bool,
    /// What was seen, in a line.
    pub words: String,
}

impl Finding {
    /// Something that is as it should be.
    pub fn held(what: &str, words: impl Into<String>) -> Self {
        Self { what: what.to_owned(), held: true, words: words.into() }
    }

    /// Something that is not.
    pub fn breached(what: &str, words: impl Into<String>) -> Self {
        Self { what: what.to_owned(), held: false, words: words.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.held { "" } else { "NOT AS IT SHOULD BE: " };
        write!(out, "{}: {not}{}", self.what, self.words)
    }
}

/// What pods showed of themselves from the inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeReport {
    /// One finding for each thing that was looked at.
    pub findings: Vec<Finding>,
    /// When it was.
    pub at: Timestamp,
}

impl ProbeReport {
    /// Whether everything is as it should be.
    pub fn holds(&self) -> bool {
        self.findings.iter().all(|finding| finding.held)
    }
}

/// Why no job is trusted to the cluster. Its text is for operators: what was seen, then what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{reason}. {fix}")]
pub struct ProbeFailure {
    /// What was seen; a sentence but for its capital and its full stop.
    pub reason: String,
    /// What to do about it; whole sentences but for the last full stop.
    pub fix: String,
    /// Everything that was looked at, as far as the probe came.
    pub report: Option<ProbeReport>,
}
