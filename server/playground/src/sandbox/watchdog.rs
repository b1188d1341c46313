//! Limits by looking: for machines that let the portal make no control groups.
//!
//! What a job uses is summed up every few milliseconds, so a job can use more for that long. The kernel's limits for
//! single processes, and sizes of file systems, bound how much more.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use regatta_domain::run::Ending;

use super::engine::Bounds;

/// What a socket holds by default at most, where the system does not tell, in bytes.
const SOCKET_BYTES: u64 = 212_992;

/// The limit that the process `first` and its descendants exceed together, if they do. `held` is what their file
/// systems hold, in bytes.
pub fn exceeded(first: i32, held: u64, bounds: Bounds) -> Option<Ending> {
    let family = family(first);
    let threads: u64 = family.iter().map(|pid| threads(*pid)).sum();
    if threads > bounds.tasks {
        return Some(Ending::ProcessLimit);
    }
    let memory: u64 = family.iter().map(|pid| memory(*pid)).sum();
    let memory = memory.saturating_add(held).saturating_add(sockets(first));
    (memory > bounds.memory_bytes).then_some(Ending::OutOfMemory)
}

/// The process and all that descends from it. Orphans stay in the family: its first process adopts them.
fn family(first: i32) -> BTreeSet<i32> {
    let mut family = BTreeSet::new();
    let mut unvisited = vec![first];
    while let Some(pid) = unvisited.pop() {
        if family.insert(pid) {
            unvisited.extend(children(pid));
        }
    }
    family
}

fn children(pid: i32) -> Vec<i32> {
    let tasks = fs::read_dir(process(pid).join("task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

fn threads(pid: i32) -> u64 {
    fs::read_dir(process(pid).join("task")).map_or(0, |tasks| tasks.count() as u64)
}

/// The process's share of the memory it uses, or its resident set where the share cannot be read, and the tables by
/// which the kernel finds it, in bytes.
fn memory(pid: i32) -> u64 {
    let read = |name| fs::read_to_string(process(pid).join(name)).unwrap_or_default();
    let status = read("status");
    let share = kibibytes(&read("smaps_rollup"), "Pss:").or_else(|| kibibytes(&status, "VmRSS:"));
    (share.unwrap_or(0) + kibibytes(&status, "VmPTE:").unwrap_or(0)) << 10
}

/// The most that the sockets of the process's network namespace may hold, in bytes. What they do hold the kernel tells
/// only for TCP, whose buffers grow by themselves; every other is taken for full.
fn sockets(pid: i32) -> u64 {
    let net = process(pid).join("net");
    let read = |name: &str| fs::read_to_string(net.join(name)).unwrap_or_default();
    let each = fs::read_to_string("/proc/sys/net/core/wmem_default").ok();
    let each = each.and_then(|text| text.trim().parse().ok()).unwrap_or(SOCKET_BYTES);
    sockets_used(&read("sockstat")) * each + queued(&read("tcp")) + queued(&read("tcp6"))
}

fn sockets_used(text: &str) -> u64 {
    text.lines().find_map(|line| line.strip_prefix("sockets: used ")?.trim().parse().ok()).unwrap_or(0)
}

/// What a table of connections says that they hold, in both directions (see `proc_net_tcp` in the kernel's documents).
fn queued(table: &str) -> u64 {
    let queues = table.lines().skip(1).filter_map(|line| line.split_whitespace().nth(4)?.split_once(':'));
    let bytes = |text| u64::from_str_radix(text, 16).unwrap_or(0);
    queues.map(|(sending, receiving)| bytes(sending) + bytes(receiving)).sum()
}

fn kibibytes(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix("kB")?.trim().parse().ok())
}

fn process(pid: i32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own_pid() -> i32 {
        i32::try_from(std::process::id()).unwrap()
    }

    #[test]
    fn a_family_is_a_process_and_its_descendants() {
        let mut shell = std::process::Command::new("sh")
            .args(["-c", "sleep 60 & echo started; wait"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(shell.stdout.take().unwrap()), &mut line)
            .unwrap();
        let leader = i32::try_from(shell.id()).unwrap();
        let members = family(leader);
        assert_eq!(members.len(), 2);
        assert!(family(own_pid()).is_superset(&members));
        for pid in members {
            super::super::system::kill_member(pid);
        }
        shell.wait().unwrap();
    }

    #[test]
    fn memory_and_threads_are_counted() {
        assert!(memory(own_pid()) > 100 << 10);
        let ample = Bounds { memory_bytes: u64::MAX, tasks: 10_000 };
        let small = Bounds { memory_bytes: 1, ..ample };
        assert_eq!(exceeded(own_pid(), 0, small), Some(Ending::OutOfMemory));
        let few = Bounds { tasks: 0, ..ample };
        assert_eq!(exceeded(own_pid(), 0, few), Some(Ending::ProcessLimit));
        assert_eq!(exceeded(own_pid(), 0, ample), None);
    }

    #[test]
    fn what_files_hold_is_added_to_what_processes_use() {
        let bounds = Bounds { memory_bytes: 1 << 40, tasks: 10_000 };
        assert_eq!(exceeded(own_pid(), 0, bounds), None);
        assert_eq!(exceeded(own_pid(), 1 << 40, bounds), Some(Ending::OutOfMemory));
    }

    #[test]
    fn sockets_count_by_their_number_and_connections_by_what_they_hold() {
        assert_eq!(sockets_used("sockets: used 25\nTCP: inuse 5 orphan 0\n"), 25);
        let table = "  sl  local_address rem_address   st tx_queue rx_queue\n   \
            0: 0100007F:1F90 00000000:0000 0A 00000010:00000002 00:00000000\n";
        assert_eq!(queued(table), 18);
        assert_eq!(queued(""), 0);
    }
}
