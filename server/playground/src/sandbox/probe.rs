//! The start-up probe: no sandbox is trusted before it has withstood attacks on this very machine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use regatta_domain::ids::RunId;
use regatta_domain::pipeline::Step;
use regatta_domain::run::{Ending, Stream};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::cgroup::Hierarchy;
use super::command::{ENVIRONMENT, RUNNER as RUNNER_PATH, Supplies};
use super::host::Host;
use super::job;
use super::remains::Remains;
use super::seccomp;
use super::spawn::Spawner;
use super::system;
use super::tools::{self, HOST_TOOLS};
use super::uids::UidPool;
use super::{BubblewrapConfig, RUNNER, Unavailable};
use crate::frames::Conclusion;
use crate::executor::{ImageMeaning, Isolation, JobEvent, JobSpec, Limits};

/// The oldest bubblewrap that can keep a sandbox from making user namespaces.
const OLDEST: (u32, u32) = (0, 8);
const SET_USER_ID: u32 = 0o4000;
const PROCESS_BOMB: &str = "n=0; while [ $n -lt 100 ]; do sleep 20 & n=$((n+1)); done; wait";
const MEMORY_HOG: &str = "head -c 2000000000 /dev/zero | tail -c 1900000000 >/dev/null";

const INSTALL: &str = "Install it: apt-get install bubblewrap (or your system's like)";
const APPARMOR_SWITCH: &str = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
const APPARMOR_FIX: &str = "This system's AppArmor keeps programs from making user namespaces. Allow it to bubblewrap \
    alone with a file /etc/apparmor.d/bwrap that holds: abi <abi/4.0>, include <tunables/global> profile bwrap \
    /usr/bin/bwrap flags=(unconfined) { userns, } — then run: apparmor_parser -r /etc/apparmor.d/bwrap";
const NAMESPACE_FIX: &str = "Allow user namespaces to this process: in a container, give it a seccomp profile that \
    permits them; on a host, check /proc/sys/user/max_user_namespaces";

/// Finds out what this machine offers and whether a sandbox holds on it.
pub async fn probe(config: BubblewrapConfig) -> Result<(Host, Isolation, ImageMeaning), Unavailable> {
    let bubblewrap = find(config.program.as_deref())?;
    let version = version(&bubblewrap).await?;
    let (host, why_no_groups) = prepare(bubblewrap, &config)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(broken("no loopback interface"))?;
    let port = listener.local_addr().map_err(broken("no loopback interface"))?.port();
    // First alone, so that a sandbox that cannot be made at all is explained once.
    let attacks = attack(&host, port).await?;
    let (processes, memory, tools) = tokio::join!(
        limited(&host, PROCESS_BOMB, Ending::ProcessLimit, "starts too many processes"),
        limited(&host, MEMORY_HOG, Ending::OutOfMemory, "takes too much memory"),
        host_tools(&host),
    );
    let mut findings = told_of(&host, &version, &why_no_groups);
    findings.extend([attacks, processes?, memory?]);
    let kind = "process isolation, shared kernel".to_owned();
    Ok((host, Isolation { executor: "bubblewrap".to_owned(), kind, findings }, tools?))
}

/// How jobs are kept apart on this host, in words that need no knowledge of the kernel; operators find the rest in the
/// portal's own log.
fn told_of(host: &Host, version: &str, why_no_groups: &str) -> Vec<String> {
    let apart = format!(
        "bubblewrap {version} gives each job files and processes of its own, this machine's programs to read but not \
         to change, and no network"
    );
    let user = if let Some(pool) = &host.users {
        tracing::info!(user_ids = ?pool.range(), "jobs run under user ids of their own");
        "each job runs as a user of its own, who has no rights on this machine"
    } else {
        "jobs run as the portal's own user on this machine, and as one without rights in the sandbox"
    };
    let limits = if let Some(groups) = &host.groups {
        tracing::info!(version = %groups.version(), "jobs are limited by control groups");
        "the kernel itself limits memory, processes and processor time of each job"
    } else {
        tracing::info!(why = why_no_groups, "there are no control groups; jobs are measured instead");
        "the limits are soft: processes and, approximately, memory are measured every 50 ms, and a job that is above is \
         stopped"
    };
    vec![apart, user.to_owned(), limits.to_owned()]
}

