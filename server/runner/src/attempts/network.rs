//! Who can be reached over a network.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use regatta_runner::attempt::Finding;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_millis(1500);

/// The question which servers know the root of all names, as DNS (RFC 1035) has it: every server answers it somehow.
const QUESTION: [u8; 17] = [0x52, 0x67, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1];

/// Somebody to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// By a TCP connection.
    Connect(SocketAddr),
    /// By a question about names.
    Names(SocketAddr),
}

/// Reads `--connect ADDRESS` and `--dns ADDRESS`, as often as they come. Addresses are numbers with a port.
pub fn places(arguments: &[&str]) -> Result<Vec<Place>, String> {
    let place = |pair: &[&str]| {
        let [option, address] = pair else { return Err("an address is missing".to_owned()) };
        let parsed = address.parse().map_err(|_| format!("{address} is no address with a port"))?;
        match *option {
            "--connect" => Ok(Place::Connect(parsed)),
            "--dns" => Ok(Place::Names(parsed)),
            _ => Err(format!("{option} is no way to reach somebody")),
        }
    };
    arguments.chunks(2).map(place).collect()
}

impl Place {
    /// Tries to reach it.
    pub fn reach(&self) -> Finding {
        match self {
            Self::Connect(address) => {
                Finding::tried(format!("connect {address}"), connect(*address).err().as_ref())
            }
            Self::Names(address) => Finding::tried(format!("dns {address}"), ask(*address).err().as_ref()),
        }
    }
}

/// Makes a connection.
pub fn connect(address: SocketAddr) -> io::Result<()> {
    TcpStream::connect_timeout(&address, PATIENCE).map(drop).map_err(in_time)
}

fn ask(address: SocketAddr) -> io::Result<()> {
    let any: IpAddr =
        if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect(address)?;
    socket.send(&QUESTION)?;
    socket.recv(&mut [0; 512]).map(drop).map_err(in_time)
}

/// The kernel's word for an answer that did not come in time, which the standard library has others for.
fn in_time(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => io::Error::from_raw_os_error(libc::ETIMEDOUT),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn addresses_are_numbers_with_a_port() {
        let read = places(&["--connect", "10.0.0.1:443", "--dns", "[fd00::1]:53"]).unwrap();
        assert_eq!(
            read,
            [Place::Connect(([10, 0, 0, 1], 443).into()), Place::Names("[fd00::1]:53".parse().unwrap())]
        );
        for wrong in [&["--connect"][..], &["--connect", "host:1"], &["--call", "10.0.0.1:1"]] {
            assert!(places(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn who_answers_is_reached_and_nobody_else() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(Place::Connect(address).reach().to_string(), format!("connect {address}: ALLOWED"));
        drop(listener);
        assert!(Place::Connect(address).reach().is_refused());
    }

    #[test]
    fn who_answers_questions_about_names_is_reached() {
        let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = server.local_addr().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut question = [0; 64];
                let (length, from) = server.recv_from(&mut question).unwrap();
                server.send_to(&question[..length], from).unwrap();
            });
            assert_eq!(Place::Names(address).reach().to_string(), format!("dns {address}: ALLOWED"));
        });
        drop(server);
        assert!(Place::Names(address).reach().is_refused());
    }
}
