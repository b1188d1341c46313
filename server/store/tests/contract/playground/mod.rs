//! What the playground relies on.

pub mod admission;
pub mod holds;
pub mod lists;
pub mod logs;
pub mod operation;
pub mod retention;
pub mod samples;
pub mod shares;