fn find(configured: Option<&Path>) -> Result<PathBuf, Unavailable> {
    let missing =
        || Unavailable { reason: "bubblewrap is not installed".to_owned(), fix: INSTALL.to_owned() };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = match configured {
        Some(program) => vec![program.to_owned()],
        None => std::env::split_paths(&path).map(|folder| folder.join("bwrap")).collect(),
    };
    let program = candidates.into_iter().find(|candidate| candidate.is_file()).ok_or_else(missing)?;
    let mode = std::fs::metadata(&program).map_err(broken("bubblewrap cannot be read"))?.permissions().mode();
    if mode & SET_USER_ID != 0 {
        let reason = format!("{} is set-user-ID, which is a way to gain rights", program.display());
        return Err(Unavailable { reason, fix: format!("Run: chmod u-s {}", program.display()) });
    }
    Ok(program)
}

async fn version(bubblewrap: &Path) -> Result<String, Unavailable> {
    let output = Command::new(bubblewrap).arg("--version").env_clear().output().await;
    let output = output.map_err(broken("bubblewrap cannot be started"))?;
    let printed = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let version = printed.rsplit(' ').next().unwrap_or_default().to_owned();
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < OLDEST {
        let reason = format!("bubblewrap {version} is too old; {}.{} is needed", OLDEST.0, OLDEST.1);
        return Err(Unavailable { reason, fix: "Install a newer one".to_owned() });
    }
    Ok(version)
}

/// The host, and why there are no control groups on it if there are none.
fn prepare(bubblewrap: PathBuf, config: &BubblewrapConfig) -> Result<(Host, String), Unavailable> {
    let groups = if config.control_groups {
        Hierarchy::find(config.entropy.as_ref())
    } else {
        Err("switched off".to_owned())
    };
    let (groups, why) = match groups {
        Ok(groups) => (Some(groups), String::new()),
        Err(why) => (None, why),
    };
    for group in groups.iter().flat_map(Hierarchy::left_behind) {
        let remains = Remains::of_group(group).map_err(broken("no pipe"))?;
        tokio::spawn(remains.reap());
    }
    let users = (system::effective_user() == 0).then(|| UidPool::new(config.first_user_id)).transpose();
    let users =
        users.map_err(|reason| Unavailable { reason, fix: "Configure another first user id".to_owned() })?;
    let filters = seccomp::filters(groups.is_some()).map_err(broken("no system call filter"))?;
    let host = Host {
        bubblewrap,
        supplies: Supplies::new(RUNNER, &filters).map_err(broken("no files in memory"))?,
        spawner: Spawner::new().map_err(broken("no thread to start sandboxes from"))?,
        users,
        groups,
        entropy: std::sync::Arc::clone(&config.entropy),
    };
    Ok((host, why))
}

/// Tries what a sandbox must refuse, from inside one.
async fn attack(host: &Host, port: u16) -> Result<String, Unavailable> {
    let script =
        format!("{RUNNER_PATH} attempt {port}\necho --\ncat /proc/[0-9]*/environ 2>/dev/null || :\nenv -0\n");
    let (ended, printed) = run(host, &script, &Limits::default()).await;
    if ended.outcome.ending != Ending::Succeeded {
        return Err(unusable(&ended));
    }
    let (attempts, environment) = printed.split_once("--\n").unwrap_or((&printed, ""));
    let let_through: Vec<&str> = attempts.lines().filter(|line| !is_refused(line)).collect();
    if attempts.lines().count() < 2 || !let_through.is_empty() {
        return Err(breached(&format!("a sandbox let attacks through: {}", let_through.join("; "))));
    }
    if let Some(name) = leaked(environment) {
        return Err(breached(&format!("a sandbox saw the portal's variable {name}")));
    }
    let count = attempts.lines().count();
    Ok(format!(
        "tried out from inside: {count} attacks on this machine's files, its kernel, other processes and the network, \
         all refused"
    ))
}

/// System calls must be refused by the filter; for files and connections every error will do.
fn is_refused(line: &str) -> bool {
    let Some((attempt, answer)) = line.split_once(": ") else { return false };
    let by_filter = answer.ends_with("(os error 1)") || answer.ends_with("(os error 38)");
    let any_error = ["write ", "create ", "connect"].iter().any(|kind| attempt.starts_with(kind));
    by_filter || (any_error && answer.contains("(os error "))
}

