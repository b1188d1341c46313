//! The calls to the kernel that put a wall up. Each block says why it is sound.

#![expect(unsafe_code, reason = "system calls; each block says why it is sound")]

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use libc::{c_int, c_long, c_ulong, pid_t};

/// An argument that is not used, as wide as the kernel reads it.
const NONE: c_ulong = 0;
/// The version of the kernel's structures of rights that has 64 of them.
const RIGHTS_VERSION: u32 = 0x2008_0522;
/// The size of core dumps, in bytes: less than any has, and for which the kernel also does not start the machine's handler
/// of crashes (core(5)).
const NO_CORES: u64 = 1;

fn check(result: c_int) -> io::Result<c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Takes this process into new namespaces, a user namespace among them in which its user and group have the numbers that
/// they have outside, and no others do.
pub fn own_namespaces(flags: c_int) -> io::Result<()> {
    // SAFETY: takes integers and returns nothing; the names of its caller.
    let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
    // SAFETY: takes an integer.
    check(unsafe { libc::unshare(flags) })?;
    match tell("/proc/self/setgroups", "deny") {
        // A kernel that knows no such file asks for nothing of the kind either.
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    tell("/proc/self/uid_map", &format!("{user} {user} 1\n"))?;
    tell("/proc/self/gid_map", &format!("{group} {group} 1\n"))
}

/// Writes to a file of the kernel's, which is there or is not.
fn tell(file: &str, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).open(file)?.write_all(text.as_bytes())
}

/// Shows in `/proc` the processes of this process's own namespace. What was shown there before is covered for good: kernels
/// let nobody uncover it who has it from another's namespace.
pub fn own_process_files() -> io::Result<()> {
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    // SAFETY: the strings end with a zero byte; there are no options.
    let result = unsafe {
        libc::mount(c"proc".as_ptr(), c"/proc".as_ptr(), c"proc".as_ptr(), flags, std::ptr::null())
    };
    check(result).map(drop)
}

/// Lets processes of this network talk to each other. Some kernels have their loopback interface up from the start, and some
/// have none in any network but the first: no socket at all can be made there.
pub fn raise_loopback() -> io::Result<()> {
    // SAFETY: takes integers.
    let socket = check(unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) });
    let socket = match socket {
        Err(error) if error.raw_os_error() == Some(libc::EAFNOSUPPORT) => return Ok(()),
        // SAFETY: the new descriptor gets its one owner.
        socket => unsafe { OwnedFd::from_raw_fd(socket?) },
    };
    // SAFETY: zeroes are a valid value of the structure.
    let mut request: libc::ifreq = unsafe { MaybeUninit::zeroed().assume_init() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = from.cast_signed();
    }
    // SAFETY: the kernel reads and writes the structure that its number asks for; its flags are what it then holds.
    unsafe {
        check(libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFFLAGS, &raw mut request))?;
        if c_int::from(request.ifr_ifru.ifru_flags) & libc::IFF_UP != 0 {
            return Ok(());
        }
        #[expect(clippy::cast_possible_truncation, reason = "the flag is 1")]
        let up = libc::IFF_UP as i16;
        request.ifr_ifru.ifru_flags |= up;
        check(libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request)).map(drop)
    }
}

/// Gives up all rights, in this user namespace and by whatever program is started next.
pub fn drop_rights() -> io::Result<()> {
    for right in 0..64 {
        match prctl(libc::PR_CAPBSET_DROP, right) {
            Ok(()) => {}
            // The kernel has no more of them; or this user has none to begin with, and may not even give them up.
            Err(error) if matches!(error.raw_os_error(), Some(libc::EINVAL | libc::EPERM)) => break,
            Err(error) => return Err(error),
        }
    }
    // Some kernels know no rights that are kept across programs.
    let _ = prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL.unsigned_abs().into());
    let header = [RIGHTS_VERSION, 0];
    let rights = [0_u32; 6];
    // SAFETY: the kernel reads two structures of these sizes.
    let result = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), rights.as_ptr()) };
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    prctl(libc::PR_SET_NO_NEW_PRIVS, 1)
}

fn prctl(option: c_int, value: c_ulong) -> io::Result<()> {
    // SAFETY: used with options that take integers only.
    check(unsafe { libc::prctl(option, value, NONE, NONE, NONE) }).map(drop)
}

/// Limits how long a file may become, and what a crash leaves.
pub fn limit_files(most: Option<u64>) -> io::Result<()> {
    let limits = [Some((libc::RLIMIT_CORE, NO_CORES)), most.map(|most| (libc::RLIMIT_FSIZE, most))];
    for (resource, most) in limits.into_iter().flatten() {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the pointers are to a local structure.
        unsafe {
            check(libc::getrlimit(resource, &raw mut limit))?;
            let most = most.min(limit.rlim_max);
            limit = libc::rlimit { rlim_cur: most, rlim_max: most };
            check(libc::setrlimit(resource, &raw const limit))?;
        }
    }
    Ok(())
}

/// Puts a filter of system calls on this process and all that it starts.
pub fn install(filter: &[u8]) -> io::Result<()> {
    const INSTRUCTION: usize = size_of::<libc::sock_filter>();
    let instruction = |bytes: &[u8]| libc::sock_filter {
        code: u16::from_ne_bytes([bytes[0], bytes[1]]),
        jt: bytes[2],
        jf: bytes[3],
        k: u32::from_ne_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
    };
    let mut instructions: Vec<_> = filter.chunks_exact(INSTRUCTION).map(instruction).collect();
    let length = u16::try_from(instructions.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let program = libc::sock_fprog { len: length, filter: instructions.as_mut_ptr() };
    let mode = c_long::from(libc::SECCOMP_SET_MODE_FILTER);
    // SAFETY: the kernel copies a program that lives until the call is over.
    let result = unsafe { libc::syscall(libc::SYS_seccomp, mode, NONE, &raw const program) };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A copy of this process, which has one thread: its number; in the copy, none.
pub fn fork() -> io::Result<Option<pid_t>> {
    // SAFETY: no other thread holds anything that the copy would miss.
    let child = check(unsafe { libc::fork() })?;
    Ok((child != 0).then_some(child))
}

/// Ends this process when the one that started it ends.
pub fn die_with_parent() -> io::Result<()> {
    prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL.unsigned_abs().into())
}

/// Makes the command's process the leader of a session of its own.
pub fn own_session(command: &mut Command) {
    // SAFETY: setsid is async-signal-safe and takes nothing.
    unsafe {
        command.pre_exec(|| check(libc::setsid()).map(drop));
    }
}

/// Waits until the child `pid` has ended, and meanwhile for all others: its exit code, 128 + n when signal n ended it.
pub fn exit_of(pid: pid_t) -> io::Result<i32> {
    loop {
        let mut status = 0;
        // SAFETY: the kernel writes into a local variable.
        match check(unsafe { libc::waitpid(-1, &raw mut status, 0) }) {
            Ok(ended) if ended == pid && libc::WIFSIGNALED(status) => return Ok(128 + libc::WTERMSIG(status)),
            Ok(ended) if ended == pid => return Ok(libc::WEXITSTATUS(status)),
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
    }
}
