//! The calls to the kernel that the standard library does not offer. The only unsafe code of the runner.

#![expect(unsafe_code, reason = "system calls; each block says why it is sound")]

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use libc::{c_int, c_long, pid_t};

/// A signal that arrived.
pub struct Signal {
    /// Which.
    pub number: c_int,
    /// Who sent it; 0 where the sender is outside of this process namespace.
    pub sender: u32,
}

/// Room in a file system.
#[derive(Clone, Copy, Default)]
pub struct Space {
    /// Bytes that are left.
    pub free: u64,
    /// Bytes that there are.
    pub total: u64,
    /// Files, folders and whatever else has an inode.
    pub files: u64,
}

/// An argument that is not used, as wide as the kernel reads it.
const NONE: c_long = 0;

fn check(result: c_int) -> io::Result<c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Keeps steps from tracing this process, from opening its memory and descriptors, and from gaining privileges; makes
/// orphans its children.
pub fn harden() -> io::Result<()> {
    for (option, value) in
        [(libc::PR_SET_DUMPABLE, NONE), (libc::PR_SET_NO_NEW_PRIVS, 1), (libc::PR_SET_CHILD_SUBREAPER, 1)]
    {
        // SAFETY: these options take integers only.
        check(unsafe { libc::prctl(option, value, NONE, NONE, NONE) })?;
    }
    Ok(())
}

/// Acts as another user from here on, without ceasing to be its own: what it writes is that user's, as are its steps, who
/// can neither signal this process nor reach its descriptors. For kernels that keep processes of one user less apart
/// than Linux does.
pub fn act_as(user: u32) -> io::Result<()> {
    const UNCHANGED: u32 = u32::MAX;
    // SAFETY: takes integers and an empty list.
    unsafe {
        check(libc::setgroups(0, std::ptr::null()))?;
        check(libc::setresgid(UNCHANGED, user, UNCHANGED))?;
        check(libc::setresuid(UNCHANGED, user, UNCHANGED)).map(drop)
    }
}

/// Takes standard output for this process alone: the descriptor returned is closed on exec, and standard input and
/// output become `/dev/null`.
pub fn private_stdout() -> io::Result<File> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    // SAFETY: a new descriptor, which the file then owns.
    let out = unsafe {
        let fd = check(libc::fcntl(libc::STDOUT_FILENO, libc::F_DUPFD_CLOEXEC, 3))?;
        File::from_raw_fd(fd)
    };
    for standard in [libc::STDIN_FILENO, libc::STDOUT_FILENO] {
        // SAFETY: both descriptors are open; no Rust value owns a standard descriptor.
        check(unsafe { libc::dup2(null.as_raw_fd(), standard) })?;
    }
    Ok(out)
}

