//! What a job holds of its file systems, and whether that is too much.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

use regatta_runner::Spec;

use crate::system::{self, Space};

/// What the kernel needs for a file that is empty, about, in bytes.
const EMPTY_FILE: u64 = 1 << 10;
/// The unit in which the kernel tells how much a file takes, in bytes (stat(2)).
const BLOCK: u64 = 512;

/// The file systems that a job may write to.
pub struct Disk<'a> {
    spec: &'a Spec,
    held_before: u64,
}

impl<'a> Disk<'a> {
    /// Those of a job that begins now.
    pub fn of(spec: &'a Spec) -> Self {
        let mut disk = Self { spec, held_before: 0 };
        disk.held_before = disk.held();
        disk
    }

    /// What all of them hold, in bytes.
    pub fn held(&self) -> u64 {
        let holds = |space: Space| {
            space.total.saturating_sub(space.free).saturating_add(space.files.saturating_mul(EMPTY_FILE))
        };
        self.spaces().map(holds).chain(self.files()).fold(0, u64::saturating_add)
    }

    /// Whether one of them is full, or holds too many files, or together they hold all that they may.
    pub fn is_full(&self) -> bool {
        let most_files = self.spec.files.unwrap_or(u64::MAX);
        let full = |space: Space| (space.total > 0 && space.free == 0) || space.files > most_files;
        let too_much = |most: u64| self.held().saturating_sub(self.held_before) >= most;
        self.spaces().any(full) || self.spec.disk_bytes.is_some_and(too_much)
    }

    fn spaces(&self) -> impl Iterator<Item = Space> {
        let folders = self.spec.watched.iter().filter(|path| !path.is_file());
        folders.filter_map(|path| system::space(path).ok())
    }

    /// What is held by each file that is watched for itself: its file system is not the job's.
    fn files(&self) -> impl Iterator<Item = u64> {
        let files = self.spec.watched.iter().filter_map(|path| path.metadata().ok());
        files.filter(Metadata::is_file).map(|file| file.blocks().saturating_mul(BLOCK))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A job that may write to a file of somebody else's file system.
    fn spec(file: &std::path::Path) -> Spec {
        Spec {
            identity: regatta_runner::Identity { run: "r".into(), job: 0, attempt: 0 },
            steps: Vec::new(),
            environment: std::collections::BTreeMap::new(),
            shell: "/bin/sh".into(),
            workspace: "/workspace".into(),
            state: "/state".into(),
            watched: vec![file.to_owned()],
            files: None,
            processes: None,
            results: Vec::new(),
            metadata: None,
            unpack: Vec::new(),
            pack: false,
            walls: None,
            disk_bytes: Some(1 << 20),
        }
    }

    #[test]
    fn a_file_counts_by_what_it_takes_and_not_by_the_file_system_that_it_is_in() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let spec = spec(file.path());
        let disk = Disk::of(&spec);
        assert_eq!(disk.held(), 0);
        fs::write(file.path(), vec![1; 64 << 10]).unwrap();
        assert!((64 << 10..128 << 10).contains(&disk.held()), "{}", disk.held());
        assert!(!disk.is_full());
        fs::write(file.path(), vec![1; 1 << 20]).unwrap();
        assert!(disk.is_full());
    }
}
