//! The same tests once more by an ordinary user.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::stage::{ALONE_ALREADY, alone, executor};

/// A user id that no account has and no sandbox takes.
const ORDINARY: u32 = 60_790;

#[tokio::test(flavor = "multi_thread")]
async fn everything_holds_for_an_ordinary_user_too() {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return;
    }
    executor().await;
    let _alone = alone().await;
    let folder = tempfile::Builder::new().prefix("sandbox-tests-").tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("hostile");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let temporary = folder.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    std::os::unix::fs::chown(&temporary, Some(ORDINARY), Some(ORDINARY)).unwrap();
    let output = Command::new(&program)
        .args(["--skip", "everything_holds_for_an_ordinary_user_too", "--test-threads", "2"])
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("TMPDIR", &temporary)
        .env(ALONE_ALREADY, "yes")
        .env("PLANTED_SECRET", "nobody should read this")
        .current_dir(folder.path())
        .uid(ORDINARY)
        .gid(ORDINARY)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("the_host_cannot_be_written_to ... ok"), "{printed}");
    let left: Vec<_> = fs::read_dir(&temporary).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}
