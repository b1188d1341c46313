//! What the page of a run is made of.

pub mod headline;
pub mod jobs;
pub mod onwards;
pub mod setup;
pub mod tools;
