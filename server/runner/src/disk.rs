//! What a job holds of its file systems, and whether that is too much.

use regatta_runner::Spec;

use crate::system::{self, Space};

/// What the kernel needs for a file that is empty, about, in bytes.
const EMPTY_FILE: u64 = 1 << 10;

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
        self.spaces().map(holds).fold(0, u64::saturating_add)
    }

    /// Whether one of them is full, or holds too many files, or together they hold all that they may.
    pub fn is_full(&self) -> bool {
        let most_files = self.spec.files.unwrap_or(u64::MAX);
        let full = |space: Space| (space.total > 0 && space.free == 0) || space.files > most_files;
        let too_much = |most: u64| self.held().saturating_sub(self.held_before) >= most;
        self.spaces().any(full) || self.spec.disk_bytes.is_some_and(too_much)
    }

    fn spaces(&self) -> impl Iterator<Item = Space> {
        self.spec.watched.iter().filter_map(|path| system::space(path).ok())
    }
}
