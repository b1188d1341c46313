//! As whom a pod's processes run.

use sha2::{Digest as _, Sha256};

/// Numbers that nobody else hands out. The kernel counts processes per user (`RLIMIT_NPROC`), also those of other pods on the
/// same kernel: so each pod has a user of its own. Above are the 64 Ki that systemd keeps for files of other systems, below
/// what it gives to containers (systemd's "Users, Groups, UIDs and GIDs"), what accounts, `/etc/subuid` and the kubelet's
/// user namespaces take. Kubernetes takes numbers up to 2³¹ − 1.
const FIRST: u32 = 0x7000_0000;
const LAST: u32 = 0x7FFD_FFFF;
/// In a user namespace of its own a pod has 64 Ki numbers, which mean others on the node: any ordinary one is its alone.
const FIRST_OWN: u32 = 10_000;
const LAST_OWN: u32 = 59_999;

/// The number of the user, and of the group, of the pod with this name. Two pods have the same one only by a rare chance,
/// which makes them share a count of processes and nothing else.
pub fn user(pod: &str, own_users: bool) -> u32 {
    let (first, last) = if own_users { (FIRST_OWN, LAST_OWN) } else { (FIRST, LAST) };
    let digest: [u8; 32] = Sha256::digest(pod.as_bytes()).into();
    let [a, b, c, d, ..] = digest;
    first + u32::from_be_bytes([a, b, c, d]) % (last - first + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn pods_have_users_of_their_own_within_the_range() {
        let names: Vec<String> = (0..2000).map(|at| format!("regatta-x-{at}-0")).collect();
        let users: BTreeSet<u32> = names.iter().map(|name| user(name, false)).collect();
        assert_eq!(users.len(), names.len());
        assert!(users.iter().all(|user| (FIRST..=LAST).contains(user)));
        assert!(names.iter().all(|name| (FIRST_OWN..=LAST_OWN).contains(&user(name, true))));
        assert_eq!(user("regatta-x-0-0", false), user("regatta-x-0-0", false));
    }
}
