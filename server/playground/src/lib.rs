//! Runs pipelines where they can do no harm, and tells what happens while it happens.

pub mod executor;
