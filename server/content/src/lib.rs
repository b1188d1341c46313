//! The content folder as a library: read, checked, rendered, indexed, and watched for changes.
//!
//! People edit Markdown and YAML files by pull request; nothing in the folder is code and nothing in it is trusted.
//! [`Library::load`] never fails as a whole: what cannot be read is left out and told as a [`Problem`] with its place,
//! and everything else stays online. [`Shelf`] holds the current library and replaces it when files change.

mod address;
mod ambassador_file;
mod document;
mod event_file;
mod fields;
mod fingerprint;
mod folder;
mod library;
mod load;
mod markdown;
mod moment;
mod page_file;
mod pipeline_file;
mod post_file;
mod problem;
mod reading;
mod references;
mod series_file;
mod shelf;
mod site_file;

pub use library::{Demo, EventAddress, Library};
pub use markdown::Fence;
pub use problem::Problem;
pub use shelf::Shelf;
