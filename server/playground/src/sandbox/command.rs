//! The command line of bubblewrap: what a sandbox's file system, user and name spaces are.
//!
//! [`CommandLine`] has the parts that every sandbox is made of; [`Supplies`] is the engine that puts a job right inside
//! bubblewrap's walls, on the machine's own kernel.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;

use super::engine::{Bounds, Engine};
use super::system::{self, ResourceLimit};
use crate::executor::Limits;

/// Where steps start and may write.
pub const WORKSPACE: &str = "/workspace";
/// Where the runner keeps what it carries from step to step.
pub const STATE: &str = "/pg/state";
/// Where the runner is.
pub const RUNNER: &str = "/pg/runner";
/// The sandbox's temporary folder.
pub const TEMPORARY: &str = "/tmp";
/// The file system for memory that processes share.
pub const SHARED_MEMORY: &str = "/dev/shm";

/// Who steps are, as they see it.
pub const USER: u32 = 65_532;
/// The most bytes of [`STATE`].
pub const STATE_BYTES: u64 = 1 << 20;
/// The most bytes of [`TEMPORARY`].
pub const TEMPORARY_BYTES: u64 = 64 << 20;
/// The most bytes of [`SHARED_MEMORY`].
pub const SHARED_MEMORY_BYTES: u64 = 16 << 20;

/// Bubblewrap's own process stands beside the job's.
const OWN_PROCESSES: u64 = 1;
/// Descriptors of one process.
pub const DESCRIPTORS: u64 = 256;
/// Descriptors of one process where only a watchdog limits memory: each may stand for memory of the kernel's.
const WATCHED_DESCRIPTORS: u64 = 128;
/// The size of core dumps, in bytes. Less than any has, and the one number for which the kernel also does not start the
/// machine's handler of crashes, which a size of 0 does not keep it from (core(5)).
pub const NO_CORES: u64 = 1;
/// What one process may use beyond what all may together, where only a watchdog limits memory: time for it to look.
const WATCHDOG_SLACK: u64 = 512 << 20;

/// The users of a sandbox, as its programs know them.
pub const PASSWD: &str =
    "sandbox:x:65532:65532:sandbox:/workspace:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n";
/// The groups of a sandbox.
pub const GROUP: &str = "sandbox:x:65532:\nnogroup:x:65534:\n";
/// The names that a sandbox knows without a network.
pub const HOSTS: &str = "127.0.0.1 localhost sandbox\n::1 localhost sandbox\n";

/// Folders that on older systems stand beside `/usr`, and on newer ones lead into it.
pub const BESIDE_USR: [&str; 6] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];
/// Parts of `/usr` that are this machine's own business.
const HIDDEN: [&str; 3] = ["/usr/local/etc", "/usr/local/src", "/usr/src"];
/// What the kernel tells everybody of the machine rather than of the job: what it was started with, disks, keys, modules.
const HIDDEN_BY_KERNEL: [&str; 9] = [
    "/proc/cmdline",
    "/proc/diskstats",
    "/proc/kallsyms",
    "/proc/kcore",
    "/proc/key-users",
    "/proc/keys",
    "/proc/modules",
    "/proc/partitions",
    "/proc/timer_list",
];
/// What tools of `/usr` need of `/etc`: links to the alternatives chosen (awk is one), and where libraries are.
pub const FROM_ETC: [&str; 2] = ["/etc/alternatives", "/etc/ld.so.cache"];

/// Variables that every step sees.
pub const ENVIRONMENT: [(&str, &str); 6] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("HOME", WORKSPACE),
    ("USER", "sandbox"),
    ("LANG", "C.UTF-8"),
    ("TERM", "xterm-256color"),
    ("CI", "true"),
];

/// Files that each sandbox gets a copy of. They live in memory and have no path that another process could change.
#[derive(Debug)]
pub struct Supplies {
    runner: File,
    passwd: File,
    group: File,
    hosts: File,
    filters: Vec<File>,
}

