//! gVisor's program on this machine: where it is, and whether it is new enough.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::sandbox::bubblewrap::in_path;
use crate::sandbox::{Unavailable, broken};

/// The date of the oldest release that has the platform `systrap`, which needs neither virtualisation nor `ptrace`.
const OLDEST: u32 = 20_230_904;
/// What helps on a Debian whose own package is too old.
const INSTALL: &str = "On Debian 12, add its backports to the sources of apt (deb http://deb.debian.org/debian \
    bookworm-backports main), then: apt-get update && apt-get install -t bookworm-backports runsc — elsewhere, see \
    https://gvisor.dev/docs/user_guide/install/";

/// A gVisor that containers can be made with.
#[derive(Clone, Debug)]
pub struct Runsc {
    /// Where it is.
    pub program: PathBuf,
    /// The date of its release, as its version.
    pub release: u32,
}

impl Runsc {
    /// The configured one, or the first in `PATH`.
    pub async fn find(configured: Option<&Path>) -> Result<Self, Unavailable> {
        let program = in_path("runsc", configured).ok_or_else(|| unfit("gVisor (runsc) is not installed"))?;
        let output = Command::new(&program).arg("--version").env_clear().output().await;
        let output = output.map_err(broken("gVisor (runsc) cannot be started"))?;
        let printed = String::from_utf8_lossy(&output.stdout);
        let release = release(&printed).ok_or_else(|| unfit("runsc does not tell its version"))?;
        if release < OLDEST {
            return Err(unfit(&format!("gVisor (runsc) is too old: it is of {release}, {OLDEST} is needed")));
        }
        let program = program.canonicalize().map_err(broken("gVisor (runsc) cannot be read"))?;
        Ok(Self { program, release })
    }
}

fn unfit(reason: &str) -> Unavailable {
    Unavailable { reason: reason.to_owned(), fix: INSTALL.to_owned() }
}

/// The date in the first line: `runsc version release-20240729.0`, or Debian's `runsc version 0.0~20240729.0`.
fn release(printed: &str) -> Option<u32> {
    let line = printed.lines().next()?.strip_prefix("runsc version")?;
    line.split(|character: char| !character.is_ascii_digit()).find(|digits| digits.len() == 8)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn releases_are_read_as_every_packager_writes_them() {
        assert_eq!(release("runsc version release-20240729.0\nspec: 1.1.0-rc.1\n"), Some(20_240_729));
        assert_eq!(release("runsc version 0.0~20221219.0\nspec: 1.0.2-dev\n"), Some(20_221_219));
        assert_eq!(release("runsc version VERSION_MISSING\n"), None);
        assert_eq!(release(""), None);
    }

    #[tokio::test]
    async fn one_that_is_missing_or_too_old_comes_with_the_command_that_helps() {
        let missing = Runsc::find(Some(Path::new("/nonexistent/runsc"))).await.unwrap_err();
        assert!(missing.reason.contains("not installed"));
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("runsc");
        fs::write(&old, "#!/bin/sh\necho 'runsc version 0.0~20221219.0'\n").unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).unwrap();
        let refused = Runsc::find(Some(&old)).await.unwrap_err();
        assert!(refused.reason.contains("20221219"), "{refused}");
        assert!(refused.fix.contains("-t bookworm-backports runsc"));
    }
}
