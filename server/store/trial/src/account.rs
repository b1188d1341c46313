//! The account that the server runs under: PostgreSQL refuses to run as root.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Accounts without rights that are there on most systems, the fittest first.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// Makes `command` run under an account without rights, and `folder` that account's, where this process is root's;
/// nothing otherwise. `folder` was just made by this process, so its owner says who that is.
pub fn step_down(command: &mut Command, folder: &Path) {
    let owner = folder.metadata().unwrap_or_else(|why| panic!("{}: {why}", folder.display())).uid();
    if owner != 0 {
        return;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let Some((uid, gid)) = ACCOUNTS.iter().find_map(|name| find(&accounts, name)) else {
        panic!("PostgreSQL does not run as root, and there is no account {}", ACCOUNTS.join(" or "));
    };
    chown(folder, Some(uid), Some(gid)).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    command.uid(uid).gid(gid);
}

/// User and group of `name` in the text of a passwd(5) file.
fn find(accounts: &str, name: &str) -> Option<(u32, u32)> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let found = fields.next()? == name;
        let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        found.then_some((uid, gid))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_user_and_group() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\nbroken\nnobody:x:65534:65533:nobody:/:/bin/false\n";
        assert_eq!(find(accounts, "nobody"), Some((65534, 65533)));
        assert_eq!(find(accounts, "postgres"), None);
    }
}
