//! The calls to the kernel that the standard library does not offer. The only unsafe code of this crate.

#![expect(unsafe_code, reason = "system calls; each block says why it is sound")]

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use libc::{c_int, c_uint};

/// A limit of the kernel's for one process, soft and hard alike.
pub type ResourceLimit = (c_uint, u64);

/// What a process does between fork and exec to become the sandbox's.
pub struct Entrance {
    /// `cgroup.procs` files of the groups that it joins.
    pub groups: Vec<OwnedFd>,
    /// The user and group identity that it takes, where it is root's.
    pub identity: Option<u32>,
    /// Its limits.
    pub limits: Vec<ResourceLimit>,
    /// The descriptors that it keeps, beside the standard ones.
    pub kept: Vec<OwnedFd>,
}

fn check(result: c_int) -> io::Result<c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// The user this process acts as.
pub fn effective_user() -> u32 {
    // SAFETY: takes nothing and always succeeds.
    unsafe { libc::geteuid() }
}

/// Lets the command's process enter as `entrance` says. What it keeps stays open here until the command is dropped.
pub fn enter(command: &mut Command, entrance: Entrance) {
    // SAFETY: between fork and exec only system calls are made, on memory allocated before the fork.
    unsafe {
        command.pre_exec(move || {
            check(libc::setsid())?;
            for group in &entrance.groups {
                // Zero stands for the process that writes.
                check_write(libc::write(group.as_raw_fd(), c"0".as_ptr().cast(), 1))?;
            }
            be_the_first_to_go();
            for (resource, limit) in &entrance.limits {
                set_limit(*resource, *limit)?;
            }
            if let Some(identity) = entrance.identity {
                check(libc::setgroups(0, std::ptr::null()))?;
                check(libc::setresgid(identity, identity, identity))?;
                check(libc::setresuid(identity, identity, identity))?;
            }
            let first = c_uint::try_from(libc::STDERR_FILENO + 1).unwrap_or(3);
            check(libc::close_range(first, c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC.cast_signed()))?;
            for kept in &entrance.kept {
                check(libc::fcntl(kept.as_raw_fd(), libc::F_SETFD, 0))?;
            }
            Ok(())
        });
    }
}

fn check_write(written: isize) -> io::Result<()> {
    if written < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// When the machine runs out of memory, sandboxes go before everything else, and steps, which the runner puts at the very
/// end of the scale, before their runner.
fn be_the_first_to_go() {
    // SAFETY: literals that end with a zero byte; the descriptor is closed here. A failure changes nothing of import.
    unsafe {
        let fd = libc::open(c"/proc/self/oom_score_adj".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if fd >= 0 {
            libc::write(fd, c"900".as_ptr().cast(), 3);
            libc::close(fd);
        }
    }
}

/// Sets a limit, or keeps the one there is where that is lower already.
fn set_limit(resource: c_uint, limit: u64) -> io::Result<()> {
    let mut current = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointers are to a local structure.
    unsafe {
        check(libc::getrlimit(resource, &raw mut current))?;
        let limit = limit.min(current.rlim_max);
        current = libc::rlimit { rlim_cur: limit, rlim_max: limit };
        check(libc::setrlimit(resource, &raw const current)).map(drop)
    }
}

/// A file that lives in memory and has no name, holding `bytes`.
pub fn memory_file(bytes: &[u8]) -> io::Result<File> {
    // SAFETY: the name ends with a zero byte; the new descriptor gets its one owner.
    let mut file = unsafe {
        let fd = check(libc::memfd_create(c"regatta".as_ptr(), libc::MFD_CLOEXEC))?;
        File::from_raw_fd(fd)
    };
    file.write_all(bytes)?;
    Ok(file)
}

/// A process that is known by a descriptor, so that its number cannot come to mean another.
#[derive(Debug)]
pub struct Process(OwnedFd);

impl Process {
    /// The process with this number.
    pub fn open(pid: i32) -> io::Result<Self> {
        // SAFETY: takes integers only; the new descriptor gets its one owner.
        unsafe {
            let fd = libc::syscall(libc::SYS_pidfd_open, pid, 0);
            let fd = check(c_int::try_from(fd).unwrap_or(-1))?;
            Ok(Self(OwnedFd::from_raw_fd(fd as RawFd)))
        }
    }

    /// Kills it; one that has ended already stays so.
    pub fn kill(&self) {
        // SAFETY: takes integers and a null pointer.
        unsafe {
            let information = std::ptr::null::<libc::siginfo_t>();
            libc::syscall(libc::SYS_pidfd_send_signal, self.0.as_raw_fd(), libc::SIGKILL, information, 0);
        }
    }

    /// Whether it has ended; a zombie has.
    pub fn has_ended(&self) -> bool {
        let mut poll = libc::pollfd { fd: self.0.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: the pointer is to one local structure; no time to wait.
        unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
    }
}

/// Kills the process with this number, which a control group names as its member.
pub fn kill_member(pid: i32) {
    if pid > 1 {
        // SAFETY: sends a signal to one process.
        unsafe { libc::kill(pid, libc::SIGKILL) };
    }
}

/// Makes reads of `descriptor` return at once when there is nothing to read.
pub fn never_wait(descriptor: &OwnedFd) -> io::Result<()> {
    // SAFETY: takes integers only.
    unsafe {
        let flags = check(libc::fcntl(descriptor.as_raw_fd(), libc::F_GETFL))?;
        check(libc::fcntl(descriptor.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK)).map(drop)
    }
}
