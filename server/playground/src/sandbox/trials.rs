//! What every sandbox is put through before any of its kind is trusted: attacks from inside, and limits to be reached.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use regatta_domain::ids::RunId;
use regatta_domain::run::{Ending, Stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::command::{ENVIRONMENT, RUNNER as RUNNER_PATH};
use super::host::Host;
use super::job;
use super::tools::{self, HOST_TOOLS};
use super::{Unavailable, breached, broken};
use crate::executor::{ImageMeaning, JobEvent, JobSpec, JobStep, Limits};
use crate::frames::Conclusion;

const PROCESS_BOMB: &str = "n=0; while [ $n -lt 100 ]; do sleep 20 & n=$((n+1)); done; wait";
const MEMORY_HOG: &str = "head -c 2000000000 /dev/zero | tail -c 1900000000 >/dev/null";

/// What a host's sandboxes have shown.
pub struct Shown {
    /// One finding a line.
    pub findings: Vec<String>,
    /// What its image is.
    pub host_tools: ImageMeaning,
}

/// Puts the sandboxes of `host` through everything. `unusable` says what to do where none can be made at all.
pub async fn all(
    host: &Host,
    unusable: impl Fn(&Conclusion) -> Unavailable + Copy,
) -> Result<Shown, Unavailable> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(broken("no loopback interface"))?;
    let port = listener.local_addr().map_err(broken("no loopback interface"))?.port();
    // First alone, so that a sandbox that cannot be made at all is explained once.
    let attacks = attack(host, port, unusable).await?;
    let list_tools = tools::script();
    let (processes, memory, tools) = tokio::join!(
        limited(host, PROCESS_BOMB, Ending::ProcessLimit, "starts too many processes"),
        limited(host, MEMORY_HOG, Ending::OutOfMemory, "takes too much memory"),
        printed(host, &list_tools),
    );
    let host_tools = tools.map(|printed| tools::meaning(&printed)).map_err(|ended| unusable(&ended))?;
    Ok(Shown { findings: vec![attacks, processes?, memory?], host_tools })
}

/// What a script prints in a sandbox of `host`, or how it ended otherwise.
pub async fn printed(host: &Host, script: &str) -> Result<String, Box<Conclusion>> {
    let (ended, printed) = run(host, script, &Limits::default()).await;
    if ended.outcome.ending == Ending::Succeeded { Ok(printed) } else { Err(Box::new(ended)) }
}

/// Tries what a sandbox must refuse, from inside one.
async fn attack(
    host: &Host,
    port: u16,
    unusable: impl Fn(&Conclusion) -> Unavailable,
) -> Result<String, Unavailable> {
    let script =
        format!("{RUNNER_PATH} attempt {port}\necho --\ncat /proc/[0-9]*/environ 2>/dev/null || :\nenv -0\n");
    let printed = printed(host, &script).await.map_err(|ended| unusable(&ended))?;
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

/// Runs a script in a sandbox and returns what it printed.
async fn run(host: &Host, script: &str, limits: &Limits) -> (Conclusion, String) {
    let job = JobSpec {
        run: RunId::random(host.entropy.as_ref()),
        job: 0,
        attempt: 0,
        image: HOST_TOOLS.to_owned(),
        environment: BTreeMap::new(),
        steps: vec![JobStep { name: "probe".to_owned(), script: script.to_owned(), ..JobStep::default() }],
        limits: limits.clone(),
        results: Vec::new(),
        metadata: None,
        unpack: Vec::<Arc<[u8]>>::new(),
        pack: false,
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
}
