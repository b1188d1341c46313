//! One sandbox: made, looked at, and taken away without a trace.

use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use regatta_domain::run::Ending;
use tokio::io::AsyncReadExt as _;
use tokio::process::{ChildStderr, Command};
use tokio::time::timeout;

use super::cgroup::{Group, Hierarchy};
use super::engine::Bounds;
use super::host::Host;
use super::remains::Remains;
use super::status::Status;
use super::system::{self, Entrance};
use super::uids::{UidLease, UidPool};
use super::watchdog;
use crate::executor::Limits;
use crate::frames::{self, Closed, Pipes};

/// How long the end of everything, bubblewrap's last words, and the removal of the rest are waited for, each. What
/// takes longer is followed without anyone waiting.
const PATIENCE: Duration = Duration::from_millis(400);
/// The most bytes of bubblewrap's complaints that are passed on.
const MAX_COMPLAINT: u64 = 2 << 10;

/// A sandbox that has been started.
#[derive(Debug)]
pub struct Sandbox {
    remains: Remains,
    errors: Option<ChildStderr>,
    bounds: Bounds,
    /// Whether what its file systems hold comes on top of what its processes use.
    files_are_the_kernels: bool,
}

impl Sandbox {
    /// Makes a sandbox with a runner that waits for its specification.
    pub async fn start(host: &Host, limits: &Limits) -> Result<(Self, Pipes), String> {
        let identity = host.users.as_ref().map(UidPool::lease).transpose()?;
        let bounds = host.engine.bounds(limits);
        let create = |hierarchy: &Hierarchy| hierarchy.create(bounds);
        let group =
            host.groups.as_ref().map(create).transpose().map_err(failed("cannot make a control group"))?;
        let (told, telling) = std::io::pipe().map_err(failed("cannot make a pipe"))?;
        let status = Status::new(told).map_err(failed("cannot follow bubblewrap"))?;
        let command = command(host, limits, identity.as_ref(), group.as_ref(), telling.into())
            .map_err(failed("cannot prepare the sandbox"))?;
        let mut child = match host.spawner.spawn(command).await {
            Ok(child) => child,
            Err(error) => {
                tokio::spawn(Remains { child: None, status, group, identity }.reap());
                return Err(failed("cannot start bubblewrap")(error));
            }
        };
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let remains = Remains { child: Some(child), status, group, identity };
        let files_are_the_kernels = host.engine.files_are_the_kernels();
        let sandbox = Self { remains, errors, bounds, files_are_the_kernels };
        if let Some((input, output)) = input.zip(output) {
            return Ok((sandbox, Pipes { input: Box::new(input), output: Box::new(output) }));
        }
        frames::Sandbox::close(sandbox).await;
        Err("bubblewrap has no pipes".to_owned())
    }
}

impl frames::Sandbox for Sandbox {
    fn exceeded(&mut self, held: u64) -> Option<Ending> {
        let Remains { group, status, .. } = &mut self.remains;
        if let Some(group) = group {
            return group.exceeded();
        }
        let held = if self.files_are_the_kernels { held } else { 0 };
        status.first_process().and_then(|first| watchdog::exceeded(first, held, self.bounds))
    }

    /// Kills what runs and takes away what is left. What does not go soon is followed by a task of its own, which keeps
    /// the group and the user identity until all is gone.
    async fn close(mut self) -> Closed {
        let ended = self.remains.end(PATIENCE).await;
        let mut complaint = Vec::new();
        if let Some(errors) = self.errors.take() {
            let patience = if ended { PATIENCE } else { Duration::ZERO };
            let _ = timeout(patience, errors.take(MAX_COMPLAINT).read_to_end(&mut complaint)).await;
        }
        let exceeded = self.remains.group.as_ref().and_then(Group::exceeded);
        if !self.remains.clear(if ended { PATIENCE } else { Duration::ZERO }).await {
            tracing::warn!(left = ?self.remains, "a sandbox takes long to be taken away");
            tokio::spawn(self.remains.reap());
        }
        Closed { complaint: String::from_utf8_lossy(&complaint).trim().to_owned(), exceeded }
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
    let line = host.engine.command_line(limits, status)?;
    let mut command = std::process::Command::new(&host.bubblewrap);
    command.args(&line.arguments).env_clear().current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let entrance = Entrance {
        groups: group.map(Group::entries).transpose()?.unwrap_or_default(),
        identity: identity.map(|lease| lease.uid),
        limits: host.engine.resources(limits, group.is_some()),
        kept: line.descriptors,
    };
    system::enter(&mut command, entrance);
    Ok(Command::from(command))
}
