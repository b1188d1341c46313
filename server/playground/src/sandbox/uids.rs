//! User identities for sandboxes of a portal that is root: one a job, shared with nobody.

use std::collections::BTreeSet;
use std::fs;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};

/// The first identity taken by default: a range that neither distributions nor systemd hand out.
pub const DEFAULT_BASE: u32 = 60_800;
/// How many there are.
const SIZE: u32 = 64;

/// Identities that belong to no account and no process of this machine.
#[derive(Debug)]
pub struct UidPool {
    free: Vec<u32>,
}

/// An identity that is in use until this is dropped.
#[derive(Debug)]
pub struct UidLease {
    /// The identity.
    pub uid: u32,
    /// The kernel gives an abstract name to one socket only and takes it back when its process ends, so that two
    /// portals on one machine never share an identity and none is lost.
    _claim: UnixListener,
}

impl UidPool {
    /// A pool of the identities from `base` on that are not taken by an account or a process.
    pub fn new(base: u32) -> Result<Self, String> {
        let last =
            base.checked_add(SIZE - 1).filter(|_| base > 0).ok_or("the first user id is out of range")?;
        let mapped = fs::read_to_string("/proc/self/uid_map").map_err(|error| error.to_string())?;
        let taken: BTreeSet<u32> = account_uids().chain(process_uids()).collect();
        let free = |uid: &u32| is_mapped(&mapped, *uid) && !taken.contains(uid);
        let free: Vec<u32> = (base..=last).filter(free).collect();
        if free.is_empty() {
            return Err(format!("none of the user ids {base} to {last} is free on this machine"));
        }
        Ok(Self { free })
    }

    /// A pool of these identities.
    #[cfg(test)]
    pub fn of(free: Vec<u32>) -> Self {
        Self { free }
    }

    /// The first and the last identity.
    pub fn range(&self) -> (u32, u32) {
        (self.free.first().copied().unwrap_or(0), self.free.last().copied().unwrap_or(0))
    }

    /// An identity that no job has now.
    pub fn lease(&self) -> Result<UidLease, String> {
        let claim = |uid: &u32| {
            let address = SocketAddr::from_abstract_name(format!("regatta-sandbox-user-{uid}")).ok()?;
            Some(UidLease { uid: *uid, _claim: UnixListener::bind_addr(&address).ok()? })
        };
        self.free.iter().find_map(claim).ok_or_else(|| "all user ids for sandboxes are in use".to_owned())
    }
}

/// Whether `uid` exists in the namespace that `map` describes (see `user_namespaces(7)`).
fn is_mapped(map: &str, uid: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(first)), Some(Ok(_)), Some(Ok(count))) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            return false;
        };
        (first..first.saturating_add(count)).contains(&u64::from(uid))
    })
}

fn account_uids() -> impl Iterator<Item = u32> {
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let uids: Vec<u32> = accounts.lines().filter_map(|line| line.split(':').nth(2)?.parse().ok()).collect();
    uids.into_iter()
}

fn process_uids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        entry.file_name().to_str()?.parse::<u32>().ok()?;
        entry.metadata().ok().map(|metadata| metadata.uid())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_identity_is_leased_twice() {
        let pool = UidPool::of(vec![4_000_001, 4_000_002]);
        let first = pool.lease().unwrap();
        let second = pool.lease().unwrap();
        assert_ne!(first.uid, second.uid);
        assert!(pool.lease().is_err());
        drop(first);
        assert_eq!(pool.lease().unwrap().uid, 4_000_001);
    }

    #[test]
    fn identities_outside_of_the_namespace_are_left_out() {
        let container = "         0     100000      65536\n";
        assert!(is_mapped(container, 60_800));
        assert!(!is_mapped(container, 65_536));
        assert!(!is_mapped("nonsense", 1));
    }

    #[test]
    fn root_is_never_in_a_pool() {
        assert!(UidPool::new(0).is_err());
    }
}
