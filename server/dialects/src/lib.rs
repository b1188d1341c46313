//! Pipeline texts of several continuous delivery systems, read into one intermediate form.
//!
//! Each dialect is a module with one function, `read(text) -> Reading`. None drops anything in silence: what a pipeline says
//! is done, or told in a note, or refused at its line and column. What cannot run is understood as far as possible all the
//! same, so that it can be drawn. [`yaml`] reads the syntax that most of them share, within limits on size, depth and
//! aliases.

mod findings;
mod graph;
pub mod hint;
pub mod screwdriver;
mod substitution;
pub mod tekton;
pub mod yaml;

use regatta_domain::pipeline::{Dialect, Reading};

/// How many jobs a pipeline may have.
pub const MAX_JOBS: usize = 20;
/// How many steps a job may have.
pub const MAX_STEPS: usize = 30;
/// How many jobs one matrix may become.
pub const MAX_CELLS: usize = 16;
/// How many bytes all scripts and variables may have together once shared parts and aliases are written out.
pub const MAX_EXPANDED_BYTES: usize = 256 * 1024;

/// Reads `text` as `dialect`.
pub fn read(dialect: Dialect, text: &str) -> Reading {
    match dialect {
        Dialect::Screwdriver => screwdriver::read(text),
        Dialect::Tekton => tekton::read(text),
    }
}

/// What `text` looks like it is written in: Tekton where a line begins with `apiVersion:` or `kind:`, Screwdriver else.
pub fn detect(text: &str) -> Dialect {
    let tekton = |line: &str| line.starts_with("apiVersion:") || line.starts_with("kind:");
    if text.lines().any(tekton) { Dialect::Tekton } else { Dialect::Screwdriver }
}
