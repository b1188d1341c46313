//! Version 1: each controller has a tree of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Bounds, Group};

/// The period in which processor time is shared out, in microseconds. A quota of as much is one processor.
const CPU_PERIOD: &str = "100000";

/// What a job's TCP connections may hold beside its memory; beyond it they go slowly.
const TCP_BYTES: u64 = 16 << 20;

/// The folders of this process in the trees, in which groups can be made.
#[derive(Clone, Debug)]
pub struct Trees {
    memory: PathBuf,
    processes: PathBuf,
    cpu: Option<PathBuf>,
}

impl Trees {
    /// The trees of this process, where groups can be made in them.
    pub fn find() -> Result<Self, String> {
        let mounts = read("/proc/self/mountinfo")?;
        let membership = read("/proc/self/cgroup")?;
        let place = |controller| {
            let folder = place(&mounts, &membership, controller)
                .ok_or_else(|| format!("no {controller} controller is mounted"))?;
            super::try_out(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            Ok::<_, String>(folder)
        };
        Ok(Self { memory: place("memory")?, processes: place("pids")?, cpu: place("cpu").ok() })
    }

    pub(super) fn parents(&self) -> Vec<&Path> {
        let always = [self.memory.as_path(), self.processes.as_path()];
        always.into_iter().chain(self.cpu.as_deref()).collect()
    }

    pub(super) fn create(&self, name: &str, bounds: Bounds) -> io::Result<Group> {
        let memory = self.memory.join(name);
        let processes = self.processes.join(name);
        // Made before its folders, so that it removes what there is of them when one cannot be made.
        let mut group = Group {
            folders: Vec::new(),
            memory_events: memory.join("memory.oom_control"),
            process_events: processes.join("pids.events"),
        };
        make(&mut group, &memory)?;
        fs::write(memory.join("memory.limit_in_bytes"), bounds.memory_bytes.to_string())?;
        let with_swap = memory.join("memory.memsw.limit_in_bytes");
        if with_swap.exists() {
            fs::write(with_swap, bounds.memory_bytes.to_string())?;
        }
        // Buffers of TCP are counted apart, and only where they have a limit.
        let tcp = memory.join("memory.kmem.tcp.limit_in_bytes");
        if tcp.exists() {
            fs::write(tcp, TCP_BYTES.min(bounds.memory_bytes).to_string())?;
        }
        make(&mut group, &processes)?;
        fs::write(processes.join("pids.max"), bounds.tasks.to_string())?;
        if let Some(cpu) = &self.cpu {
            let cpu = cpu.join(name);
            make(&mut group, &cpu)?;
            fs::write(cpu.join("cpu.cfs_period_us"), CPU_PERIOD)?;
            fs::write(cpu.join("cpu.cfs_quota_us"), CPU_PERIOD)?;
        }
        Ok(group)
    }
}

fn make(group: &mut Group, folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    group.folders.push(folder.to_owned());
    Ok(())
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

/// Where in the file system this process's group of `controller` is (see cgroups(7) and proc(5)).
fn place(mounts: &str, membership: &str, controller: &str) -> Option<PathBuf> {
    let has = |names: &str| names.split(',').any(|name| name == controller);
    let own = membership.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        has(controllers).then_some(path)
    })?;
    mounts.lines().find_map(|line| {
        let (mount, file_system) = line.split_once(" - ")?;
        let mut kind = file_system.split(' ');
        if kind.next()? != "cgroup" || !has(kind.nth(1)?) {
            return None;
        }
        let mut fields = mount.split(' ').skip(3);
        let (root, point) = (fields.next()?, Path::new(fields.next()?));
        let below = Path::new(own).strip_prefix(root).unwrap_or(Path::new(""));
        Some(point.join(below))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
        30 25 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n\
        31 30 0:27 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n\
        32 30 0:28 /docker/abc /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";
    const MEMBERSHIP: &str = "5:memory:/system.slice/x\n4:cpu,cpuacct:/docker/abc\n3:pids:/\n0::/x\n";

    #[test]
    fn the_own_group_is_found_below_its_mount() {
        let at = |controller| place(MOUNTS, MEMBERSHIP, controller);
        assert_eq!(at("memory"), Some("/sys/fs/cgroup/memory/system.slice/x".into()));
        assert_eq!(at("cpu"), Some("/sys/fs/cgroup/cpu,cpuacct".into()));
        assert_eq!(at("pids"), None);
        assert_eq!(at("freezer"), None);
    }
}
