//! What a sandbox should refuse, tried from inside. Each attempt prints a line: its name, and what the kernel said.
//!
//! The calls are made with null pointers: a sandbox that filters them answers "Operation not permitted" (or "Function
//! not implemented"), the kernel itself would answer otherwise or comply.

use std::fs::OpenOptions;
use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use libc::c_long;

use crate::system;

const NEW_USER_NAMESPACE: u32 = 0x1000_0000;
const NO_RANDOM_ADDRESSES: u32 = 0x0004_0000;
const TYPE_INTO_TERMINAL: u32 = 0x5412;

const CALLS: [(&str, c_long, [u32; 3]); 18] = [
    ("ptrace", libc::SYS_ptrace, [0; 3]),
    ("process_vm_readv", libc::SYS_process_vm_readv, [1, 0, 0]),
    ("pidfd_getfd", libc::SYS_pidfd_getfd, [0; 3]),
    ("kcmp", libc::SYS_kcmp, [1, 1, 0]),
    ("bpf", libc::SYS_bpf, [0; 3]),
    ("perf_event_open", libc::SYS_perf_event_open, [0; 3]),
    ("userfaultfd", libc::SYS_userfaultfd, [0; 3]),
    ("io_uring_setup", libc::SYS_io_uring_setup, [1, 0, 0]),
    ("add_key", libc::SYS_add_key, [0; 3]),
    ("keyctl", libc::SYS_keyctl, [0; 3]),
    ("unshare", libc::SYS_unshare, [NEW_USER_NAMESPACE, 0, 0]),
    ("clone3", libc::SYS_clone3, [0; 3]),
    ("mount", libc::SYS_mount, [0; 3]),
    ("open_by_handle_at", libc::SYS_open_by_handle_at, [0; 3]),
    ("personality", libc::SYS_personality, [NO_RANDOM_ADDRESSES, 0, 0]),
    ("netlink socket", libc::SYS_socket, [libc::AF_NETLINK as u32, libc::SOCK_RAW as u32, 0]),
    ("packet socket", libc::SYS_socket, [libc::AF_PACKET as u32, libc::SOCK_RAW as u32, 0]),
    ("terminal input", libc::SYS_ioctl, [0, TYPE_INTO_TERMINAL, 0]),
];

/// Files that only a broken sandbox lets be opened for writing.
const FILES: [&str; 4] = ["/usr/bin/env", "/etc/passwd", "/proc/sys/kernel/core_pattern", "/proc/1/mem"];

/// Tries everything; `port` is one on the loopback interface at which something outside listens.
pub fn run(port: Option<u16>) {
    for (name, number, arguments) in CALLS {
        report(name, system::attempt(number, arguments));
    }
    for path in FILES {
        report(&format!("write {path}"), OpenOptions::new().write(true).open(path).err());
    }
    report("create /probe", std::fs::write("/probe", "x").err());
    if let Some(port) = port {
        let address = (Ipv4Addr::LOCALHOST, port).into();
        report("connect", TcpStream::connect_timeout(&address, Duration::from_millis(500)).err());
    }
}

fn report(name: &str, error: Option<io::Error>) {
    match error {
        Some(error) => println!("{name}: {error}"),
        None => println!("{name}: ALLOWED"),
    }
}
