//! The walls around gVisor: a sandbox of bubblewrap's in which nothing is but gVisor, what it shows to a container, and
//! what it needs for itself.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;

use super::bundle;
use super::runsc::Runsc;
use crate::executor::Limits;
use crate::sandbox::command::{
    BESIDE_USR, CommandLine, GROUP, HOSTS, NO_CORES, PASSWD, RUNNER, SHARED_MEMORY, STATE, TEMPORARY,
    WORKSPACE,
};
use crate::sandbox::engine::{Bounds, Engine};
use crate::sandbox::system::{self, ResourceLimit};

/// Where the container's root is.
const ROOT: &str = "/container/root";
/// Where its description is.
const BUNDLE: &str = "/container/bundle";
/// Where gVisor keeps what it knows of it.
const STATES: &str = "/container/states";
const STATES_BYTES: u64 = 1 << 20;
/// Where gVisor is.
const PROGRAM: &str = "/container/runsc";

/// The rights that gVisor has in its sandbox's namespaces: to make namespaces of its own, in which it is root.
const RIGHTS: [&str; 2] = ["CAP_SYS_ADMIN", "CAP_SETFCAP"];

/// What gVisor's kernel and file server use for themselves, in bytes, about.
const OWN_MEMORY: u64 = 40 << 20;
/// Their processes and threads, and bubblewrap's.
const OWN_TASKS: u64 = 64;
/// What gVisor starts on this machine for each process of the job.
const TASKS_EACH: u64 = 2;
/// Descriptors of gVisor's kernel: it holds those of all processes of the job.
const DESCRIPTORS: u64 = 16_384;

/// gVisor, and the files that each of its containers gets a copy of.
#[derive(Debug)]
pub struct Walls {
    gvisor: Runsc,
    runner: File,
    passwd: File,
    group: File,
    hosts: File,
}

impl Walls {
    /// Puts the runner into memory.
    pub fn new(gvisor: Runsc, runner: &[u8]) -> io::Result<Self> {
        Ok(Self {
            gvisor,
            runner: system::memory_file(runner)?,
            passwd: system::memory_file(PASSWD.as_bytes())?,
            group: system::memory_file(GROUP.as_bytes())?,
            hosts: system::memory_file(HOSTS.as_bytes())?,
        })
    }

    /// The container's root: what is no mount of its own.
    fn root(&self, line: &mut CommandLine) -> io::Result<()> {
        for folder in ["/proc", "/dev", SHARED_MEMORY, TEMPORARY, WORKSPACE, STATE] {
            line.add(["--dir", &format!("{ROOT}{folder}")]);
        }
        for name in BESIDE_USR {
            if let Ok(target) = std::fs::read_link(format!("/{name}")) {
                line.add(["--symlink", &target.to_string_lossy(), &format!("{ROOT}/{name}")]);
            }
        }
        for path in bundle::shared() {
            let place = format!("{ROOT}{path}");
            if std::path::Path::new(&path).is_dir() {
                line.add(["--dir", &place]);
            } else {
                line.add(["--ro-bind", &path, &place]);
            }
        }
        line.data("0444", &self.passwd, &format!("{ROOT}/etc/passwd"))?;
        line.data("0444", &self.group, &format!("{ROOT}/etc/group"))?;
        line.data("0444", &self.hosts, &format!("{ROOT}/etc/hosts"))?;
        line.data("0555", &self.runner, &format!("{ROOT}{RUNNER}"))
    }
}

impl Engine for Walls {
    fn command_line(&self, limits: &Limits, status: OwnedFd) -> io::Result<CommandLine> {
        let configuration = bundle::configuration(ROOT, limits).to_string();
        let mut configuration_file = system::memory_file(configuration.as_bytes())?;
        configuration_file.flush()?;
        let mut line = CommandLine::default();
        line.separate(0);
        for right in RIGHTS {
            line.add(["--cap-add", right]);
        }
        line.programs();
        line.add(["--proc", "/proc", "--dev", "/dev", "--size", "65536", "--tmpfs", "/tmp"]);
        self.root(&mut line)?;
        line.data("0444", &configuration_file, &format!("{BUNDLE}/config.json"))?;
        line.file_system(STATES_BYTES, "0700", STATES);
        line.add(["--ro-bind", &self.gvisor.program.to_string_lossy(), PROGRAM]);
        line.seal();
        let container =
            ["--network=none", "--platform=systrap", "--ignore-cgroups", "--overlay2=none", "--oci-seccomp"];
        let before = [PROGRAM, "--root", STATES].into_iter().chain(container);
        let words: Vec<&str> = before.chain(["run", "--bundle", BUNDLE, "job"]).collect();
        line.run(status, "/", &words);
        Ok(line)
    }

    fn bounds(&self, limits: &Limits) -> Bounds {
        Bounds {
            memory_bytes: limits.memory_bytes + OWN_MEMORY,
            tasks: limits.processes * TASKS_EACH + OWN_TASKS,
        }
    }

    fn resources(&self, _: &Limits, _: bool) -> Vec<ResourceLimit> {
        vec![(libc::RLIMIT_NOFILE, DESCRIPTORS), (libc::RLIMIT_CORE, NO_CORES)]
    }

    fn files_are_the_kernels(&self) -> bool {
        false
    }
}
