//! The program that runs one job's steps inside a sandbox.
//!
//! `regatta-runner run` reads a key and a [`regatta_runner::Spec`] from standard input, runs the steps, and writes
//! frames to standard output; `--steps-as` makes the steps another user's. Called as `meta` it is the command by which steps read and set metadata. `regatta-runner
//! install FOLDER` copies it to where sandboxes find it. `regatta-runner attempt [PORT]` tries what a sandbox should
//! refuse and prints what came of it, one attempt a line, so that a portal can test its own sandbox; `regatta-runner listen
//! PORT` is somebody whom another sandbox should not reach.
//!
//! What reads files that steps have written (`gather`, `pack`, `unpack`) runs as a process of its own, as the steps'
//! user and without the key.

mod attempts;
mod helper;
mod install;
mod job;
mod launch;
mod listen;
mod meta;
mod step;
mod surroundings;
mod system;
mod values;
mod workspace;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str =
    "usage: regatta-runner run [--steps-as USER-ID] | meta … | install FOLDER | attempt [PORT] | listen PORT";

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let called = arguments.first().map_or("", |program| *program);
    let rest = arguments.get(1..).unwrap_or_default();
    let result = match rest {
        meta if Path::new(called).file_name().is_some_and(|name| name == surroundings::META) => {
            return meta::command::run(meta);
        }
        ["meta", meta @ ..] => return meta::command::run(meta),
        ["run"] => job::run(Path::new(called), None),
        ["run", "--steps-as", user] => match user.parse() {
            Ok(user) => job::run(Path::new(called), Some(user)),
            Err(_) => Err(format!("{user} is no user id")),
        },
        ["install", folder] => install::install(Path::new(folder)),
        ["listen", port] => listen::run(port),
        ["attempt", port @ ..] => {
            attempts::run(port.first().and_then(|port| port.parse().ok()));
            Ok(())
        }
        [helper::GATHER, state, names @ ..] => values::gather(Path::new(state), names),
        [helper::PACK, folder] => workspace::pack::pack(Path::new(folder)),
        [helper::UNPACK, folder] => workspace::unpack::unpack(Path::new(folder)),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("regatta-runner: {reason}");
            ExitCode::from(2)
        }
    }
}