/// A variable of this process that the sandbox has too, though nobody gave it.
fn leaked(environment: &str) -> Option<String> {
    let seen: BTreeMap<&str, &str> =
        environment.split('\0').filter_map(|pair| pair.split_once('=')).collect();
    let given = |name: &str| {
        ENVIRONMENT.iter().any(|(given, _)| *given == name)
            || matches!(name, "PWD" | "_" | "SHLVL" | "OLDPWD")
    };
    let ours = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    ours.filter(|(name, _)| !given(name))
        .find(|(name, value)| seen.get(name.as_str()).is_some_and(|seen| *seen == value.to_string_lossy()))
        .map(|(name, _)| name)
}

/// Runs what has to end by a limit, because it `does` too much.
async fn limited(host: &Host, script: &str, expected: Ending, does: &str) -> Result<String, Unavailable> {
    let limits =
        Limits { time: Duration::from_secs(10), memory_bytes: 96 << 20, processes: 24, ..Limits::default() };
    let (Conclusion { outcome, .. }, _) = run(host, script, &limits).await;
    if outcome.ending == expected {
        return Ok(format!("tried out: a job that {does} is stopped"));
    }
    let mut reason =
        format!("a job that had to end by “{}” ended as {}", expected.words(), outcome.ending.as_str());
    if let Some(why) = outcome.reason {
        let _ = write!(reason, " ({why})");
    }
    Err(breached(&reason))
}

async fn host_tools(host: &Host) -> Result<ImageMeaning, Unavailable> {
    let (ended, printed) = run(host, &tools::script(), &Limits::default()).await;
    if ended.outcome.ending == Ending::Succeeded {
        Ok(tools::meaning(&printed))
    } else {
        Err(unusable(&ended))
    }
}

/// Runs a script in a sandbox and returns what it printed.
async fn run(host: &Host, script: &str, limits: &Limits) -> (Conclusion, String) {
    let step = Step { name: "probe".to_owned(), script: script.to_owned(), always: false };
    let job = JobSpec {
        run: RunId::random(host.entropy.as_ref()),
        job: 0,
        image: HOST_TOOLS.to_owned(),
        environment: BTreeMap::new(),
        steps: vec![step],
        limits: limits.clone(),
    };
    let (events, mut told) = mpsc::channel(64);
    let collect = async {
        let mut printed = Vec::new();
        while let Some(event) = told.recv().await {
            if let JobEvent::Output { stream: Stream::Out, bytes, .. } = event {
                printed.extend(bytes);
            }
        }
        String::from_utf8_lossy(&printed).into_owned()
    };
    let never = CancellationToken::new();
    tokio::join!(job::run(host, &job, events, &never), collect)
}

fn unusable(Conclusion { outcome, complaint }: &Conclusion) -> Unavailable {
    let mut told = outcome.reason.clone().unwrap_or_else(|| outcome.ending.as_str().to_owned());
    if !complaint.is_empty() {
        let _ = write!(told, ": {complaint}");
    }
    let restricted = std::fs::read_to_string(APPARMOR_SWITCH).is_ok_and(|switch| switch.trim() == "1");
    let fix = if restricted { APPARMOR_FIX } else { NAMESPACE_FIX };
    Unavailable { reason: format!("a sandbox cannot be made: {told}"), fix: fix.to_owned() }
}

fn breached(reason: &str) -> Unavailable {
    let fix =
        "Pipelines stay off on this machine. See what differs from a plain Debian, or use another executor";
    Unavailable { reason: reason.to_owned(), fix: fix.to_owned() }
}

fn broken<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> Unavailable {
    move |error| breached(&format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_refusals_count_as_refused() {
        assert!(is_refused("ptrace: Operation not permitted (os error 1)"));
        assert!(is_refused("clone3: Function not implemented (os error 38)"));
        assert!(is_refused("write /etc/passwd: Read-only file system (os error 30)"));
        assert!(!is_refused("bpf: Bad address (os error 14)"));
        assert!(!is_refused("write /usr/bin/env: ALLOWED"));
        assert!(!is_refused("connect: ALLOWED"));
        assert!(!is_refused(""));
    }

    #[tokio::test]
    async fn a_missing_bubblewrap_comes_with_the_command_that_helps() {
        let missing = find(Some(Path::new("/nonexistent/bwrap"))).unwrap_err();
        assert!(missing.fix.contains("apt-get install bubblewrap"));
    }
}
