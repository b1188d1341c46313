//! What Regatta is about, without how: events and people, registrations, pipelines and their runs.
//!
//! Pure types and rules for both targets (the server and, for the island pages, the browser). Nothing here knows a
//! database, a web framework, a template, the wall clock or a random generator; those arrive through [`ports`].

pub mod announcement;
pub mod calendar;
pub mod email_address;
pub mod event;
pub mod feedback;
#[cfg(test)]
mod fixtures;
pub mod follow;
pub mod history;
pub mod hold;
pub mod html;
pub mod ids;
pub mod language;
pub mod page;
pub mod people;
pub mod person_name;
pub mod pipeline;
pub mod ports;
pub mod post;
pub mod questions;
pub mod registration;
pub mod run;
pub mod seats;
pub mod series;
pub mod site;
pub mod slug;
pub mod switches;
pub mod waitlist;
