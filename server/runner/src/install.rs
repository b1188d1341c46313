//! Copies this program to where sandboxes find it: for an init container that shares a folder with the job's container.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::job_file;

/// The name that the copy has.
const NAME: &str = "regatta-runner";

/// Copies this program into `folder`, which is made where it is not there. A copy that is there already is replaced at
/// once, so that nobody ever sees half of one. With `input`, the job is put there, too.
pub fn install(folder: &Path, input: Option<&Path>) -> Result<(), String> {
    copy(folder).map_err(|error| format!("cannot install into {}: {error}", folder.display()))?;
    input.map_or(Ok(()), job_file::put)
}

fn copy(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!(".{NAME}.{}", std::process::id()));
    fs::copy(std::env::current_exe()?, &unfinished)?;
    fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o555))?;
    fs::rename(&unfinished, folder.join(NAME))
}
