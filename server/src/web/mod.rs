//! The web in front of the rooms: one readable list of routes, the middleware, and a file of handlers per area.

mod asset_files;
mod budget;
mod calendars;
mod dev_mail;
mod errors;
mod feedback;
mod fences;
mod follow;
mod form_token;
mod guard;
mod headers;
mod health;
mod host;
mod language;
mod listen;
mod mail_samples;
mod manage;
mod pace;
mod playground;
mod registration;
mod router;
mod runs;
mod series;
mod showcase;
mod site;
mod state;
mod tickets;
mod trace;
mod visitor;
mod website;

pub use budget::{Budget, Budgets};
pub use form_token::FormTokens;
pub use listen::{Door, raise_descriptor_limit};
pub use router::router;
pub use state::{Portal, Rooms};