/// Blocks the signals that [`signals`] is to report, and returns the descriptor that becomes readable when one comes.
pub fn signal_descriptor() -> io::Result<OwnedFd> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the set is initialised by sigemptyset before its other uses; the new descriptor gets its one owner.
    unsafe {
        check(libc::sigemptyset(set.as_mut_ptr()))?;
        let mut set = set.assume_init();
        check(libc::sigaddset(&raw mut set, libc::SIGCHLD))?;
        check(libc::sigaddset(&raw mut set, libc::SIGTERM))?;
        check(libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()))?;
        let fd = check(libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// The signals that have come since the last call.
pub fn signals(descriptor: &OwnedFd) -> Vec<Signal> {
    let mut signals = Vec::new();
    loop {
        let mut info = MaybeUninit::<libc::signalfd_siginfo>::uninit();
        let size = size_of::<libc::signalfd_siginfo>();
        // SAFETY: the kernel writes at most `size` bytes into a buffer of that size; it is read only when filled.
        let info = unsafe {
            let read = libc::read(descriptor.as_raw_fd(), info.as_mut_ptr().cast(), size);
            if usize::try_from(read) != Ok(size) {
                return signals;
            }
            info.assume_init()
        };
        let number = c_int::try_from(info.ssi_signo).unwrap_or(0);
        signals.push(Signal { number, sender: info.ssi_pid });
    }
}

/// Waits until one of the descriptors can be read or has been closed, at most `timeout`, and says which.
pub fn readable<const N: usize>(
    descriptors: [Option<BorrowedFd<'_>>; N],
    timeout: Duration,
) -> io::Result<[bool; N]> {
    let mut polls = descriptors.map(|descriptor| libc::pollfd {
        fd: descriptor.map_or(-1, |descriptor| descriptor.as_raw_fd()),
        events: libc::POLLIN,
        revents: 0,
    });
    let millis = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
    // SAFETY: the pointer and the length describe the array.
    match check(unsafe { libc::poll(polls.as_mut_ptr(), N as libc::nfds_t, millis) }) {
        Ok(_) => Ok(polls.map(|poll| poll.revents != 0)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok([false; N]),
        Err(error) => Err(error),
    }
}

/// Makes the command's process the leader of a session of its own, with no signal blocked, and altogether the user that
/// this one acts as.
pub fn in_new_session(command: &mut Command) {
    // SAFETY: between fork and exec only async-signal-safe functions are called, on a set of this stack.
    unsafe {
        command.pre_exec(|| {
            let mut set = MaybeUninit::uninit();
            check(libc::sigemptyset(set.as_mut_ptr()))?;
            check(libc::sigprocmask(libc::SIG_SETMASK, set.as_ptr(), std::ptr::null_mut()))?;
            let (user, group) = (libc::geteuid(), libc::getegid());
            check(libc::setresgid(group, group, group))?;
            check(libc::setresuid(user, user, user))?;
            check(libc::setsid()).map(drop)
        });
    }
}

/// Collects every child that has ended, with its exit code (128 + n when signal n ended it), and says whether there
/// are others.
pub fn reap() -> (Vec<(pid_t, i32)>, bool) {
    let mut ended = Vec::new();
    loop {
        let mut status = 0;
        // SAFETY: the kernel writes the status into a local variable.
        let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
        if pid <= 0 {
            return (ended, pid == 0);
        }
        let code =
            if libc::WIFSIGNALED(status) { 128 + libc::WTERMSIG(status) } else { libc::WEXITSTATUS(status) };
        ended.push((pid, code));
    }
}

/// Ends what a step has left behind: as the sandbox's first process everything else in it, otherwise the step's
/// session leader's group.
pub fn kill_leftovers(leader: pid_t) {
    if leader <= 1 {
        return;
    }
    let target = if std::process::id() == 1 { -1 } else { -leader };
    // SAFETY: sends a signal; -1 reaches other processes of this namespace only, which all belong to the job.
    unsafe { libc::kill(target, libc::SIGKILL) };
}

/// Limits the processes and threads of this user in this user namespace.
pub fn limit_processes(count: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: count, rlim_max: count };
    // SAFETY: the pointer is to a local structure.
    check(unsafe { libc::setrlimit(libc::RLIMIT_NPROC, &raw const limit) }).map(drop)
}

/// Lets everything else on the machine go first.
pub fn be_nice() {
    // SAFETY: takes integers only. A failure changes nothing but fairness.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) };
}

/// The room in the file system of `path`.
pub fn space(path: &Path) -> io::Result<Space> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let mut stat = MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends with a zero byte; the structure is read only after the call has filled it.
    let stat = unsafe {
        check(libc::statvfs(path.as_ptr(), stat.as_mut_ptr()))?;
        stat.assume_init()
    };
    Ok(Space {
        free: stat.f_bavail * stat.f_frsize,
        total: stat.f_blocks * stat.f_frsize,
        files: stat.f_files.saturating_sub(stat.f_ffree),
    })
}

/// Processor time in milliseconds and the largest resident set in bytes of the children that have ended.
pub fn usage() -> (u64, u64) {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: zeroes are a valid value of the structure, which the call fills.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr());
        usage.assume_init()
    };
    let millis = |time: libc::timeval| time.tv_sec * 1000 + time.tv_usec / 1000;
    let cpu = millis(usage.ru_utime) + millis(usage.ru_stime);
    (u64::try_from(cpu).unwrap_or(0), u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024)
}

/// Makes a system call whose arguments are integers or null pointers, and returns its error, if it gave one.
pub fn attempt(number: c_long, arguments: [u32; 3]) -> Option<io::Error> {
    let [first, second, third] = arguments.map(c_long::from);
    // SAFETY: the calls attempted read or write memory only through pointers, which are all null here.
    let result = unsafe { libc::syscall(number, first, second, third, NONE, NONE, NONE) };
    (result == -1).then(io::Error::last_os_error)
}
