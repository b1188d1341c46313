//! What is relied on of runs beside the contract, on both engines: rows of before, rows of other writers, replicas.

pub mod constraints;
pub mod earlier;
pub mod first;
pub mod replicas;
