//! What a job could leave on the machine: processes, control groups, mounts, files.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::stage::{Stage, token_of};

/// Stands after processes that have ended and wait to be collected.
pub const ZOMBIE: &str = ", a zombie";

/// How long the kernel may take to free what a job has filled.
const PATIENCE: Duration = Duration::from_secs(10);

/// What there is now.
#[derive(Debug, PartialEq, Eq)]
pub struct Traces {
    processes: BTreeSet<String>,
    groups: BTreeSet<String>,
    mounts: BTreeSet<String>,
    files: BTreeSet<String>,
}

impl Traces {
    /// Looks at the machine.
    pub fn now(stage: &Stage) -> Self {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        Self {
            processes: processes(stage),
            groups: groups_of(std::process::id()),
            mounts: mounts.lines().map(str::to_owned).collect(),
            files: files(stage),
        }
    }

    /// Fails the test if there is more than before.
    #[track_caller]
    pub fn assert_nothing_new_since(&self, before: &Self) {
        let new = self.new_since(before);
        assert!(new.is_empty(), "left behind: {new:?}");
    }

    /// Waits until nothing is there that was not before: what is big takes the kernel a while.
    pub async fn settle(stage: &Stage, before: &Self) {
        let started = Instant::now();
        loop {
            let left = Self::now(stage).new_since(before);
            if left.is_empty() {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "left behind: {left:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What was not there before.
    pub fn new_since(&self, before: &Self) -> Vec<String> {
        let pairs = [
            (&self.processes, &before.processes),
            (&self.groups, &before.groups),
            (&self.mounts, &before.mounts),
            (&self.files, &before.files),
        ];
        pairs.into_iter().flat_map(|(now, then)| now.difference(then).cloned()).collect()
    }
}

/// Whether a sandbox that root makes runs under this id. An ordinary user's run under his own, and root may play at the
/// same time.
fn is_sandboxes(stage: &Stage, uid: u32) -> bool {
    is_root() && (stage.first_user_id..stage.first_user_id + 64).contains(&uid)
}

/// Processes of sandbox users, and children of this program.
fn processes(stage: &Stage) -> BTreeSet<String> {
    let own = std::process::id().to_string();
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let process = |entry: fs::DirEntry| {
        let status = fs::read_to_string(entry.path().join("status")).ok()?;
        let uid: u32 = field(&status, "Uid:")?.parse().ok()?;
        let ours = is_sandboxes(stage, uid)
            || field(&status, "PPid:")? == own
            || in_another_namespace(&entry.path(), uid);
        let name = field(&status, "Name:").unwrap_or("?");
        let dead = if field(&status, "State:") == Some("Z") { ZOMBIE } else { "" };
        ours.then(|| format!("process {} {name}{dead}", entry.file_name().display()))
    };
    entries.filter_map(process).collect()
}

/// Whether it is a process of this user's in a process namespace that is not this program's, as all sandboxes have.
fn in_another_namespace(process: &Path, uid: u32) -> bool {
    let own_uid = own_user();
    let namespace = |process: &Path| fs::read_link(process.join("ns/pid")).ok();
    uid == own_uid && uid != 0 && namespace(process) != namespace(Path::new("/proc/self"))
}

fn own_user() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}

/// Whether root runs these tests.
pub fn is_root() -> bool {
    own_user() == 0
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()
}

/// Control groups that the program with this number made.
pub fn groups_of(maker: u32) -> BTreeSet<String> {
    groups(&token_of(maker), Path::new("/sys/fs/cgroup"), 5)
}

fn groups(token: &str, below: &Path, depth: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(below).into_iter().flatten().flatten() {
        if depth == 0 || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if entry.file_name().to_string_lossy().contains(token) {
            found.insert(format!("control group {}", entry.path().display()));
        }
        found.extend(groups(token, &entry.path(), depth - 1));
    }
    found
}

/// Temporary files of sandbox users, or with bubblewrap's or gVisor's name.
fn files(stage: &Stage) -> BTreeSet<String> {
    let folders = [std::env::temp_dir(), "/tmp".into(), "/dev/shm".into(), "/var/tmp".into(), "/run".into()];
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let file = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let sandboxes = entry.metadata().is_ok_and(|metadata| is_sandboxes(stage, metadata.uid()));
        (sandboxes || name.contains("bwrap") || name.contains("runsc"))
            .then(|| format!("file {}", entry.path().display()))
    };
    entries.filter_map(file).collect()
}
