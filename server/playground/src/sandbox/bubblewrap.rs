//! Bubblewrap on this machine: where it is, whether it will do, and what helps where it does not.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{Unavailable, broken};
use crate::frames::Conclusion;

/// The oldest bubblewrap that can keep a sandbox from making user namespaces.
const OLDEST: (u32, u32) = (0, 8);
const SET_USER_ID: u32 = 0o4000;

const INSTALL: &str = "Install it: apt-get install bubblewrap (or your system's like)";
const APPARMOR_SWITCH: &str = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
const APPARMOR_FIX: &str = "This system's AppArmor keeps programs from making user namespaces. Allow it to bubblewrap \
    alone with a file /etc/apparmor.d/bwrap that holds: abi <abi/4.0>, include <tunables/global> profile bwrap \
    /usr/bin/bwrap flags=(unconfined) { userns, } — then run: apparmor_parser -r /etc/apparmor.d/bwrap";
const NAMESPACE_FIX: &str = "Allow user namespaces to this process: in a container, give it a seccomp profile that \
    permits them; on a host, check /proc/sys/user/max_user_namespaces";

/// A bubblewrap that sandboxes can be built with.
#[derive(Clone, Debug)]
pub struct Bubblewrap {
    /// Where it is.
    pub program: PathBuf,
    /// Its version.
    pub version: String,
}

impl Bubblewrap {
    /// The configured one, or the first in `PATH`.
    pub async fn find(configured: Option<&Path>) -> Result<Self, Unavailable> {
        let program = find(configured)?;
        let version = version(&program).await?;
        Ok(Self { program, version })
    }
}

/// The program named `name` in the folders of `PATH`, or the configured one, where it is a file.
pub fn in_path(name: &str, configured: Option<&Path>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates = match configured {
        Some(program) => vec![program.to_owned()],
        None => std::env::split_paths(&path).map(|folder| folder.join(name)).collect(),
    };
    candidates.retain(|candidate| candidate.is_file());
    candidates.into_iter().next()
}

fn find(configured: Option<&Path>) -> Result<PathBuf, Unavailable> {
    let missing =
        || Unavailable { reason: "bubblewrap is not installed".to_owned(), fix: INSTALL.to_owned() };
    let program = in_path("bwrap", configured).ok_or_else(missing)?;
    let mode = std::fs::metadata(&program).map_err(broken("bubblewrap cannot be read"))?.permissions().mode();
    if mode & SET_USER_ID != 0 {
        let reason = format!("{} is set-user-ID, which is a way to gain rights", program.display());
        return Err(Unavailable { reason, fix: format!("Run: chmod u-s {}", program.display()) });
    }
    Ok(program)
}

async fn version(bubblewrap: &Path) -> Result<String, Unavailable> {
    let output = Command::new(bubblewrap).arg("--version").env_clear().output().await;
    let output = output.map_err(broken("bubblewrap cannot be started"))?;
    let printed = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let version = printed.rsplit(' ').next().unwrap_or_default().to_owned();
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < OLDEST {
        let reason = format!("bubblewrap {version} is too old; {}.{} is needed", OLDEST.0, OLDEST.1);
        return Err(Unavailable { reason, fix: "Install a newer one".to_owned() });
    }
    Ok(version)
}

/// Why no sandbox can be made at all, and what helps.
pub fn unusable(Conclusion { outcome, complaint }: &Conclusion) -> Unavailable {
    let mut told = outcome.reason.clone().unwrap_or_else(|| outcome.ending.as_str().to_owned());
    if !complaint.is_empty() {
        let _ = write!(told, ": {complaint}");
    }
    let restricted = std::fs::read_to_string(APPARMOR_SWITCH).is_ok_and(|switch| switch.trim() == "1");
    let fix = if restricted { APPARMOR_FIX } else { NAMESPACE_FIX };
    Unavailable { reason: format!("a sandbox cannot be made: {told}"), fix: fix.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_bubblewrap_comes_with_the_command_that_helps() {
        let missing = find(Some(Path::new("/nonexistent/bwrap"))).unwrap_err();
        assert!(missing.fix.contains("apt-get install bubblewrap"));
    }
}
