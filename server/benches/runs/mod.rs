//! What the playground's bench measures, one thing a file, and what these share.

pub mod at_once;
pub mod browser;
pub mod first_line;
pub mod viewers;

use std::process::{Command, Stdio};

/// A bare sandbox that runs `script` and nothing beside.
pub fn bare(script: &str) -> Command {
    let mut command = Command::new("bwrap");
    command.args("--unshare-all --unshare-user --die-with-parent --ro-bind /usr /usr".split(' '));
    command.args("--symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64".split(' '));
    command.args("--proc /proc --dev /dev --tmpfs /tmp -- /bin/sh -c".split(' '));
    command.arg(script).stdout(Stdio::null());
    command
}
