//! The calls to the kernel that the standard library does not offer. The only unsafe code of this crate.

#![expect(unsafe_code, reason = "system calls; each block says why it is sound")]

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use libc::{c_int, c_uint};

fn check(result: c_int) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn c_path(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

/// Whether this process may mount.
pub fn is_root() -> bool {
    // SAFETY: takes nothing and always succeeds.
    unsafe { libc::geteuid() == 0 }
}

/// Gives this thread a view of the file system of its own: what it mounts nobody else sees, and it goes with the thread.
pub fn separate_mounts() -> io::Result<()> {
    // SAFETY: takes an integer, then literals that end with a zero byte and null pointers.
    unsafe {
        check(libc::unshare(libc::CLONE_NEWNS))?;
        let nothing = std::ptr::null();
        check(libc::mount(nothing, c"/".as_ptr(), nothing, libc::MS_REC | libc::MS_PRIVATE, std::ptr::null()))
    }
}

/// Mounts an empty file system in memory that everybody may write to.
pub fn mount_memory(folder: &Path, bytes: u64) -> io::Result<()> {
    let (folder, options) = (c_path(folder)?, CString::new(format!("size={bytes},mode=0777"))?);
    let flags = libc::MS_NOSUID | libc::MS_NODEV;
    // SAFETY: all strings end with a zero byte and live until the call returns.
    unsafe {
        let kind = c"tmpfs".as_ptr();
        check(libc::mount(kind, folder.as_ptr(), kind, flags, options.as_ptr().cast()))
    }
}

/// Removes what is mounted there as soon as nobody uses it.
pub fn unmount(folder: &Path) -> io::Result<()> {
    let folder = c_path(folder)?;
    // SAFETY: the string ends with a zero byte and lives until the call returns.
    unsafe { check(libc::umount2(folder.as_ptr(), libc::MNT_DETACH)) }
}

/// The bytes that are in use of the file system at `folder`.
pub fn used_bytes(folder: &Path) -> io::Result<u64> {
    let folder = c_path(folder)?;
    let mut told = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the string ends with a zero byte; the structure is filled in where the call succeeds.
    let told = unsafe {
        check(libc::statvfs(folder.as_ptr(), told.as_mut_ptr()))?;
        told.assume_init()
    };
    Ok((told.f_blocks - told.f_bfree) * told.f_frsize)
}

/// Asks a process to end.
pub fn terminate(pid: u32) {
    if let Ok(pid @ 2..) = c_int::try_from(pid) {
        // SAFETY: sends a signal to one process.
        unsafe { libc::kill(pid, libc::SIGTERM) };
    }
}

/// Kills all processes of a group.
pub fn kill_group(group: u32) {
    if let Ok(group @ 2..) = c_int::try_from(group) {
        // SAFETY: sends a signal to processes.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
}

/// Lets the command's process keep no descriptor but these and the standard ones, and die with this thread.
pub fn enter(command: &mut Command, kept: Vec<OwnedFd>) {
    // SAFETY: between fork and exec only system calls are made, on memory allocated before the fork.
    unsafe {
        command.pre_exec(move || {
            check(libc::setsid().min(0))?;
            check(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))?;
            check(libc::close_range(3, c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC.cast_signed()))?;
            for kept in &kept {
                check(libc::fcntl(kept.as_raw_fd(), libc::F_SETFD, 0))?;
            }
            Ok(())
        });
    }
}
