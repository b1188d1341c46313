//! A container that runs.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::process::Stdio;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use super::command::Plan;
use super::log::{ContainerLog, PIECE};
use crate::system;
use crate::world::World;

/// Root of a container is nobody outside of it.
const NOBODY: u32 = 65_534;
/// How much of what bubblewrap says of a container is read at once.
const STATUS_BYTES: usize = 4096;

/// A container that runs. Dropped, it is killed.
pub struct Running {
    sandbox: Child,
    /// Its first process, as the machine knows it.
    pid: Option<u32>,
    pumps: JoinSet<()>,
    log: Arc<ContainerLog>,
}

/// Starts a container; what it prints goes to `log`.
pub async fn start(world: &World, plan: &Plan, log: Arc<ContainerLog>) -> io::Result<Running> {
    let (status_reader, status_writer) = io::pipe()?;
    let status: OwnedFd = status_writer.into();
    let mut command = std::process::Command::new("bwrap");
    command.arg("--json-status-fd").arg(status.as_raw_fd().to_string()).args(&plan.arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir("/");
    if system::is_root() {
        let user = if plan.user == 0 { NOBODY } else { plan.user };
        std::os::unix::process::CommandExt::uid(&mut command, user);
        std::os::unix::process::CommandExt::gid(&mut command, user);
    }
    system::enter(&mut command, vec![status]);
    let mut sandbox = world.machine.spawn(Command::from(command)).await?;
    let mut pumps = JoinSet::new();
    if let Some(stdout) = sandbox.stdout.take() {
        pumps.spawn(pump(stdout, log.clone()));
    }
    if let Some(stderr) = sandbox.stderr.take() {
        pumps.spawn(pump(stderr, log.clone()));
    }
    let mut status = pipe::Receiver::from_owned_fd(status_reader.into())?;
    let pid = first_process(&mut status).await;
    pumps.spawn(listen(status));
    Ok(Running { sandbox, pid, pumps, log })
}

/// Bubblewrap says which process is the container's first, piece by piece: `{ "child-pid": 42 … }`.
async fn first_process(status: &mut pipe::Receiver) -> Option<u32> {
    let mut said = Vec::new();
    while !said.contains(&b'\n') {
        if status.read_buf(&mut said).await.ok()? == 0 || said.len() > STATUS_BYTES {
            return None;
        }
    }
    let line = said.split(|byte| *byte == b'\n').next()?;
    let line: serde_json::Value = serde_json::from_slice(line).ok()?;
    u32::try_from(line["child-pid"].as_u64()?).ok()
}

/// What else it says, it says in vain; but it dies where nobody listens.
async fn listen(mut status: pipe::Receiver) {
    let mut said = [0; 256];
    while let Ok(1..) = status.read(&mut said).await {}
}

impl Running {
    /// Waits for its end and for all that it printed; its exit code, 128 + n where signal n ended it.
    pub async fn wait(&mut self) -> i32 {
        let status = self.sandbox.wait().await;
        while self.pumps.join_next().await.is_some() {}
        self.log.close();
        match status {
            Ok(status) => status.code().unwrap_or(137),
            Err(_) => 137,
        }
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        if let Some(pid) = self.pid {
            system::terminate(pid);
        }
    }

    /// Kills it.
    pub fn kill(&mut self) {
        // Not yet in a session of its own, its first process would outlive bubblewrap.
        if let Some(group) = self.sandbox.id() {
            system::kill_group(group);
        }
        // One that has ended already stays so.
        drop(self.sandbox.start_kill());
    }

    /// The process that all of its processes come from.
    pub fn root(&self) -> Option<u32> {
        self.sandbox.id()
    }
}

/// Writes what comes to the log: lines, and pieces of lines that are too long.
async fn pump(mut source: impl AsyncRead + Unpin, log: Arc<ContainerLog>) {
    let mut held = Vec::new();
    let mut buffer = vec![0; PIECE];
    while let Ok(length @ 1..) = source.read(&mut buffer).await {
        held.extend_from_slice(&buffer[..length]);
        let mut start = 0;
        while let Some(end) = held[start..].iter().position(|byte| *byte == b'\n') {
            write_line(&log, &held[start..start + end]);
            start += end + 1;
        }
        held.drain(..start);
        while held.len() >= PIECE {
            log.write(&held[..PIECE], false);
            held.drain(..PIECE);
        }
    }
    if !held.is_empty() {
        log.write(&held, false);
    }
}

fn write_line(log: &ContainerLog, line: &[u8]) {
    let mut rest = line;
    while rest.len() > PIECE {
        log.write(&rest[..PIECE], false);
        rest = &rest[PIECE..];
    }
    log.write(rest, true);
}
