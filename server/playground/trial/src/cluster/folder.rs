//! The folder of a cluster, which goes with the process that started it, however that ends.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::system;

/// Waits for the end of its input, and removes the folder.
const KEEPER: &str = r#"cat >/dev/null; rm -rf -- "$1""#;

/// Where such folders are. Who may mount nothing has no memory for volumes but the machine's: there what others write
/// meanwhile is little, which on a disk would count as what a job holds.
fn place() -> PathBuf {
    let shared_memory = Path::new("/dev/shm");
    if !system::is_root() && shared_memory.is_dir() { shared_memory.to_owned() } else { std::env::temp_dir() }
}

/// A folder, and a shell that removes it.
pub struct Folder {
    path: PathBuf,
    keeper: Child,
}

impl Folder {
    /// A new folder. Others may pass through it, because containers belong to other users.
    pub fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("regatta-trial-cluster-").tempdir_in(place())?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711))?;
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", KEEPER, "keeper"]).arg(folder.path());
        // A group of its own, so that Ctrl-C in a terminal leaves it time to do its work.
        shell
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .current_dir("/");
        let keeper = shell.spawn()?;
        // From here on the shell removes it.
        Ok(Self { path: folder.keep(), keeper })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // What could not be removed stays in the folder for temporary things; there is nobody to tell.
        drop(self.keeper.wait());
    }
}
