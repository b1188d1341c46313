//! The system calls that a sandbox refuses.
//!
//! Everything is allowed but what is listed: what traces others, loads code or keys into the kernel, makes namespaces
//! or mounts, reaches files by handle, or has been a way out of sandboxes before. Refusals are errors, not deaths, so
//! that a log explains itself; only foreign system call tables are deadly.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, sock_filter,
};

/// A system call's name and number.
type Call = (&'static str, c_long);

macro_rules! calls {
    ($($call:ident),* $(,)?) => { &[$((stringify!($call), libc::$call)),*] };
}

const DENIED: &[Call] = calls![
    // Looking into other processes.
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_process_madvise,
    SYS_process_mrelease,
    SYS_kcmp,
    SYS_pidfd_getfd,
    SYS_move_pages,
    SYS_migrate_pages,
    // Programs and observers in the kernel.
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_fanotify_init,
    SYS_lookup_dcookie,
    // Keys, which are not namespaced.
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    // Namespaces, mounts and roots.
    SYS_unshare,
    SYS_setns,
    SYS_mount,
    SYS_umount2,
    SYS_mount_setattr,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_pivot_root,
    SYS_chroot,
    // Files past their paths.
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_nfsservctl,
    // The machine itself.
    SYS_kexec_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_quotactl,
    SYS_quotactl_fd,
    SYS_syslog,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_vhangup,
    SYS_memfd_secret,
];

#[cfg(target_arch = "x86_64")]
const DENIED_HERE: &[Call] =
    calls![SYS_kexec_file_load, SYS_iopl, SYS_ioperm, SYS_uselib, SYS_ustat, SYS_sysfs, SYS__sysctl,];
#[cfg(not(target_arch = "x86_64"))]
const DENIED_HERE: &[Call] = &[];

/// Memory that no process maps and no file system bounds; refused where only a watchdog limits memory.
const UNSEEN_MEMORY: &[Call] = calls![SYS_memfd_create, SYS_shmget, SYS_msgget, SYS_semget];

/// Options by which a socket may hold more than the system's default; refused where nothing counts what sockets hold.
const SOCKET_BUFFERS: [i32; 4] =
    [libc::SO_SNDBUF, libc::SO_RCVBUF, libc::SO_SNDBUFFORCE, libc::SO_RCVBUFFORCE];

/// Flags of `clone` that make namespaces.
pub const NEW_NAMESPACES: [i32; 8] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    0x80, // CLONE_NEWTIME
];
/// The families of sockets that programs expect; without a network they reach nothing.
const FAMILIES: [i32; 3] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];
/// Ways to type into the terminal of another (CVE-2017-5226, CVE-2019-10063).
pub const TERMINAL_INPUT: [u64; 2] = [0x5412, 0x541c];
/// Personalities that change nothing: the default, and the question for the current one.
const PERSONALITIES: [u64; 2] = [0, 0xffff_ffff];

/// The filters as the kernel takes them, to be installed one after the other. `unseen_memory` says whether memory
/// files may be made and sockets may hold more than by default.
pub fn filters(unseen_memory: bool) -> Result<Vec<Vec<u8>>, seccompiler::BackendError> {
    let denied = compile(denied_rules(unseen_memory)?, libc::EPERM)?;
    // Its flags are behind a pointer, where no filter can look. Told that it is missing, libraries fall back to clone.
    let missing = compile(BTreeMap::from([(libc::SYS_clone3, vec![])]), libc::ENOSYS)?;
    let mut filters = vec![denied, missing];
    filters.extend(foreign_table());
    Ok(filters.iter().map(|filter| encode(filter)).collect())
}

/// The names of the system calls that are refused whatever their arguments are.
pub fn denied_names() -> impl Iterator<Item = &'static str> {
    DENIED.iter().chain(DENIED_HERE).map(|(name, _)| name.trim_start_matches("SYS_"))
}

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

