//! The calls to the kernel that the standard library does not offer. All unsafe code of the runner
//! is here and in `wall/calls.rs`.

#![expect(unsafe_code, reason = "system calls; each block says why it is sound")]

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
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

/// Takes standard input and output for this process alone, in this order: the descriptors returned are closed on exec,
/// and the standard ones become `/dev/null`.
pub fn private_standard_streams() -> io::Result<[File; 2]> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    let private = |standard| {
        // SAFETY: a new descriptor, which the file then owns; the standard one is open, and no Rust value owns it.
        unsafe {
            let fd = check(libc::fcntl(standard, libc::F_DUPFD_CLOEXEC, 3))?;
            let file = File::from_raw_fd(fd);
            check(libc::dup2(null.as_raw_fd(), standard))?;
            io::Result::Ok(file)
        }
    };
    Ok([private(libc::STDIN_FILENO)?, private(libc::STDOUT_FILENO)?])
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
    // Rounded up: whoever waits for a moment must not ask again and again until it has come.
    let millis = c_int::try_from(timeout.as_micros().div_ceil(1000)).unwrap_or(c_int::MAX);
    // SAFETY: the pointer and the length describe the array.
    match check(unsafe { libc::poll(polls.as_mut_ptr(), N as libc::nfds_t, millis) }) {
        Ok(_) => Ok(polls.map(|poll| poll.revents != 0)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok([false; N]),
        Err(error) => Err(error),
    }
}

/// Makes the command's process the leader of a session of its own, with no signal blocked, altogether the user that this
/// one acts as, in the last of these folders. It makes those that are not there.
pub fn start_in(command: &mut Command, folders: &[CString]) {
    let folders = folders.to_vec();
    // SAFETY: between fork and exec only async-signal-safe functions are called, on a set of this stack and on strings
    // that were made before.
    unsafe {
        command.pre_exec(move || {
            let mut set = MaybeUninit::uninit();
            check(libc::sigemptyset(set.as_mut_ptr()))?;
            check(libc::sigprocmask(libc::SIG_SETMASK, set.as_ptr(), std::ptr::null_mut()))?;
            let (user, group) = (libc::geteuid(), libc::getegid());
            check(libc::setresgid(group, group, group))?;
            check(libc::setresuid(user, user, user))?;
            // Until exec, this is a copy of the runner, key and all.
            check(libc::prctl(libc::PR_SET_DUMPABLE, NONE, NONE, NONE, NONE))?;
            check(libc::setsid())?;
            for folder in &folders {
                libc::mkdir(folder.as_ptr(), 0o777);
            }
            folders.last().map_or(Ok(()), |folder| check(libc::chdir(folder.as_ptr())).map(drop))
        });
    }
}

/// Has the kernel end this process before the runner when memory is short. Some kernels do not let it be said.
pub fn offer_to_out_of_memory_killer(pid: u32) {
    let _ = std::fs::write(format!("/proc/{pid}/oom_score_adj"), "1000");
}

/// A child that has ended.
pub struct Ended {
    /// Its number.
    pub pid: pid_t,
    /// Its exit code, 128 + n when signal n ended it.
    pub code: i32,
    /// What it used, together with those of its children that it waited for.
    pub usage: Usage,
}

/// What processes used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Processor time.
    pub cpu: Duration,
    /// The largest resident set that one of them had, in bytes.
    pub peak_bytes: u64,
}

impl Usage {
    /// Counts `other` in.
    pub fn add(&mut self, other: Self) {
        self.cpu += other.cpu;
        self.peak_bytes = self.peak_bytes.max(other.peak_bytes);
    }
}

impl From<libc::rusage> for Usage {
    fn from(usage: libc::rusage) -> Self {
        let micros = |time: libc::timeval| time.tv_sec * 1_000_000 + time.tv_usec;
        let cpu = u64::try_from(micros(usage.ru_utime) + micros(usage.ru_stime)).unwrap_or(0);
        let peak_bytes = u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024;
        Self { cpu: Duration::from_micros(cpu), peak_bytes }
    }
}

/// Collects every child that has ended, and says whether there are others.
pub fn reap() -> (Vec<Ended>, bool) {
    let mut ended = Vec::new();
    loop {
        let (mut status, mut usage) = (0, MaybeUninit::<libc::rusage>::zeroed());
        // SAFETY: the kernel writes into local variables; zeroes are a valid value of the structure.
        let (pid, usage) = unsafe {
            let pid = libc::wait4(-1, &raw mut status, libc::WNOHANG, usage.as_mut_ptr());
            (pid, usage.assume_init())
        };
        if pid <= 0 {
            return (ended, pid == 0);
        }
        let code =
            if libc::WIFSIGNALED(status) { 128 + libc::WTERMSIG(status) } else { libc::WEXITSTATUS(status) };
        ended.push(Ended { pid, code, usage: usage.into() });
    }
}

