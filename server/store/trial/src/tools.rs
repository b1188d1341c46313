//! Where PostgreSQL's server programs are.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

/// The oldest version that the store works with.
const OLDEST: u32 = 15;

/// Where the packages of Debian, Fedora and Homebrew put their versions, each in a folder of its own.
const PLACES: [(&str, &str); 4] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
];

/// There is none.
#[derive(Debug)]
pub struct Missing;

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the tests start a PostgreSQL server of their own, and its programs (initdb, pg_ctl, postgres; version \
             {OLDEST} or later) are not installed. Run `.ci/setup test`, or `sudo apt-get install postgresql`, or put \
             them in PATH"
        )
    }
}

/// The folder of the server's programs: the first of `PATH` that has them, or that of the latest version installed.
pub fn find() -> Result<PathBuf, Missing> {
    let path = env::var_os("PATH").unwrap_or_default();
    let named = env::split_paths(&path).find(|folder| is_complete(folder));
    named.or_else(latest_installed).ok_or(Missing)
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"].iter().all(|tool| folder.join(tool).is_file())
}

fn latest_installed() -> Option<PathBuf> {
    let versions = PLACES.into_iter().flat_map(|(parent, prefix)| versions_in(Path::new(parent), prefix));
    let usable = versions.filter(|(version, folder)| *version >= OLDEST && is_complete(folder));
    usable.max().map(|(_, folder)| folder)
}

fn versions_in(parent: &Path, prefix: &str) -> Vec<(u32, PathBuf)> {
    let entries = parent.read_dir().into_iter().flatten().flatten();
    let version = |name: &str| name.strip_prefix(prefix)?.parse().ok();
    entries
        .filter_map(|entry| Some((version(entry.file_name().to_str()?)?, entry.path().join("bin"))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers_behind_their_prefix() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["pgsql-15", "pgsql-9", "pgsql-16beta", "17", "local"] {
            std::fs::create_dir(parent.path().join(name)).unwrap();
        }
        let mut found = versions_in(parent.path(), "pgsql-");
        found.sort();
        let folder = |name: &str| parent.path().join(name).join("bin");
        assert_eq!(found, [(9, folder("pgsql-9")), (15, folder("pgsql-15"))]);
        assert_eq!(versions_in(Path::new("/nowhere"), ""), []);
    }

    #[test]
    fn a_folder_needs_all_of_the_programs() {
        let folder = tempfile::tempdir().unwrap();
        for tool in ["initdb", "pg_ctl"] {
            std::fs::write(folder.path().join(tool), "").unwrap();
        }
        assert!(!is_complete(folder.path()));
        std::fs::write(folder.path().join("postgres"), "").unwrap();
        assert!(is_complete(folder.path()));
    }

    #[test]
    fn who_has_none_is_told_how_to_get_it() {
        assert!(Missing.to_string().contains("apt-get install postgresql"));
    }
}
