//! What pages are made of.

pub mod agenda;
pub mod asked;
pub mod cards;
pub mod change_form;
pub mod choices;
pub mod dates;
pub mod fields;
pub mod graph;
pub mod history;
pub mod hoist;
pub mod layout;
pub mod markdown;
pub mod register_form;
pub mod registration_state;
pub mod runs;
pub mod seats;
pub mod state_mark;
pub mod status;
pub mod structured_data;
pub mod tables;
