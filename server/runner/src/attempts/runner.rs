//! Whether the runner can be reached: its memory, what it has open, what it was started with.
//!
//! The runner is one of the processes that this one comes from. Where steps have process numbers of their own, it is not
//! among those that can be named.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use libc::c_long;
use regatta_runner::attempt::Finding;

use crate::system;

/// Its number, or [`NONE`].
pub const PROCESS: &str = "runner process";
/// What stands for a runner that is not there.
pub const NONE: &str = "none";
/// Opening its memory.
pub const MEMORY: &str = "runner memory";
/// Tracing it.
pub const TRACE: &str = "runner trace";
/// Reading its memory by a call for that.
pub const FOREIGN_READ: &str = "runner vm";
/// Listing what it has open.
pub const DESCRIPTORS: &str = "runner descriptors";
/// Reading what it was started with.
pub const ENVIRONMENT: &str = "runner environment";
/// Sending it a signal, if none that harms.
const SIGNAL: &str = "runner signal";
/// Asking for its limits, which is to be allowed to set them.
const LIMITS: &str = "runner limits";

const ALL: [&str; 7] = [MEMORY, TRACE, FOREIGN_READ, DESCRIPTORS, ENVIRONMENT, SIGNAL, LIMITS];
/// The request of ptrace(2) that stops nobody.
const SEIZE: u32 = 0x4206;
/// More parents than any step has.
const MAX_PARENTS: usize = 64;

/// Tries to reach it.
pub fn reach() -> Vec<Finding> {
    let Some(runner) = find() else {
        let gone = io::Error::from_raw_os_error(libc::ESRCH);
        let none = Finding::told(PROCESS, NONE);
        return std::iter::once(none).chain(ALL.map(|name| Finding::tried(name, Some(&gone)))).collect();
    };
    let file = |name: &str| PathBuf::from(format!("/proc/{runner}/{name}"));
    let call = |number: c_long, arguments| system::attempt(number, arguments);
    let tried = [
        (MEMORY, File::open(file("mem")).err()),
        (TRACE, call(libc::SYS_ptrace, [SEIZE, runner, 0])),
        (FOREIGN_READ, system::read_foreign_memory(runner).err()),
        (DESCRIPTORS, fs::read_dir(file("fd")).err()),
        (ENVIRONMENT, fs::read(file("environ")).err()),
        (SIGNAL, call(libc::SYS_kill, [runner, 0, 0])),
        (LIMITS, call(libc::SYS_prlimit64, [runner, 0, 0])),
    ];
    let tried = tried.into_iter().map(|(name, error)| Finding::tried(name, error.as_ref()));
    std::iter::once(Finding::told(PROCESS, runner.to_string())).chain(tried).collect()
}

/// The nearest of the processes that this one comes from which was told to run a job.
fn find() -> Option<u32> {
    let parents = std::iter::successors(parent(std::process::id()), |process| parent(*process));
    parents.take(MAX_PARENTS).find(|process| runs_a_job(*process))
}

fn parent(process: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let number = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()?;
    (number != 0).then_some(number)
}

/// What a process was started with can be read whoever it is.
fn runs_a_job(process: u32) -> bool {
    let words = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let mut words = words.split(|byte| *byte == 0);
    let program = words.next().unwrap_or_default();
    program.ends_with(b"runner") && words.next() == Some(b"run")
}
