//! The folder on disk: which files there are, and their text, within limits.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::Problem;

/// The largest content file, in bytes.
pub const MAX_FILE_BYTES: u64 = 256 * 1024;
/// How many content files are read; more is a mistake, not a community.
pub const MAX_FILES: usize = 2_000;

/// A file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path relative to the folder, with `/`.
    pub path: PathBuf,
    /// Where it can be read.
    pub full: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last written, where the file system tells.
    pub modified: Option<SystemTime>,
}

/// What a look at the folder found.
#[derive(Debug, Default)]
pub struct Listing {
    /// The files, by path.
    pub entries: Vec<Entry>,
    /// What cannot be read or is not allowed.
    pub problems: Vec<Problem>,
}

/// Lists the files of `dir` and of the folders in it. Hidden files and folders are passed over.
pub fn list(dir: &Path) -> Listing {
    let mut listing = Listing::default();
    let root = match fs::canonicalize(dir) {
        Ok(root) => root,
        Err(error) => {
            listing.refuse(Path::new(""), format!("the content folder cannot be read: {error}"));
            return listing;
        }
    };
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        if let Err(error) = list_one(&root, &folder, &mut folders, &mut listing) {
            listing.refuse(&folder, format!("this folder cannot be read: {error}"));
        }
    }
    // The folder itself was listed first, so that `site.yaml` is never among what is left out.
    if listing.entries.len() > MAX_FILES {
        listing.entries.truncate(MAX_FILES);
        listing.refuse(Path::new(""), format!("more than {MAX_FILES} files: the others are left out"));
    }
    listing.entries.sort_by(|a, b| a.path.cmp(&b.path));
    listing
}

fn list_one(root: &Path, folder: &Path, folders: &mut Vec<PathBuf>, listing: &mut Listing) -> io::Result<()> {
    for found in fs::read_dir(root.join(folder))? {
        let name = found?.file_name();
        if name.to_string_lossy().starts_with('.') || listing.entries.len() > MAX_FILES {
            continue;
        }
        let path = folder.join(name);
        match look(root, &path) {
            Ok(Look::File(entry)) => listing.entries.push(entry),
            // One level of folders holds everything; what lies deeper is reported where it is looked at.
            Ok(Look::Folder) if folder.as_os_str().is_empty() => folders.push(path),
            Ok(Look::Folder) => listing.refuse(&path, "folders inside this folder are not read".to_owned()),
            Ok(Look::Outside) => {
                listing.refuse(
                    &path,
                    "this link leads out of the content folder and is not followed".to_owned(),
                );
            }
            Err(error) => listing.refuse(&path, format!("this file cannot be read: {error}")),
        }
    }
    Ok(())
}

enum Look {
    File(Entry),
    Folder,
    Outside,
}

fn look(root: &Path, path: &Path) -> io::Result<Look> {
    // Links inside the folder are followed: that is how Kubernetes mounts a ConfigMap.
    let full = fs::canonicalize(root.join(path))?;
    if !full.starts_with(root) {
        return Ok(Look::Outside);
    }
    let about = fs::metadata(&full)?;
    if about.is_dir() {
        return Ok(Look::Folder);
    }
    let modified = about.modified().ok();
    Ok(Look::File(Entry { path: path.to_path_buf(), full, bytes: about.len(), modified }))
}

impl Listing {
    fn refuse(&mut self, path: &Path, message: String) {
        self.problems.push(Problem::of_file(path, message));
    }
}

/// The text of a file.
pub fn read(entry: &Entry) -> Result<String, Problem> {
    if entry.bytes > MAX_FILE_BYTES {
        let message = format!("this file is larger than {} KiB", MAX_FILE_BYTES / 1024);
        return Err(Problem::of_file(&entry.path, message));
    }
    let bytes = fs::read(&entry.full)
        .map_err(|error| Problem::of_file(&entry.path, format!("this file cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        let (line, column) = place_at_end(&good);
        Problem {
            file: entry.path.clone(),
            line,
            column,
            message: "this file is not UTF-8 text".to_owned(),
            hint: Some("save it with the encoding UTF-8".to_owned()),
        }
    })
}

/// Line and column, both from 1, of what would follow `text`.
pub fn place_at_end(text: &str) -> (usize, usize) {
    let line = text.matches('\n').count() + 1;
    let column = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
