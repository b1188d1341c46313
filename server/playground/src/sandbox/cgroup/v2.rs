//! Version 2: one tree, in which a service manager delegates a part to the portal.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Bounds, Group};

const MOUNT: &str = "/sys/fs/cgroup";
const NEEDED: [&str; 2] = ["memory", "pids"];
/// Where the portal itself moves: a group with members of its own cannot hand controllers down.
const PORTAL: &str = "regatta-portal";
/// One processor: as much time in a period as the period has, in microseconds.
const ONE_CPU: &str = "100000 100000";

/// The folder in which groups are made.
#[derive(Clone, Debug)]
pub struct Tree {
    parent: PathBuf,
}

impl Tree {
    /// The part of the tree that is delegated to this process, or the root of the tree where it may write there.
    pub fn find() -> Result<Self, String> {
        let membership = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
        Self::below(Path::new(MOUNT), &membership)
    }

    fn below(mount: &Path, membership: &str) -> Result<Self, String> {
        let own = membership.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
        // A portal that was started twice in one service stands in its own folder already.
        let own = own.strip_suffix(PORTAL).unwrap_or(own).trim_matches('/');
        let own = mount.join(own);
        if !has_controllers(&own, "cgroup.controllers") {
            return Err(format!("{} has no memory and pids controllers", own.display()));
        }
        let delegated = take_over(&own);
        if delegated.is_ok() && has_controllers(&own, "cgroup.subtree_control") {
            return Ok(Self { parent: own });
        }
        if has_controllers(mount, "cgroup.subtree_control") && is_writable(mount) {
            return Ok(Self { parent: mount.to_owned() });
        }
        let reason = delegated.map_or_else(|error| error.to_string(), |()| "not delegated".to_owned());
        Err(format!("{}: {reason}", own.display()))
    }

    pub(super) fn parent(&self) -> &Path {
        &self.parent
    }

    pub(super) fn create(&self, name: &str, bounds: Bounds) -> io::Result<Group> {
        let folder = self.parent.join(name);
        fs::create_dir(&folder)?;
        let group = Group {
            memory_events: folder.join("memory.events"),
            process_events: folder.join("pids.events"),
            folders: vec![folder.clone()],
        };
        fs::write(folder.join("memory.max"), bounds.memory_bytes.to_string())?;
        fs::write(folder.join("pids.max"), bounds.tasks.to_string())?;
        for (file, value) in [("memory.swap.max", "0"), ("memory.oom.group", "1"), ("cpu.max", ONE_CPU)] {
            let file = folder.join(file);
            if file.exists() {
                fs::write(file, value)?;
            }
        }
        Ok(group)
    }
}

/// Moves this process out of the way and hands its group's controllers down.
fn take_over(own: &Path) -> io::Result<()> {
    let portal = own.join(PORTAL);
    if !portal.is_dir() {
        fs::create_dir(&portal)?;
    }
    fs::write(portal.join("cgroup.procs"), "0")?;
    let cpu = fs::write(own.join("cgroup.subtree_control"), "+cpu");
    if let Err(error) = cpu {
        tracing::debug!(%error, "processor time is not limited");
    }
    fs::write(own.join("cgroup.subtree_control"), "+memory +pids")
}

fn has_controllers(folder: &Path, file: &str) -> bool {
    let controllers = fs::read_to_string(folder.join(file)).unwrap_or_default();
    NEEDED.iter().all(|needed| controllers.split_whitespace().any(|controller| controller == *needed))
}

fn is_writable(folder: &Path) -> bool {
    super::try_out(folder).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(controllers: &str, handed_down: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cgroup.controllers"), controllers).unwrap();
        fs::write(folder.path().join("cgroup.subtree_control"), handed_down).unwrap();
        folder
    }

    #[test]
    fn a_tree_without_controllers_is_refused_with_its_reason() {
        let mount = folder_with("hugetlb", "");
        let reason = Tree::below(mount.path(), "0::/\n").unwrap_err();
        assert!(reason.contains("no memory and pids controllers"), "{reason}");
    }

    #[test]
    fn limits_are_written_where_the_kernel_reads_them() {
        let mount = folder_with("cpu memory pids", "cpu memory pids");
        let tree = Tree { parent: mount.path().to_owned() };
        let bounds = Bounds { memory_bytes: 1 << 20, tasks: 11 };
        let group = tree.create("one", bounds).unwrap();
        let read = |file| fs::read_to_string(mount.path().join("one").join(file)).unwrap();
        assert_eq!(read("memory.max"), "1048576");
        assert_eq!(read("pids.max"), "11");
        assert!(!mount.path().join("one/memory.swap.max").exists());
        fs::remove_dir_all(mount.path().join("one")).unwrap();
        drop(group);
    }
}
