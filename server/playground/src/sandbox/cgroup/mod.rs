//! Control groups: what a job's processes may use together, counted by the kernel.

mod life;
mod v1;
mod v2;

use std::fs;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use regatta_domain::ports::Entropy;
use regatta_domain::run::Ending;

use self::life::{Life, Token};
use super::engine::Bounds;
use super::system;

/// How many names are tried for a group.
const ATTEMPTS: usize = 8;

/// Where groups for jobs are made.
#[derive(Debug)]
pub struct Hierarchy {
    trees: Trees,
    token: Token,
    /// Held as long as groups may be made.
    _lives: Vec<Life>,
    made: AtomicU64,
}

#[derive(Debug)]
enum Trees {
    /// One tree for each controller.
    V1(v1::Trees),
    /// One tree for all.
    V2(v2::Tree),
}

/// The group of one job. Dropping it kills what is in it, and removes it if that is gone at once.
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
    pub fn find(entropy: &dyn Entropy) -> Result<Self, String> {
        let trees = v1::Trees::find().map(Trees::V1).or_else(|v1| {
            v2::Tree::find().map(Trees::V2).map_err(|v2| format!("version 1: {v1}; version 2: {v2}"))
        })?;
        let (token, lives) = Life::begin(&trees.parents(), entropy).map_err(|error| error.to_string())?;
        Ok(Self { trees, token, _lives: lives, made: AtomicU64::new(0) })
    }

    /// The version of the kernel's interface.
    pub fn version(&self) -> u8 {
        match self.trees {
            Trees::V1(_) => 1,
            Trees::V2(_) => 2,
        }
    }

    /// Makes a group that is limited as `bounds` say.
    pub fn create(&self, bounds: Bounds) -> io::Result<Group> {
        let mut made = self.create_next(bounds);
        for _ in 0..ATTEMPTS {
            match made {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => made = self.create_next(bounds),
                other => return other,
            }
        }
        made
    }

    fn create_next(&self, bounds: Bounds) -> io::Result<Group> {
        let name = self.token.group(self.made.fetch_add(1, Ordering::Relaxed));
        match &self.trees {
            Trees::V1(trees) => trees.create(&name, bounds),
            Trees::V2(tree) => tree.create(&name, bounds),
        }
    }

    /// The groups that portals left behind which are no more.
    pub fn left_behind(&self) -> Vec<Group> {
        let folders = self.trees.parents().into_iter().flat_map(life::left_behind);
        folders.map(Group::left_behind).collect()
    }
}

impl Trees {
    fn parents(&self) -> Vec<&Path> {
        match self {
            Self::V1(trees) => trees.parents(),
            Self::V2(tree) => vec![tree.parent()],
        }
    }
}

/// Makes a group in `folder` and removes it again.
fn try_out(folder: &Path) -> io::Result<()> {
    let trial = folder.join(format!("regatta-trial.{}", std::process::id()));
    match fs::create_dir(&trial) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    match fs::remove_dir(trial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
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

    /// A group of which only its folder is known.
    pub fn left_behind(folder: PathBuf) -> Self {
        Self { memory_events: PathBuf::new(), process_events: PathBuf::new(), folders: vec![folder] }
    }

    /// Kills the members and removes the folders that have none left; whether all are removed.
    pub fn try_remove(&mut self) -> bool {
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
        if !self.try_remove() {
            tracing::warn!(folders = ?self.folders, "a control group stays behind; the next portal removes it");
        }
    }
}

fn kill_members(folder: &Path) {
    let mut kill = fs::OpenOptions::new().write(true).open(folder.join("cgroup.kill"));
    if kill.as_mut().is_ok_and(|kill| kill.write_all(b"1").is_ok()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_read_by_their_whole_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "oom 3\noom_kill 2\noom_group_kill 1\n").unwrap();
        assert_eq!(counter(file.path(), "oom_kill"), 2);
        assert_eq!(counter(file.path(), "max"), 0);
        assert_eq!(counter(Path::new("/nonexistent"), "max"), 0);
    }

    /// Where the kernel's version 2 is mounted and groups can be made, whatever it controls there.
    fn version_2() -> Option<PathBuf> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let mount = mounts.lines().find(|line| line.contains(" - cgroup2 "))?;
        let point = PathBuf::from(mount.split(' ').nth(4)?);
        try_out(&point).is_ok().then_some(point)
    }

    #[test]
    fn a_group_of_version_2_is_killed_as_one() {
        let Some(mount) = version_2() else { return };
        let folder = mount.join(format!("regatta-test.{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let mut group = Group::left_behind(folder.clone());
        let mut shell = std::process::Command::new("sh").args(["-c", "sleep 60 & wait"]).spawn().unwrap();
        fs::write(folder.join("cgroup.procs"), shell.id().to_string()).unwrap();
        while !group.try_remove() {}
        let signal = std::os::unix::process::ExitStatusExt::signal(&shell.wait().unwrap());
        assert_eq!(signal, Some(libc::SIGKILL));
        assert!(!folder.exists());
    }
}
