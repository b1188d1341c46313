//! What is wrong with a content file, told so that its author can mend it.

use std::fmt;
use std::path::{Path, PathBuf};

/// A mistake in a content file, at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, relative to the content folder.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where something can be said.
    pub hint: Option<String>,
}

impl Problem {
    /// The problem as compilers write it, `DIR/events/x.md:3:5: message`, and the hint on a line of its own; `dir` is the
    /// content folder.
    pub fn told_in(&self, dir: &Path) -> String {
        // Pushed part by part, the path of the folder itself has no `/` at its end.
        let path: PathBuf = dir.components().chain(self.file.components()).collect();
        let place = format!("{}:{}:{}: {}", path.display(), self.line, self.column, self.message);
        match &self.hint {
            Some(hint) => format!("{place}\n  hint: {hint}"),
            None => place,
        }
    }

    /// A mistake of the file as a whole, told at its beginning.
    pub(crate) fn of_file(file: &Path, message: String) -> Self {
        Self { file: file.to_path_buf(), line: 1, column: 1, message, hint: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told_in(Path::new("content")))
    }
}