fn denied_rules(unseen_memory: bool) -> Result<Rules, seccompiler::BackendError> {
    let unseen = if unseen_memory { &[][..] } else { UNSEEN_MEMORY };
    let whole = DENIED.iter().chain(DENIED_HERE).chain(unseen);
    let mut rules: Rules = whole.map(|(_, call)| (*call, vec![])).collect();
    let new_namespace = |flag: i32| {
        let flag = u64::from(flag.unsigned_abs());
        rule(&[(0, SeccompCmpOp::MaskedEq(flag), flag)])
    };
    rules.insert(libc::SYS_clone, NEW_NAMESPACES.into_iter().map(new_namespace).collect::<Result<_, _>>()?);
    let other_family = FAMILIES.map(|family| (0, SeccompCmpOp::Ne, u64::from(family.unsigned_abs())));
    rules.insert(libc::SYS_socket, vec![rule(&other_family)?]);
    let typing = |request| rule(&[(1, SeccompCmpOp::Eq, request)]);
    rules.insert(libc::SYS_ioctl, TERMINAL_INPUT.into_iter().map(typing).collect::<Result<_, _>>()?);
    let larger_buffer = |option: i32| {
        let (level, option) = (u64::from(libc::SOL_SOCKET.unsigned_abs()), u64::from(option.unsigned_abs()));
        rule(&[(1, SeccompCmpOp::Eq, level), (2, SeccompCmpOp::Eq, option)])
    };
    let other_personality = PERSONALITIES.map(|personality| (0, SeccompCmpOp::Ne, personality));
    rules.insert(libc::SYS_personality, vec![rule(&other_personality)?]);
    if !unseen_memory {
        rules.insert(
            libc::SYS_setsockopt,
            SOCKET_BUFFERS.into_iter().map(larger_buffer).collect::<Result<_, _>>()?,
        );
    }
    // A process may limit itself, but not the runner, which a limit could kill.
    rules.insert(libc::SYS_prlimit64, vec![rule(&[(0, SeccompCmpOp::Ne, 0)])?]);
    Ok(rules)
}

/// A rule that matches when all comparisons do, each with the lower 32 bits of an argument, as the kernel reads them.
fn rule(comparisons: &[(u8, SeccompCmpOp, u64)]) -> Result<SeccompRule, seccompiler::BackendError> {
    let condition = |(argument, operator, value): &(u8, SeccompCmpOp, u64)| {
        SeccompCondition::new(*argument, SeccompCmpArgLen::Dword, operator.clone(), *value)
    };
    SeccompRule::new(comparisons.iter().map(condition).collect::<Result<_, _>>()?)
}

/// Every filter also kills callers that use another architecture's table (such as 32-bit x86).
fn compile(rules: Rules, errno: i32) -> Result<BpfProgram, seccompiler::BackendError> {
    let errno = SeccompAction::Errno(errno.unsigned_abs());
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, SeccompAction::Allow, errno, arch)?.try_into()
}

/// Kills callers of the x32 table, which shares its architecture's name with x86-64 and offsets every number.
fn foreign_table() -> Option<BpfProgram> {
    const LOAD_NUMBER: u16 = 0x20;
    const JUMP_IF_AT_LEAST: u16 = 0x35;
    const RETURN: u16 = 0x06;
    const X32: u32 = 0x4000_0000;
    const KILL: u32 = 0x8000_0000;
    const ALLOW: u32 = 0x7fff_0000;
    let instruction = |code, jt, k| sock_filter { code, jt, jf: 0, k };
    cfg!(target_arch = "x86_64").then(|| {
        vec![
            instruction(LOAD_NUMBER, 0, 0),
            instruction(JUMP_IF_AT_LEAST, 1, X32),
            instruction(RETURN, 0, ALLOW),
            instruction(RETURN, 0, KILL),
        ]
    })
}

/// The program as an array of the kernel's `struct sock_filter`.
fn encode(program: &[sock_filter]) -> Vec<u8> {
    let bytes = |filter: &sock_filter| {
        let mut bytes = filter.code.to_ne_bytes().to_vec();
        bytes.extend([filter.jt, filter.jf]);
        bytes.extend(filter.k.to_ne_bytes());
        bytes
    };
    program.iter().flat_map(bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_fits_the_kernel() {
        for unseen_memory in [true, false] {
            for filter in filters(unseen_memory).unwrap() {
                assert_eq!(filter.len() % size_of::<sock_filter>(), 0);
                assert!((1..=4096).contains(&(filter.len() / size_of::<sock_filter>())));
            }
        }
    }

    #[test]
    fn memory_files_and_large_buffers_are_refused_only_where_nothing_counts_them() {
        for call in [libc::SYS_memfd_create, libc::SYS_semget, libc::SYS_setsockopt] {
            assert!(!denied_rules(true).unwrap().contains_key(&call));
            assert!(denied_rules(false).unwrap().contains_key(&call));
        }
    }
}
