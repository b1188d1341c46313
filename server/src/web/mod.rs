//! The web in front of the rooms: one readable list of routes, the middleware, and a file of handlers per area.

mod asset_files;
mod budget;
mod calendars;
mod dev_mail;
mod errors;
mod headers;
mod health;
mod host;
mod listen;
mod playground;
mod registration;
mod router;
mod runs;
mod showcase;
mod site;
mod state;
mod trace;
mod visitor;
mod website;

pub use budget::Budget;
pub use listen::{Door, raise_descriptor_limit};
pub use router::router;
pub use state::{Portal, Rooms};
