//! How much memory a container uses.

use std::collections::BTreeSet;
use std::fs;

/// The bytes that all processes that come from `root` hold together, by what the kernel tells everybody.
pub fn held_bytes(root: u32) -> u64 {
    descendants(root).into_iter().filter_map(resident_bytes).sum()
}

/// `root` and all processes that come from it.
pub fn descendants(root: u32) -> BTreeSet<u32> {
    let mut found = BTreeSet::from([root]);
    let mut unseen = vec![root];
    while let Some(pid) = unseen.pop() {
        unseen.extend(children(pid).into_iter().filter(|child| found.insert(*child)));
    }
    found
}

/// Each thread has children of its own.
fn children(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let of_thread =
        |thread: fs::DirEntry| fs::read_to_string(thread.path().join("children")).unwrap_or_default();
    let lists: Vec<String> = threads.map(of_thread).collect();
    lists.iter().flat_map(|list| list.split_whitespace()).filter_map(|pid| pid.parse().ok()).collect()
}

fn resident_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    };
    Some((field("RssAnon:")? + field("RssShmem:").unwrap_or(0)) << 10)
}
