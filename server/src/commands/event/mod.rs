//! `regatta event …`

pub mod decide;
pub mod show;
