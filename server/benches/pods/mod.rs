//! What the cluster's bench measures, one thing a file.

pub mod added;
pub mod line;
pub mod site;
