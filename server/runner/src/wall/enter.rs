//! Shuts this process in, then becomes the program that is to run behind the wall.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use libc::c_int;

use super::{Kind, Orders, calls, filter};
use crate::system;

/// The exit code where the wall cannot be put up.
const NO_WALL: u8 = 125;
/// The exit code where the program behind it cannot be started, as shells have it.
const CANNOT_START: u8 = 126;

/// What steps of a network of their own may make: families that speak to processes, not to kernels or machines.
const FAMILIES: [c_int; 3] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];
/// What others may make.
const FAMILIES_WITHOUT_NETWORK: [c_int; 1] = [libc::AF_UNIX];

/// Puts up the wall that the first argument describes, and runs the program that the others are, with this one's variables
/// and descriptors. Returns only where there is a process left to wait for it, or something to complain of.
pub fn enter(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let orders = arguments.next().and_then(|text| serde_json::from_str(text.to_str()?).ok());
    let (Some(orders), Some(program)) = (orders, arguments.next()) else {
        return complain(NO_WALL, "no orders for a wall");
    };
    let mut command = Command::new(program);
    command.args(arguments);
    system::offer_to_out_of_memory_killer(std::process::id());
    let orders: Orders = orders;
    let entered = match orders.kind {
        Kind::Apart => return apart(&orders, command),
        Kind::Network => own_network(&orders),
        Kind::Filter => shut(&orders, &FAMILIES_WITHOUT_NETWORK),
    };
    match entered {
        Ok(()) => cannot_start(&command.exec()),
        Err(reason) => complain(NO_WALL, &reason),
    }
}

fn complain(code: u8, reason: &str) -> ExitCode {
    eprintln!("regatta-runner: {reason}");
    ExitCode::from(code)
}

fn cannot_start(error: &io::Error) -> ExitCode {
    eprintln!("the step cannot be started: {error}");
    ExitCode::from(CANNOT_START)
}

fn failed(what: &'static str) -> impl Fn(io::Error) -> String {
    move |error| format!("{what}: {error}")
}

fn own_network(orders: &Orders) -> Result<(), String> {
    calls::own_namespaces(libc::CLONE_NEWUSER | libc::CLONE_NEWNET).map_err(failed("no namespaces"))?;
    calls::raise_loopback().map_err(failed("no loopback interface"))?;
    shut(orders, &FAMILIES)
}

/// What remains once names are its own: no rights, few sockets, no more calls than the orders allow.
fn shut(orders: &Orders, families: &[c_int]) -> Result<(), String> {
    calls::limit_files(orders.file_bytes).map_err(failed("no limits"))?;
    calls::drop_rights().map_err(failed("rights that stay"))?;
    let filters = orders.filters.iter().map(|filter| filter.0.as_slice());
    for filter in std::iter::once(filter::sockets(families).as_slice()).chain(filters) {
        calls::install(filter).map_err(failed("no filter"))?;
    }
    Ok(())
}

/// This process stays outside and waits for the first one inside, which waits for the program and everything that the
/// program leaves behind. When either is gone, so is everybody inside.
fn apart(orders: &Orders, command: Command) -> ExitCode {
    let names = libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::CLONE_NEWNS | libc::CLONE_NEWPID;
    if let Err(error) = calls::own_namespaces(names) {
        return complain(NO_WALL, &failed("no namespaces")(error));
    }
    match calls::fork() {
        Ok(Some(first)) => calls::exit_of(first).map_or(ExitCode::from(NO_WALL), exit_code),
        Ok(None) => first_inside(orders, command),
        Err(error) => complain(NO_WALL, &failed("no process inside")(error)),
    }
}

fn first_inside(orders: &Orders, mut command: Command) -> ExitCode {
    let entered = calls::die_with_parent()
        .map_err(failed("no end with its parent"))
        .and_then(|()| calls::own_process_files().map_err(failed("no process files of its own")))
        .and_then(|()| calls::raise_loopback().map_err(failed("no loopback interface")))
        .and_then(|()| shut(orders, &FAMILIES));
    if let Err(reason) = entered {
        return complain(NO_WALL, &reason);
    }
    calls::own_session(&mut command);
    match command.spawn() {
        Ok(child) => calls::exit_of(child.id().cast_signed()).map_or(ExitCode::from(NO_WALL), exit_code),
        Err(error) => cannot_start(&error),
    }
}

/// The code of what ended, as the runner would have it.
fn exit_code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}
