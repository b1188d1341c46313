//! What an engine adds to bubblewrap's walls: what stands inside them, and what that needs for itself.

use std::io;
use std::os::fd::OwnedFd;

use super::command::CommandLine;
use super::system::ResourceLimit;
use crate::executor::Limits;

/// Builds sandboxes of one kind.
pub trait Engine: Send + Sync {
    /// Bubblewrap's command line for a sandbox with `limits`; `status` is where it tells its child's number.
    fn command_line(&self, limits: &Limits, status: OwnedFd) -> io::Result<CommandLine>;

    /// What all processes of such a sandbox may use together, those included that are not the job's own.
    fn bounds(&self, limits: &Limits) -> Bounds;

    /// The kernel's limits for each process of such a sandbox. `grouped` says whether a control group counts them, too.
    fn resources(&self, limits: &Limits, grouped: bool) -> Vec<ResourceLimit>;

    /// Whether the contents of its file systems are the kernel's, and so no part of any process's memory.
    fn files_are_the_kernels(&self) -> bool;
}

/// The most that the processes of a sandbox may use together, as the machine's kernel sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// In bytes.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub tasks: u64,
}
