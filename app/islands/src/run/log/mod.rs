//! The log as a model: what is kept of its lines, what they look like, and how one finds one's way in it. Nothing here
//! knows of a browser.

mod errors;
mod html;
mod lines;
mod place;
mod search;

pub(crate) use errors::error_places;
pub(crate) use html::{Look, escape, lines_html};
pub use html::{Times, log_html};
pub use lines::StepLines;
pub use place::Picked;
pub(crate) use place::Place;
pub(crate) use search::Search;