/// Arguments for bubblewrap, and the descriptors that they speak of.
#[derive(Debug, Default)]
pub struct CommandLine {
    /// The arguments.
    pub arguments: Vec<String>,
    /// The descriptors that bubblewrap must inherit.
    pub descriptors: Vec<OwnedFd>,
}

impl Supplies {
    /// Puts the runner and the system call filters into memory.
    pub fn new(runner: &[u8], filters: &[Vec<u8>]) -> io::Result<Self> {
        Ok(Self {
            runner: system::memory_file(runner)?,
            passwd: system::memory_file(PASSWD.as_bytes())?,
            group: system::memory_file(GROUP.as_bytes())?,
            hosts: system::memory_file(HOSTS.as_bytes())?,
            filters: filters.iter().map(|filter| system::memory_file(filter)).collect::<io::Result<_>>()?,
        })
    }
}

impl Engine for Supplies {
    fn command_line(&self, limits: &Limits, status: OwnedFd) -> io::Result<CommandLine> {
        let mut line = CommandLine::default();
        line.separate(USER);
        line.without_rights();
        line.environment();
        line.programs();
        line.data("0444", &self.passwd, "/etc/passwd")?;
        line.data("0444", &self.group, "/etc/group")?;
        line.data("0444", &self.hosts, "/etc/hosts")?;
        line.kernel_files();
        line.writable(limits);
        line.data("0555", &self.runner, RUNNER)?;
        line.seal();
        for filter in &self.filters {
            line.filter(filter)?;
        }
        line.run(status, WORKSPACE, &[RUNNER, "run"]);
        Ok(line)
    }

    fn bounds(&self, limits: &Limits) -> Bounds {
        Bounds { memory_bytes: limits.memory_bytes, tasks: limits.processes + OWN_PROCESSES }
    }

    fn resources(&self, limits: &Limits, grouped: bool) -> Vec<ResourceLimit> {
        let mut resources = job_resources(limits);
        if !grouped {
            resources.push((libc::RLIMIT_NOFILE, WATCHED_DESCRIPTORS));
            resources.push((libc::RLIMIT_DATA, limits.memory_bytes.saturating_add(WATCHDOG_SLACK)));
        }
        resources
    }

    fn files_are_the_kernels(&self) -> bool {
        true
    }
}

/// The limits for each process of a job, whichever kernel keeps them.
pub fn job_resources(limits: &Limits) -> Vec<ResourceLimit> {
    vec![
        (libc::RLIMIT_NOFILE, DESCRIPTORS),
        (libc::RLIMIT_FSIZE, limits.disk_bytes.max(64 << 20)),
        (libc::RLIMIT_CORE, NO_CORES),
        (libc::RLIMIT_CPU, limits.time.as_secs() + 2),
        (libc::RLIMIT_MEMLOCK, 64 << 10),
        (libc::RLIMIT_STACK, 8 << 20),
    ]
}

impl CommandLine {
    /// Adds arguments.
    pub fn add<const N: usize>(&mut self, arguments: [&str; N]) {
        self.arguments.extend(arguments.map(str::to_owned));
    }

    /// Takes a descriptor along and returns its number.
    fn pass(&mut self, descriptor: OwnedFd) -> String {
        let number = descriptor.as_raw_fd().to_string();
        self.descriptors.push(descriptor);
        number
    }

