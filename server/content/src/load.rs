//! From the folder to the library.

use std::path::Path;

use jiff::Timestamp;

use crate::Library;
use crate::folder;

/// Reads everything in `dir`.
pub fn library(dir: &Path, _started: Timestamp) -> Library {
    let listing = folder::list(dir);
    Library { problems: listing.problems, ..Library::default() }
}
