//! Somebody to be reached: for a portal that finds out whether one sandbox reaches another over the network.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// What is printed once connections are taken.
pub const LISTENING: &str = "listening";

/// Takes connections at `port` of every address, and closes them at once. Returns only when that cannot be.
pub fn run(port: &str) -> Result<(), String> {
    let number = port.parse().map_err(|_| format!("{port} is no port"))?;
    serve(number).map_err(|error| format!("cannot listen at port {number}: {error}"))
}

fn serve(port: u16) -> io::Result<()> {
    // Where there is IPv6, the kernel has IPv4 come this way too (ipv6(7)).
    let everywhere = [SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)), (Ipv4Addr::UNSPECIFIED, port).into()];
    let listener = TcpListener::bind(&everywhere[..])?;
    let mut out = io::stdout();
    writeln!(out, "{LISTENING}")?;
    out.flush()?;
    loop {
        match listener.accept() {
            Ok((_, from)) => writeln!(out, "connection from {from}")?,
            // Somebody who was gone before being taken.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}
