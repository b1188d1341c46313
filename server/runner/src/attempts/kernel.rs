//! System calls and files that a sandbox should refuse.
//!
//! The calls are made with null pointers: a sandbox that filters them answers "Operation not permitted" (or "Function
//! not implemented"), the kernel itself would answer otherwise or comply.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use libc::c_long;
use regatta_runner::attempt::Finding;

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

/// Sockets that lead out of a pod: to its network, and to who runs its machine.
const SOCKETS: [(&str, libc::c_int); 2] = [("inet socket", libc::AF_INET), ("vsock socket", libc::AF_VSOCK)];

/// Folders that only some of a pod's steps may write to, if any.
const FOLDERS: [&str; 11] = [
    "",
    "/etc",
    "/usr",
    "/var",
    "/root",
    "/home",
    "/dev",
    "/sys",
    "/regatta",
    "/regatta/bin",
    "/regatta/input",
];

/// Where a pod finds the token of its service account.
const TOKENS: [&str; 2] = [
    "/var/run/secrets/kubernetes.io/serviceaccount/token",
    "/run/secrets/kubernetes.io/serviceaccount/token",
];

/// Makes the calls, and opens the files.
pub fn calls_and_files() -> impl Iterator<Item = Finding> {
    let calls = CALLS
        .into_iter()
        .map(|(name, number, arguments)| (name.to_owned(), system::attempt(number, arguments)));
    let files = FILES
        .into_iter()
        .map(|path| (format!("write {path}"), OpenOptions::new().write(true).open(path).err()));
    calls.chain(files).map(|(name, error)| Finding::tried(name, error.as_ref()))
}

/// Makes sockets of other families.
pub fn sockets() -> impl Iterator<Item = Finding> {
    let make = |family: libc::c_int| {
        let arguments = [family.unsigned_abs(), libc::SOCK_STREAM.unsigned_abs(), 0];
        system::attempt(libc::SYS_socket, arguments)
    };
    SOCKETS.into_iter().map(move |(name, family)| Finding::tried(name, make(family).as_ref()))
}

/// Makes a file in the root.
pub fn file_in_root() -> Finding {
    file_in("")
}

/// Makes files all over the place, and reads the token of the pod's service account.
pub fn foreign_folders() -> impl Iterator<Item = Finding> {
    let read = |path| Finding::tried(format!("read {path}"), fs::read(path).err().as_ref());
    FOLDERS.into_iter().map(file_in).chain(TOKENS.into_iter().map(read))
}

fn file_in(folder: &str) -> Finding {
    let path = format!("{folder}/probe");
    let error = create(Path::new(&path)).err();
    Finding::tried(format!("create {path}"), error.as_ref())
}

/// Makes a file that was not there, and takes it away again.
fn create(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?;
    // What cannot be taken away has been made all the same.
    let _ = fs::remove_file(path);
    Ok(())
}
