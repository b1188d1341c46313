//! What pages are made of.

pub mod agenda;
pub mod cards;
pub mod dates;
pub mod fields;
pub mod graph;
pub mod hoist;
pub mod layout;
pub mod markdown;
pub mod runs;
pub mod state_mark;
pub mod structured_data;
pub mod tables;
