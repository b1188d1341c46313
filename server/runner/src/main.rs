//! The program that runs one job's steps inside a sandbox.
//!
//! - `regatta-runner run [--input FILE] [--steps-as USER-ID]` reads a key and a [`regatta_runner::Spec`] from standard input,
//!   or from a file that it takes away, runs the steps, and writes frames to standard output. The steps are another user where
//!   one is given.
//! - `regatta-runner install FOLDER [--input FILE]` copies it to where sandboxes find it, and puts the job in its variables
//!   (see [`regatta_runner::input`]) into a file.
//! - `regatta-runner attempt …` tries what a sandbox should refuse and prints what came of it, so that a portal can test its
//!   own sandbox: see [`attempts`].
//! - `regatta-runner listen PORT` is somebody whom another sandbox should not reach.
//! - Called as `meta` it is the command by which steps read and set metadata.
//!
//! What reads files that steps have written (`gather`, `pack`, `unpack`) runs as a process of its own, as the steps' user and
//! without the key. Where steps need a wall around them that their sandbox does not have, they begin as `wall`.

mod attempts;
mod disk;
mod environment;
mod helper;
mod install;
mod job;
mod job_file;
mod launch;
mod listen;
mod memory;
mod meta;
mod pace;
mod step;
mod surroundings;
mod system;
mod values;
mod wall;
mod workspace;

use std::path::Path;
use std::process::ExitCode;

use crate::job::Source;

const USAGE: &str = "usage: regatta-runner run [--input FILE] [--steps-as USER-ID] | meta … | install FOLDER [--input FILE] \
    | attempt [PORT | --memory | --pod [--connect ADDRESS]… [--dns ADDRESS]…] | listen PORT";

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
        // What runs behind it is passed on to the byte.
        [wall::WALL, ..] => return wall::enter(std::env::args_os().skip(2)),
        ["run", options @ ..] => source(options).and_then(|source| {
            environment::shed(Path::new(called), rest)?;
            job::run(Path::new(called), &source)
        }),
        ["install", folder] => install::install(Path::new(folder), None),
        ["install", folder, "--input", file] => install::install(Path::new(folder), Some(Path::new(file))),
        ["listen", port] => listen::run(port),
        ["attempt", what @ ..] => attempts::run(what),
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

/// Reads the options of `run`.
fn source<'a>(options: &[&'a str]) -> Result<Source<'a>, String> {
    let mut source = Source::default();
    for pair in options.chunks(2) {
        match pair {
            ["--input", file] => source.input = Some(Path::new(*file)),
            ["--steps-as", user] => {
                source.steps_as = Some(user.parse().map_err(|_| format!("{user} is no user id"))?);
            }
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(source)
}
