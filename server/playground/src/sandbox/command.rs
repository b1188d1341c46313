//! The command line of bubblewrap: what a sandbox's file system, user and name spaces are.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;

use super::system;
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

const USER: &str = "65532";
const STATE_BYTES: u64 = 1 << 20;
const TEMPORARY_BYTES: u64 = 64 << 20;
const SHARED_MEMORY_BYTES: u64 = 16 << 20;

const PASSWD: &str =
    "sandbox:x:65532:65532:sandbox:/workspace:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n";
const GROUP: &str = "sandbox:x:65532:\nnogroup:x:65534:\n";
const HOSTS: &str = "127.0.0.1 localhost sandbox\n::1 localhost sandbox\n";

/// Folders that on older systems stand beside `/usr`, and on newer ones lead into it.
const BESIDE_USR: [&str; 6] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];
/// Parts of `/usr` that are this machine's own business.
const HIDDEN: [&str; 3] = ["/usr/local/etc", "/usr/local/src", "/usr/src"];
/// What tools of `/usr` need of `/etc`: links to the alternatives chosen (awk is one), and where libraries are.
const FROM_ETC: [&str; 2] = ["/etc/alternatives", "/etc/ld.so.cache"];

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

    /// The command line of a sandbox with `limits`; `status` is where bubblewrap tells its child's number.
    pub fn command_line(&self, limits: &Limits, status: OwnedFd) -> io::Result<CommandLine> {
        let mut line = CommandLine::default();
        line.separate();
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
            let number = line.pass(copy(filter)?);
            line.add(["--add-seccomp-fd", &number]);
        }
        let number = line.pass(status);
        line.add(["--json-status-fd", &number, "--chdir", WORKSPACE, "--", RUNNER, "run"]);
        Ok(line)
    }
}

impl CommandLine {
    fn add<const N: usize>(&mut self, arguments: [&str; N]) {
        self.arguments.extend(arguments.map(str::to_owned));
    }

    /// Takes a descriptor along and returns its number.
    fn pass(&mut self, descriptor: OwnedFd) -> String {
        let number = descriptor.as_raw_fd().to_string();
        self.descriptors.push(descriptor);
        number
    }

    /// A user of its own without rights, in name spaces of its own, that cannot make others.
    fn separate(&mut self) {
        self.add(["--unshare-all", "--unshare-user", "--uid", USER, "--gid", USER]);
        self.add(["--disable-userns", "--assert-userns-disabled", "--cap-drop", "ALL"]);
        self.add(["--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "sandbox"]);
    }

    fn environment(&mut self) {
        self.add(["--clearenv"]);
        for (name, value) in ENVIRONMENT {
            self.add(["--setenv", name, value]);
        }
    }

    fn programs(&mut self) {
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
        self.file_system(SHARED_MEMORY_BYTES, "1777", SHARED_MEMORY);
    }

    fn writable(&mut self, limits: &Limits) {
        self.file_system(TEMPORARY_BYTES.min(limits.disk_bytes), "1777", TEMPORARY);
        self.file_system(limits.disk_bytes, "0755", WORKSPACE);
        self.file_system(STATE_BYTES, "0700", STATE);
    }

    fn file_system(&mut self, bytes: u64, mode: &str, path: &str) {
        self.add(["--size", &bytes.to_string(), "--perms", mode, "--tmpfs", path]);
    }

    fn data(&mut self, mode: &str, file: &File, path: &str) -> io::Result<()> {
        let number = self.pass(copy(file)?);
        self.add(["--perms", mode, "--ro-bind-data", &number, path]);
        Ok(())
    }

    /// Whatever is not one of the writable file systems is read-only.
    fn seal(&mut self) {
        self.add(["--remount-ro", "/dev", "--remount-ro", "/"]);
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
