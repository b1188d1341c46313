//! The walls around steps where the sandbox around the runner is none of the portal's making: in pods.
//!
//! Steps and helpers then do not begin as programs of their own, but as this program, which shuts itself in ([`enter()`]) and
//! becomes them. Thereby no copy of the runner, key and all, is ever among them. Before the first step the runner finds out
//! which [`Kind`] of wall this kernel lets it put up ([`build`]): the best one behind which nothing of the runner can be
//! reached, tried from where steps will be.

mod calls;
mod enter;
mod filter;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use regatta_runner::attempt::{self, Finding, Outcome};
use regatta_runner::frame::Payload;
use regatta_runner::{NetworkWall, RunnerWall, Spec, Wall, Walls};
use serde::{Deserialize, Serialize};

use crate::attempts;
use crate::system;

pub use self::enter::enter;

/// The word by which this program is told to shut itself in and become another.
pub const WALL: &str = "wall";

/// What was tried on the runner and must have been refused. That one user's processes can send each other signals is not
/// among it: the first process of a container hears only those that it asks for.
const CLOSED: [&str; 5] = [
    attempts::runner::MEMORY,
    attempts::runner::TRACE,
    attempts::runner::FOREIGN_READ,
    attempts::runner::DESCRIPTORS,
    attempts::runner::ENVIRONMENT,
];

/// How steps are shut in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// In user, network, process and mount namespaces of their own. What they see in `/proc` are their own processes.
    Apart,
    /// In user and network namespaces of their own.
    Network,
    /// By a filter of system calls that refuses sockets which could lead anywhere.
    Filter,
}

impl Kind {
    const BEST_FIRST: [Self; 3] = [Self::Apart, Self::Network, Self::Filter];

    fn network(self) -> NetworkWall {
        match self {
            Self::Apart | Self::Network => NetworkWall::Namespace,
            Self::Filter => NetworkWall::Filter,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Apart => "with processes of its own",
            Self::Network => "with a network of its own",
            Self::Filter => "with a filter",
        }
    }
}

/// What whoever shuts itself in is told.
#[derive(Serialize, Deserialize)]
struct Orders {
    kind: Kind,
    filters: Vec<Payload>,
    file_bytes: Option<u64>,
}

/// How steps and helpers are started.
pub struct Enclosure(Option<Standing>);

/// A wall that can be put up here.
struct Standing {
    program: PathBuf,
    orders: String,
    kind: Kind,
    runner: RunnerWall,
}

impl Enclosure {
    /// Nothing around them.
    pub fn none() -> Self {
        Self(None)
    }

    /// What will run `program`; arguments and variables are still to be added.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        match &self.0 {
            None => Command::new(program),
            Some(standing) => standing.command(program),
        }
    }

    /// What it is like, where there is one.
    pub fn wall(&self) -> Option<Wall> {
        self.0.as_ref().map(|standing| Wall { network: standing.kind.network(), runner: standing.runner })
    }

    /// How many processes it needs for itself beside each step.
    pub fn own_processes(&self) -> u64 {
        let apart = self.0.as_ref().is_some_and(|standing| standing.kind == Kind::Apart);
        // The one that waits outside, and the first one inside.
        if apart { 2 } else { 0 }
    }
}

impl Standing {
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(WALL).arg(&self.orders).arg(program);
        command
    }
}

/// Finds the best wall that holds here, if one is wanted; otherwise what was wrong with each. `program` is this program.
pub fn build(spec: &Spec, program: &Path) -> Result<Enclosure, String> {
    let Some(walls) = &spec.walls else { return Ok(Enclosure::none()) };
    let mut faults = Vec::new();
    for kind in Kind::BEST_FIRST {
        match stand(kind, walls, spec.disk_bytes, program) {
            Ok(standing) => return Ok(Enclosure(Some(standing))),
            Err(fault) => faults.push(format!("{}: {fault}", kind.words())),
        }
    }
    Err(faults.join("; "))
}

/// Puts up a wall to try it out.
fn stand(kind: Kind, walls: &Walls, file_bytes: Option<u64>, program: &Path) -> Result<Standing, String> {
    let orders = Orders { kind, filters: walls.filters.clone(), file_bytes };
    let orders = serde_json::to_string(&orders).map_err(|error| error.to_string())?;
    let mut standing = Standing { program: program.to_owned(), orders, kind, runner: RunnerWall::Kernel };
    let mut command = standing.command(program);
    command.args(attempts::ON_RUNNER).env_clear().current_dir("/").stdin(Stdio::null());
    system::start_in(&mut command, &[]);
    let output = command.output().map_err(|error| error.to_string())?;
    standing.runner = runner_wall(kind, &output)?;
    Ok(standing)
}

/// What keeps from the runner whoever tried to reach it.
fn runner_wall(kind: Kind, output: &Output) -> Result<RunnerWall, String> {
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(words.trim().trim_start_matches("regatta-runner: ").to_owned());
    }
    let findings = attempt::parse(&String::from_utf8_lossy(&output.stdout));
    let found = |name: &str| findings.iter().find(|finding| finding.name == name);
    match found(attempts::runner::PROCESS).map(|finding| &finding.outcome) {
        Some(Outcome::Told(process)) if process == attempts::runner::NONE => Ok(RunnerWall::Namespace),
        Some(_) if kind == Kind::Apart => Err("the runner is seen from inside".to_owned()),
        Some(_) => match CLOSED.into_iter().find(|name| !found(name).is_some_and(Finding::is_refused)) {
            None => Ok(RunnerWall::Kernel),
            Some(open) => Err(format!("a step could reach the runner ({open})")),
        },
        None => Err("it told nothing".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    fn output(code: i32, printed: &str, complaint: &str) -> Output {
        let (stdout, stderr) = (printed.as_bytes().to_vec(), complaint.as_bytes().to_vec());
        Output { status: ExitStatus::from_raw(code << 8), stdout, stderr }
    }

    fn printed(open: Option<&str>) -> String {
        let refused = std::io::Error::from_raw_os_error(libc::EACCES);
        let answer = |name| Finding::tried(name, (open != Some(name)).then_some(&refused)).to_string();
        let lines: Vec<String> = CLOSED.into_iter().map(answer).collect();
        format!("{} = 7\n{}\nrunner signal: ALLOWED\n", attempts::runner::PROCESS, lines.join("\n"))
    }

    #[test]
    fn a_runner_that_is_not_there_cannot_be_reached() {
        let told = output(0, "runner process = none\n", "");
        assert_eq!(runner_wall(Kind::Apart, &told), Ok(RunnerWall::Namespace));
        assert!(runner_wall(Kind::Apart, &output(0, &printed(None), "")).is_err());
    }

    #[test]
    fn every_way_to_the_runner_must_have_been_refused() {
        assert_eq!(runner_wall(Kind::Filter, &output(0, &printed(None), "")), Ok(RunnerWall::Kernel));
        for open in CLOSED {
            let reason = runner_wall(Kind::Network, &output(0, &printed(Some(open)), "")).unwrap_err();
            assert!(reason.contains(open), "{reason}");
        }
        let untold = printed(None).replace(attempts::runner::TRACE, "something else");
        assert!(runner_wall(Kind::Filter, &output(0, &untold, "")).is_err());
    }

    #[test]
    fn a_wall_that_does_not_stand_says_why() {
        let failed = output(125, "", "regatta-runner: no namespaces: Operation not permitted\n");
        assert_eq!(
            runner_wall(Kind::Apart, &failed),
            Err("no namespaces: Operation not permitted".to_owned())
        );
        assert!(runner_wall(Kind::Apart, &output(0, "", "")).is_err());
    }
}
