//! What the folder looks like from outside: enough to notice that something changed without reading it all.

use std::path::Path;

use crate::folder::{self, Entry};

/// Names, sizes and times of all files. Equal fingerprints: nothing was written in between.
#[derive(Debug, PartialEq, Eq)]
pub struct Fingerprint(Vec<Entry>);

impl Fingerprint {
    /// The fingerprint of the folder as it is now.
    pub fn of(dir: &Path) -> Self {
        Self(folder::list(dir).entries)
    }
}
