//! The program that runs one job's steps inside a sandbox.
//!
//! `regatta-runner run` reads a key and a [`regatta_runner::Spec`] from standard input, runs the steps, and writes
//! frames to standard output; `--steps-as` makes the steps another user's. `regatta-runner attempt [PORT]` tries what a sandbox should refuse and prints what came
//! of it, one attempt a line, so that a portal can test its own sandbox.

mod attempts;
mod job;
mod shell;
mod step;
mod system;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["run"] => job::run(None),
        ["run", "--steps-as", user] => match user.parse() {
            Ok(user) => job::run(Some(user)),
            Err(_) => Err(format!("{user} is no user id")),
        },
        ["attempt", port @ ..] => {
            attempts::run(port.first().and_then(|port| port.parse().ok()));
            Ok(())
        }
        _ => Err("usage: regatta-runner run [--steps-as USER-ID] | attempt [PORT]".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("regatta-runner: {reason}");
            ExitCode::from(2)
        }
    }
}
