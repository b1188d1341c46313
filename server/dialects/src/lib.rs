//! Pipeline texts of several continuous delivery systems, read into one intermediate form.
//!
//! Each dialect is a module with one function, `read(text) -> Result<Pipeline, Vec<Diagnostic>>`. None drops anything in
//! silence: what a pipeline says is done, or told in a note, or refused at its line and column. [`yaml`] reads the
//! syntax that most of them share, within limits on size, depth and aliases.

mod findings;
mod graph;
pub mod hint;
pub mod screwdriver;
pub mod yaml;

/// How many jobs a pipeline may have.
pub const MAX_JOBS: usize = 20;
/// How many steps a job may have.
pub const MAX_STEPS: usize = 30;
/// How many bytes all scripts and variables may have together once shared parts and aliases are written out.
pub const MAX_EXPANDED_BYTES: usize = 256 * 1024;
