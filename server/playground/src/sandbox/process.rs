//! One sandbox: made, looked at, and taken away without a trace.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::{Duration, Instant};

use regatta_domain::run::Ending;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::cgroup::{Group, Hierarchy};
use super::host::Host;
use super::system::{self, Entrance, Process, ResourceLimit};
use super::uids::{UidLease, UidPool};
use super::watchdog;
use crate::executor::Limits;

/// How long bubblewrap may take to notice that its child has been killed.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often it is looked whether it has.
const INTERVAL: Duration = Duration::from_millis(5);
/// The most bytes of bubblewrap's complaints that are passed on.
const MAX_COMPLAINT: u64 = 2 << 10;
/// What one process may use beyond what all may together, where only a watchdog limits memory: time for it to look.
const WATCHDOG_SLACK: u64 = 512 << 20;
/// The most bytes that bubblewrap tells of its child's number.
const MAX_STATUS: usize = 4 << 10;

/// A sandbox that has been started.
#[derive(Debug)]
pub struct Sandbox {
    child: Child,
    status: Status,
    group: Option<Group>,
    limits: Limits,
    /// Freed last, when nothing runs under it any more.
    _identity: Option<UidLease>,
}

/// The runner's end of its pipes.
#[derive(Debug)]
pub struct Pipes {
    /// Where its specification goes.
    pub input: ChildStdin,
    /// Where its frames come from.
    pub output: ChildStdout,
}

impl Sandbox {
    /// Makes a sandbox with a runner that waits for its specification.
    pub async fn start(host: &Host, limits: &Limits) -> Result<(Self, Pipes), String> {
        let identity = host.users.as_ref().map(UidPool::lease).transpose()?;
        let create = |hierarchy: &Hierarchy| hierarchy.create(limits);
        let group =
            host.groups.as_ref().map(create).transpose().map_err(failed("cannot make a control group"))?;
        let (told, telling) = std::io::pipe().map_err(failed("cannot make a pipe"))?;
        let status = Status::new(told).map_err(failed("cannot follow bubblewrap"))?;
        let command = command(host, limits, identity.as_ref(), group.as_ref(), telling.into())
            .map_err(failed("cannot prepare the sandbox"))?;
        let mut child = host.spawner.spawn(command).await.map_err(failed("cannot start bubblewrap"))?;
        let pipes =
            child.stdin.take().zip(child.stdout.take()).map(|(input, output)| Pipes { input, output });
        let sandbox = Self { child, status, group, limits: limits.clone(), _identity: identity };
        Ok((sandbox, pipes.ok_or("bubblewrap has no pipes")?))
    }

    /// The limit that has been reached, if one has.
    pub fn exceeded(&mut self) -> Option<Ending> {
        match &self.group {
            Some(group) => group.exceeded(),
            None => self.status.first_process().and_then(|first| watchdog::exceeded(first, &self.limits)),
        }
    }

    /// Kills what runs, waits until nothing is left, and returns what bubblewrap or the runner complained of.
    pub async fn close(mut self) -> Result<String, String> {
        self.end().await.map_err(|error| format!("bubblewrap cannot be killed: {error}"))?;
        let mut complaint = Vec::new();
        if let Some(errors) = self.child.stderr.take() {
            let _ = timeout(PATIENCE, errors.take(MAX_COMPLAINT).read_to_end(&mut complaint)).await;
        }
        if let Some(group) = self.group.take() {
            group.remove().await?;
        }
        Ok(String::from_utf8_lossy(&complaint).trim().to_owned())
    }

    /// Kills the first process, and with it all others. Bubblewrap then collects it and ends by itself, so that no
    /// zombie is left to others; killed before its child, it could not.
    async fn end(&mut self) -> std::io::Result<()> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            // It may have started so lately that bubblewrap has not told its number yet.
            self.status.kill_first_process();
            if let Ok(ended) = timeout(INTERVAL, self.child.wait()).await {
                return ended.map(drop);
            }
        }
        self.child.kill().await
    }
}

fn failed(what: &'static str) -> impl Fn(std::io::Error) -> String {
    move |error| format!("{what}: {error}")
}

/// Bubblewrap, ready to be started: without this program's environment, rights and descriptors.
fn command(
    host: &Host,
    limits: &Limits,
    identity: Option<&UidLease>,
    group: Option<&Group>,
    status: OwnedFd,
) -> std::io::Result<Command> {
    let line = host.supplies.command_line(limits, status)?;
    let mut command = std::process::Command::new(&host.bubblewrap);
    command.args(&line.arguments).env_clear().current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let entrance = Entrance {
        groups: group.map(Group::entries).transpose()?.unwrap_or_default(),
        identity: identity.map(|lease| lease.uid),
        limits: resource_limits(limits, group.is_some()),
        kept: line.descriptors,
    };
    system::enter(&mut command, entrance);
    Ok(Command::from(command))
}

fn resource_limits(limits: &Limits, grouped: bool) -> Vec<ResourceLimit> {
    let mut resources = vec![
        (libc::RLIMIT_NOFILE, 256),
        (libc::RLIMIT_FSIZE, limits.disk_bytes.max(64 << 20)),
        (libc::RLIMIT_CORE, 0),
        (libc::RLIMIT_CPU, limits.time.as_secs() + 2),
        (libc::RLIMIT_MEMLOCK, 64 << 10),
        (libc::RLIMIT_STACK, 8 << 20),
    ];
    if !grouped {
        resources.push((libc::RLIMIT_DATA, limits.memory_bytes.saturating_add(WATCHDOG_SLACK)));
    }
    resources
}

/// What bubblewrap tells about the sandbox: the number of its first process, as this side sees it.
#[derive(Debug)]
struct Status {
    pipe: File,
    told: Vec<u8>,
    first: Option<(i32, Process)>,
}

impl Status {
    fn new(pipe: std::io::PipeReader) -> std::io::Result<Self> {
        let pipe = OwnedFd::from(pipe);
        system::never_wait(&pipe)?;
        Ok(Self { pipe: File::from(pipe), told: Vec::new(), first: None })
    }

    fn first_process(&mut self) -> Option<i32> {
        if self.first.is_none() {
            self.listen();
        }
        self.first.as_ref().map(|(pid, _)| *pid)
    }

    fn kill_first_process(&mut self) {
        self.first_process();
        if let Some((_, process)) = &self.first {
            process.kill();
        }
    }

    fn listen(&mut self) {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        struct Told {
            child_pid: i32,
        }
        let mut piece = [0; 256];
        while let Ok(read @ 1..) = self.pipe.read(&mut piece) {
            if self.told.len() < MAX_STATUS {
                self.told.extend_from_slice(&piece[..read]);
            }
        }
        let child =
            self.told.split(|byte| *byte == b'\n').find_map(|line| serde_json::from_slice::<Told>(line).ok());
        self.first = child.and_then(|told| Some((told.child_pid, Process::open(told.child_pid).ok()?)));
    }
}
