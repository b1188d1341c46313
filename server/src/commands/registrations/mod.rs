//! `regatta registrations …`

pub mod change;
pub mod list;
pub mod show;
