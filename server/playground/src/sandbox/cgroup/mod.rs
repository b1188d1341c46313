//! Control groups: what a job's processes may use together, counted by the kernel.

mod v1;
mod v2;

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use regatta_domain::run::Ending;

use super::system;
use crate::executor::Limits;

/// How long processes that were killed are waited for.
const PATIENCE: Duration = Duration::from_millis(800);
/// How often it is looked whether they are gone.
const INTERVAL: Duration = Duration::from_millis(3);
/// Bubblewrap's own process stands beside the job's in its group.
const OWN_PROCESSES: u64 = 1;

/// Where groups for jobs are made.
#[derive(Clone, Debug)]
pub enum Hierarchy {
    /// One tree for each controller.
    V1(v1::Trees),
    /// One tree for all.
    V2(v2::Tree),
}

/// The group of one job. Dropping it kills what is in it and removes it.
#[derive(Debug)]
pub struct Group {
    /// Its folder in each tree.
    folders: Vec<PathBuf>,
    /// The file whose `oom_kill` line counts the deaths by the memory limit.
    memory_events: PathBuf,
    /// The file whose `max` line counts the refusals by the process limit.
    process_events: PathBuf,
}

impl Hierarchy {
    /// Finds a place where this process may make groups that limit memory and processes, or says why there is none.
    /// Groups that earlier portals left behind are removed.
    pub fn find() -> Result<Self, String> {
        let found = v1::Trees::find().map(Self::V1).or_else(|v1| {
            v2::Tree::find().map(Self::V2).map_err(|v2| format!("version 1: {v1}; version 2: {v2}"))
        })?;
        for folder in found.parents() {
            sweep(folder);
        }
        Ok(found)
    }

    /// The version of the kernel's interface.
    pub fn version(&self) -> u8 {
        match self {
            Self::V1(_) => 1,
            Self::V2(_) => 2,
        }
    }

    /// Makes a group that is limited as `limits` say.
    pub fn create(&self, limits: &Limits) -> io::Result<Group> {
        match self {
            Self::V1(trees) => trees.create(&group_name(), limits),
            Self::V2(tree) => tree.create(&group_name(), limits),
        }
    }

    fn parents(&self) -> Vec<&Path> {
        match self {
            Self::V1(trees) => trees.parents(),
            Self::V2(tree) => vec![tree.parent()],
        }
    }
}

/// A name that no other group has. It names this process, so that a later portal can tell that it was left behind.
fn group_name() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    format!("regatta-job.{}.{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// The process that made the group of this name.
fn maker(name: &str) -> Option<u32> {
    name.strip_prefix("regatta-job.")?.split('.').next()?.parse().ok()
}

/// Removes the groups of portals that are no more.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(maker) = name.to_str().and_then(maker) else { continue };
        if !Path::new("/proc").join(maker.to_string()).exists() {
            let folder = entry.path();
            Group { memory_events: PathBuf::new(), process_events: PathBuf::new(), folders: vec![folder] };
        }
    }
}

impl Group {
    /// The files that a process writes to in order to join.
    pub fn entries(&self) -> io::Result<Vec<OwnedFd>> {
        let open = |folder: &PathBuf| {
            let file = fs::OpenOptions::new().write(true).open(folder.join("cgroup.procs"))?;
            Ok(OwnedFd::from(file))
        };
        self.folders.iter().map(open).collect()
    }

    /// The limit that has been reached, if one has.
    pub fn exceeded(&self) -> Option<Ending> {
        if counter(&self.memory_events, "oom_kill") > 0 {
            return Some(Ending::OutOfMemory);
        }
        (counter(&self.process_events, "max") > 0).then_some(Ending::ProcessLimit)
    }

    /// Kills what is in it, waits until that is gone, and removes it.
    pub async fn remove(mut self) -> Result<(), String> {
        let started = Instant::now();
        while !self.try_remove() {
            if started.elapsed() > PATIENCE {
                return Err(format!("control group {:?} cannot be removed", self.folders));
            }
            tokio::time::sleep(INTERVAL).await;
        }
        Ok(())
    }

    /// Kills the members and removes the folders that have none left; whether all are removed.
    fn try_remove(&mut self) -> bool {
        self.folders.retain(|folder| {
            kill_members(folder);
            match fs::remove_dir(folder) {
                Ok(()) => false,
                Err(error) => error.kind() != io::ErrorKind::NotFound,
            }
        });
        self.folders.is_empty()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let started = Instant::now();
        while !self.try_remove() && started.elapsed() < PATIENCE {
            std::thread::sleep(INTERVAL);
        }
    }
}

fn kill_members(folder: &Path) {
    if fs::write(folder.join("cgroup.kill"), "1").is_ok() {
        return;
    }
    let members = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    for pid in members.lines().filter_map(|line| line.parse().ok()) {
        system::kill_member(pid);
    }
}

/// The number after `name` in a file of lines of names and numbers; 0 where there is none.
fn counter(file: &Path, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let number =
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok());
    number.unwrap_or(0)
}

/// The process limit of a group for a job that may have `limits`.
fn members(limits: &Limits) -> u64 {
    limits.processes + OWN_PROCESSES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_tells_who_made_it() {
        assert_eq!(maker(&group_name()), Some(std::process::id()));
        assert_eq!(maker("regatta-portal"), None);
        assert_eq!(maker("user.slice"), None);
    }

    #[test]
    fn counters_are_read_by_their_whole_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "oom 3\noom_kill 2\noom_group_kill 1\n").unwrap();
        assert_eq!(counter(file.path(), "oom_kill"), 2);
        assert_eq!(counter(file.path(), "max"), 0);
        assert_eq!(counter(Path::new("/nonexistent"), "max"), 0);
    }
}