    /// A user of its own in name spaces of its own.
    pub fn separate(&mut self, user: u32) {
        let user = user.to_string();
        self.add(["--unshare-all", "--unshare-user", "--uid", &user, "--gid", &user]);
        self.add(["--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "sandbox"]);
    }

    /// Nor may it do anything in them, or make others.
    fn without_rights(&mut self) {
        self.add(["--disable-userns", "--assert-userns-disabled", "--cap-drop", "ALL"]);
    }

    fn environment(&mut self) {
        self.add(["--clearenv"]);
        for (name, value) in ENVIRONMENT {
            self.add(["--setenv", name, value]);
        }
    }

    /// This machine's programs, but nothing that is its own business.
    pub fn programs(&mut self) {
        self.add(["--ro-bind", "/usr", "/usr"]);
        for name in BESIDE_USR {
            let path = format!("/{name}");
            match fs::read_link(&path) {
                Ok(target) => self.add(["--symlink", &target.to_string_lossy(), &path]),
                Err(_) if Path::new(&path).is_dir() => self.add(["--ro-bind", &path, &path]),
                Err(_) => {}
            }
        }
        for path in HIDDEN.into_iter().filter(|path| Path::new(path).is_dir()) {
            self.add(["--size", "4096", "--tmpfs", path, "--remount-ro", path]);
        }
        for path in FROM_ETC.into_iter().filter(|path| Path::new(path).exists()) {
            self.add(["--ro-bind", path, path]);
        }
    }

    fn kernel_files(&mut self) {
        self.add(["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"]);
        // Where it is bound, it is a device, and no devices can be opened there.
        for path in HIDDEN_BY_KERNEL.into_iter().filter(|path| Path::new(path).exists()) {
            self.add(["--ro-bind", "/dev/null", path]);
        }
        self.file_system(SHARED_MEMORY_BYTES, "1777", SHARED_MEMORY);
    }

    fn writable(&mut self, limits: &Limits) {
        self.file_system(TEMPORARY_BYTES.min(limits.disk_bytes), "1777", TEMPORARY);
        self.file_system(limits.disk_bytes, "0755", WORKSPACE);
        self.file_system(STATE_BYTES, "0700", STATE);
    }

    /// An empty file system that holds so many bytes at most.
    pub fn file_system(&mut self, bytes: u64, mode: &str, path: &str) {
        self.add(["--size", &bytes.to_string(), "--perms", mode, "--tmpfs", path]);
    }

    /// A copy of a file from memory.
    pub fn data(&mut self, mode: &str, file: &File, path: &str) -> io::Result<()> {
        let number = self.pass(copy(file)?);
        self.add(["--perms", mode, "--ro-bind-data", &number, path]);
        Ok(())
    }

    /// Whatever is not one of the writable file systems is read-only.
    pub fn seal(&mut self) {
        self.add(["--remount-ro", "/dev", "--remount-ro", "/"]);
    }

    /// A system call filter.
    pub fn filter(&mut self, filter: &File) -> io::Result<()> {
        let number = self.pass(copy(filter)?);
        self.add(["--add-seccomp-fd", &number]);
        Ok(())
    }

    /// What runs in all that, and where; nothing can be added after it.
    pub fn run(&mut self, status: OwnedFd, folder: &str, program: &[&str]) {
        let number = self.pass(status);
        self.add(["--json-status-fd", &number, "--chdir", folder, "--"]);
        self.arguments.extend(program.iter().map(|word| (*word).to_owned()));
    }
}

/// A descriptor of its own for the file, at its beginning: bubblewrap reads to the end.
fn copy(file: &File) -> io::Result<OwnedFd> {
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).map(OwnedFd::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> CommandLine {
        let supplies = Supplies::new(b"program", &[vec![0; 8]]).unwrap();
        let status = OwnedFd::from(File::open("/dev/null").unwrap());
        supplies.command_line(&Limits::default(), status).unwrap()
    }

    #[test]
    fn every_descriptor_passed_is_spoken_of() {
        let line = line();
        assert_eq!(line.descriptors.len(), 6);
        for descriptor in &line.descriptors {
            assert!(line.arguments.contains(&descriptor.as_raw_fd().to_string()));
        }
    }

    #[test]
    fn every_file_system_that_can_be_written_has_a_size() {
        let line = line();
        let places: Vec<usize> = line
            .arguments
            .iter()
            .enumerate()
            .filter(|(_, word)| *word == "--tmpfs")
            .map(|(at, _)| at)
            .collect();
        assert!(places.len() >= 4);
        for place in places {
            assert!(line.arguments[..place].iter().rev().take(4).any(|word| word == "--size"));
        }
    }
}
