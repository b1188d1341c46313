//! What the runner is told to do: a key on the first line of its standard input, then this as JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::seal::RunKey;

/// The most bytes of a specification, key included.
pub const MAX_SPEC: u64 = 4 << 20;

/// One job, as the runner needs to know it. Paths are the sandbox's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The run it belongs to; part of what the end vouches for.
    pub run: String,
    /// Its place in the run; part of what the end vouches for.
    pub job: u64,
    /// Its steps in order.
    pub steps: Vec<SpecStep>,
    /// Variables of the first step, beside the runner's own.
    pub environment: BTreeMap<String, String>,
    /// The shell that runs the steps.
    pub shell: PathBuf,
    /// Where the first step starts, and what [`crate::frame::Stat`] measures.
    pub workspace: PathBuf,
    /// A folder for what is carried from step to step. Its path needs no quoting in a shell.
    pub state: PathBuf,
    /// Folders whose file systems must not become full.
    pub watched: Vec<PathBuf>,
    /// How many files each of those file systems may hold. An empty one takes no room, but memory of the kernel's.
    #[serde(default)]
    pub files: Option<u64>,
    /// How many processes and threads there may be in the runner's process namespace, itself included. The kernel
    /// refuses new ones only a good deal later, so that a job beyond its limit can be told from one that keeps to it.
    pub processes: Option<u64>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecStep {
    /// Its name, which the shell puts before its messages.
    pub name: String,
    /// The script, run as `sh -e` runs it.
    pub script: String,
    /// Runs even when a step before it failed.
    pub always: bool,
}

impl Spec {
    /// What goes into the runner's standard input.
    pub fn with_key(&self, key: &RunKey) -> serde_json::Result<Vec<u8>> {
        let mut bytes = key.to_hex().into_bytes();
        bytes.push(b'\n');
        serde_json::to_writer(&mut bytes, self)?;
        Ok(bytes)
    }

    /// Reads what [`Spec::with_key`] wrote, or says what is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<(RunKey, Self), String> {
        let line = bytes.iter().position(|byte| *byte == b'\n').ok_or("no line with a key")?;
        let key = RunKey::from_hex(&bytes[..line]).ok_or("the first line is not a key")?;
        let spec: Self = serde_json::from_slice(&bytes[line + 1..]).map_err(|error| error.to_string())?;
        Ok((key, spec))
    }
}
