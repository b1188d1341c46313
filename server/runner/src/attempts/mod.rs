//! What a sandbox should refuse, tried from inside, and what it looks like there. Each finding is a line: see
//! [`regatta_runner::attempt`].
//!
//! - `attempt [PORT]` tries what every sandbox must refuse, and a connection to a port of the loopback interface.
//! - `attempt --pod …` tries also what a pod must refuse, and tells what it is like. A portal runs it as a step, behind the
//!   runner's wall, and as a container's only program, outside of it.
//! - `attempt --memory` takes more and more memory, until it is stopped.
//! - `attempt --runner` tries to reach the runner among the processes that this one comes from.

mod hog;
mod kernel;
mod network;
pub mod runner;
mod surroundings;

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};

use regatta_runner::attempt::Finding;

/// The arguments for trying to reach the runner alone.
pub const ON_RUNNER: [&str; 2] = ["attempt", "--runner"];

/// Tries what the arguments say, and prints what came of it.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    match arguments {
        [] => print(in_sandbox(None)),
        ["--runner"] => print(runner::reach()),
        ["--memory"] => hog::grow(),
        ["--pod", places @ ..] => in_pod(&network::places(places)?),
        [port] => match port.parse() {
            Ok(port) => print(in_sandbox(Some(port))),
            Err(_) => Err(format!("{port} is no port")),
        },
        _ => Err("attempt what?".to_owned()),
    }
}

/// Each finding is printed at once: some come slowly.
fn print(findings: impl IntoIterator<Item = Finding>) -> Result<(), String> {
    let mut out = io::stdout().lock();
    for finding in findings {
        writeln!(out, "{finding}").map_err(|error| format!("cannot tell: {error}"))?;
    }
    Ok(())
}

fn in_sandbox(port: Option<u16>) -> impl Iterator<Item = Finding> {
    let connection = port.map(|port| {
        let error = network::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).err();
        Finding::tried("connect", error.as_ref())
    });
    kernel::calls_and_files().chain([kernel::file_in_root()]).chain(connection)
}

fn in_pod(places: &[network::Place]) -> Result<(), String> {
    print(surroundings::all())?;
    print(kernel::calls_and_files().chain(kernel::sockets()).chain(kernel::foreign_folders()))?;
    print(runner::reach())?;
    print(places.iter().map(network::Place::reach))
}