/// Ends what a step has left behind: as the sandbox's first process everything else in it, otherwise the step's session
/// leader's group and all children. Orphans become children, so that calling this again reaches who was missed.
pub fn kill_leftovers(leader: pid_t) {
    if leader <= 1 {
        return;
    }
    if std::process::id() == 1 {
        // SAFETY: sends a signal to the other processes of this namespace, which all belong to the job.
        unsafe { libc::kill(-1, libc::SIGKILL) };
        return;
    }
    for target in std::iter::once(-leader).chain(children()) {
        // SAFETY: sends a signal to a child that has not been waited for, or to its group.
        unsafe { libc::kill(target, libc::SIGKILL) };
    }
}

/// The children of this process, whose one thread started them all.
fn children() -> Vec<pid_t> {
    let list = std::fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
    list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// Opens a file that is a file, and not a link, a pipe or a device, for reading.
pub fn open_plain_file(path: &Path) -> io::Result<File> {
    let file = File::options().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a plain file")) }
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

/// How many bytes a page of memory has.
pub fn page_bytes() -> u64 {
    // SAFETY: reads a constant of the system.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(bytes).unwrap_or(4096)
}

/// What the children that have ended used.
pub fn usage() -> Usage {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: zeroes are a valid value of the structure, which the call fills.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr());
        usage.assume_init()
    };
    usage.into()
}

/// Makes a system call whose arguments are integers or null pointers, and returns its error, if it gave one.
pub fn attempt(number: c_long, arguments: [u32; 3]) -> Option<io::Error> {
    let [first, second, third] = arguments.map(c_long::from);
    // SAFETY: the calls attempted read or write memory only through pointers, which are all null here.
    let result = unsafe { libc::syscall(number, first, second, third, NONE, NONE, NONE) };
    (result == -1).then(io::Error::last_os_error)
}

/// Reads a byte of another process's memory, whichever. An address that it does not have is not what keeps anybody away.
pub fn read_foreign_memory(process: u32) -> io::Result<()> {
    const SOME_ADDRESS: usize = 0x40_0000;
    let mut byte = 0_u8;
    let own = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let foreign = libc::iovec { iov_base: std::ptr::without_provenance_mut(SOME_ADDRESS), iov_len: 1 };
    let process = pid_t::try_from(process).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: the kernel writes at most one byte, into a local variable.
    if unsafe { libc::process_vm_readv(process, &raw const own, 1, &raw const foreign, 1, 0) } != -1 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    if error.raw_os_error() == Some(libc::EFAULT) { Ok(()) } else { Err(error) }
}

/// The kernel's release, its version, and the machine that it says it runs on.
pub fn kernel() -> [String; 3] {
    let mut names = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: zeroes are a valid value of the structure, which the call fills.
    let names = unsafe {
        libc::uname(names.as_mut_ptr());
        names.assume_init()
    };
    let text = |name: &[libc::c_char]| {
        let bytes = name.iter().map(|byte| byte.cast_unsigned()).take_while(|byte| *byte != 0);
        String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
    };
    [text(&names.release), text(&names.version), text(&names.machine)]
}

/// Who a process is.
pub struct Identity {
    /// Its real, effective and saved user.
    pub user: [u32; 3],
    /// Its real, effective and saved group.
    pub group: [u32; 3],
    /// Its other groups.
    pub groups: Vec<u32>,
}

/// Who this process is.
pub fn identity() -> Identity {
    const MAX_GROUPS: c_int = 256;
    let (mut user, mut group, mut groups) = ([0; 3], [0; 3], [0; MAX_GROUPS as usize]);
    // SAFETY: the kernel writes numbers into local variables, and into an array of this length.
    let count = unsafe {
        libc::getresuid(&raw mut user[0], &raw mut user[1], &raw mut user[2]);
        libc::getresgid(&raw mut group[0], &raw mut group[1], &raw mut group[2]);
        libc::getgroups(MAX_GROUPS, groups.as_mut_ptr())
    };
    Identity { user, group, groups: groups[..usize::try_from(count).unwrap_or(0)].to_vec() }
}

/// Whether this process can gain no rights by what it starts.
pub fn has_no_new_privileges() -> bool {
    // SAFETY: this option takes no more than itself.
    unsafe { libc::prctl(libc::PR_GET_NO_NEW_PRIVS, NONE, NONE, NONE, NONE) == 1 }
}
