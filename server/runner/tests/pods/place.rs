//! Where a pod's container may find itself.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use regatta_runner::{NetworkWall, RunnerWall, Wall};
use serde_json::json;

use crate::filters::refusing;

/// A user without rights.
pub const SOMEBODY: u32 = 65_532;
/// What the pod's own environment holds.
pub const ENVIRONMENT: [(&str, &str); 4] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("OF_THE_IMAGE", "kept"),
    ("KUBERNETES_SERVICE_HOST", "10.96.0.1"),
    ("HOSTNAME", "regatta-r-0-0"),
];
/// Where the runner may write.
const WRITABLE: [&str; 4] = ["/workspace", "/tmp", "/regatta/state", "/dev/shm"];
/// What runtimes hide of `/proc`.
const MASKED: [&str; 3] = ["/proc/kcore", "/proc/keys", "/proc/timer_list"];
/// Folders that on older systems stand beside `/usr`, and on newer ones lead into it.
const BESIDE_USR: [&str; 3] = ["bin", "lib", "lib64"];

/// A kind of kernel and of runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Linux, which hides nothing of its `/proc`.
    Open,
    /// Linux behind a runtime that hides parts of `/proc`, as in virtual machines of pods.
    Masked,
    /// Linux behind a runtime that refuses namespaces.
    Strict,
    /// gVisor, with the network of the machine.
    Gvisor,
}

impl Place {
    pub const ALL: [Self; 4] = [Self::Open, Self::Masked, Self::Strict, Self::Gvisor];

    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Masked => "masked",
            Self::Strict => "strict",
            Self::Gvisor => "gvisor",
        }
    }

    /// The best wall that stands there.
    pub fn wall(self) -> Wall {
        match self {
            Self::Open | Self::Gvisor => {
                Wall { network: NetworkWall::Namespace, runner: RunnerWall::Namespace }
            }
            Self::Masked => Wall { network: NetworkWall::Namespace, runner: RunnerWall::Kernel },
            Self::Strict => Wall { network: NetworkWall::Filter, runner: RunnerWall::Kernel },
        }
    }

    /// Whether this machine cannot make it. Only root makes gVisor's containers without anything around them.
    pub fn is_missing(self) -> bool {
        let runs = |program: &str| {
            let quiet =
                Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            quiet.is_ok_and(|status| status.success())
        };
        match self {
            Self::Gvisor => !(is_root() && runs("runsc")),
            _ => !runs("bwrap"),
        }
    }

    /// What runs `words` there; `folder` has what the pod's volumes hold: `bin` and `input`.
    pub fn command(self, folder: &Path, words: &[&str]) -> Command {
        let mut command = match self {
            Self::Gvisor => gvisor(folder, words),
            Self::Open => bubblewrap(folder, &[], words),
            Self::Masked => bubblewrap(folder, &MASKED, words),
            Self::Strict => strict(folder, words),
        };
        if is_root() && self != Self::Gvisor {
            command.uid(SOMEBODY).gid(SOMEBODY);
        }
        command
    }
}

pub fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn bubblewrap(folder: &Path, masked: &[&str], words: &[&str]) -> Command {
    let mut command = Command::new("bwrap");
    command.env_clear().envs(ENVIRONMENT).args(arguments(folder, masked, words));
    command
}

/// Bubblewrap takes its filter from a descriptor, which a shell opens for it.
fn strict(folder: &Path, words: &[&str]) -> Command {
    let filter = folder.join("filter");
    fs::write(&filter, refusing(&[libc::SYS_unshare, libc::SYS_setns, libc::SYS_mount])).unwrap();
    let mut command = Command::new("sh");
    command.env_clear().envs(ENVIRONMENT).arg("-c").arg("exec bwrap --add-seccomp-fd 9 \"$@\" 9< \"$0\"");
    command.arg(filter).args(arguments(folder, &MASKED, words));
    command
}

fn arguments(folder: &Path, masked: &[&str], words: &[&str]) -> Vec<String> {
    let user = SOMEBODY.to_string();
    let [bin, input] = ["bin", "input"].map(|name| folder.join(name).display().to_string());
    let mut arguments: Vec<String> = Vec::new();
    let mut add = |words: &[&str]| arguments.extend(words.iter().map(|word| (*word).to_owned()));
    add(&["--unshare-user", "--uid", &user, "--gid", &user]);
    add(&["--unshare-pid", "--unshare-ipc", "--as-pid-1", "--die-with-parent", "--new-session"]);
    add(&["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]);
    for name in BESIDE_USR {
        add(&["--symlink", &format!("usr/{name}"), &format!("/{name}")]);
    }
    for path in masked.iter().filter(|path| Path::new(path).exists()) {
        add(&["--ro-bind", "/dev/null", path]);
    }
    for path in WRITABLE {
        add(&["--size", "67108864", "--tmpfs", path]);
    }
    add(&["--ro-bind", &bin, "/regatta/bin", "--bind", &input, "/regatta/input"]);
    add(&["--remount-ro", "/", "--chdir", "/workspace", "--"]);
    add(words);
    arguments
}

fn gvisor(folder: &Path, words: &[&str]) -> Command {
    let root = folder.join("root");
    for place in ["proc", "dev", "usr", "workspace", "tmp", "regatta/state", "regatta/bin", "regatta/input"] {
        fs::create_dir_all(root.join(place)).unwrap();
    }
    for name in BESIDE_USR {
        // A second container of the same pod finds them there.
        let _ = std::os::unix::fs::symlink(format!("usr/{name}"), root.join(name));
    }
    fs::write(folder.join("config.json"), container(folder, &root, words).to_string()).unwrap();
    let mut command = Command::new("runsc");
    command.arg("--root").arg(folder.join("states"));
    command.args(["--network=host", "--platform=systrap", "--ignore-cgroups", "--overlay2=none", "run"]);
    command.arg("--bundle").arg(folder).arg(format!("pod-{}", folder.file_name().unwrap().display()));
    command
}

/// The container as a cluster's runtime describes it: no rights, parts of `/proc` hidden.
fn container(folder: &Path, root: &Path, words: &[&str]) -> serde_json::Value {
    let namespaces = ["pid", "ipc", "uts", "mount"].map(|kind| json!({ "type": kind }));
    let environment = ENVIRONMENT.map(|(name, value)| format!("{name}={value}"));
    let bind = |from: &Path, to: &str, mode: &str| json!({ "destination": to, "type": "bind", "source": from, "options": [mode, "rbind"] });
    let memory = WRITABLE.map(|path| {
        json!({ "destination": path, "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777", "size=67108864"] })
    });
    let mut mounts = vec![
        json!({ "destination": "/proc", "type": "proc", "source": "proc" }),
        json!({ "destination": "/dev", "type": "tmpfs", "source": "tmpfs" }),
        bind(Path::new("/usr"), "/usr", "ro"),
        bind(&folder.join("bin"), "/regatta/bin", "ro"),
        bind(&folder.join("input"), "/regatta/input", "rw"),
    ];
    mounts.extend(memory);
    json!({
        "ociVersion": "1.0.2",
        "process": {
            "user": { "uid": SOMEBODY, "gid": SOMEBODY },
            "args": words,
            "env": environment,
            "cwd": "/workspace",
            "capabilities": {},
            "noNewPrivileges": true,
        },
        "root": { "path": root, "readonly": true },
        "hostname": "pod",
        "mounts": mounts,
        "linux": {
            "namespaces": namespaces,
            "maskedPaths": MASKED,
            "readonlyPaths": ["/proc/sys", "/proc/sysrq-trigger"],
        },
    })
}
