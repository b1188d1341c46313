//! How much memory the processes in sight hold.

use std::fs;

use regatta_runner::Spec;

use crate::system;

/// What happened to a control group for its memory (the kernel's "Control Group v2").
const EVENTS: &str = "/sys/fs/cgroup/memory.events";
/// What happened to all memory (`proc_vmstat(5)`).
const STATISTICS: &str = "/proc/vmstat";
/// How both call the processes that were killed.
const KILLS: &str = "oom_kill";

/// The bytes that all processes in sight hold for themselves alone, as the kernel tells of each: what is not a file's.
/// Pages that a process and its child share since they parted are counted for both.
pub fn held() -> u64 {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let tables = processes.filter_map(|process| fs::read_to_string(process.path().join("statm")).ok());
    tables.filter_map(|table| own_pages(&table)).sum::<u64>().saturating_mul(system::page_bytes())
}

/// Resident pages without those that are a file's, from a line like `300 120 80 5 0 60 0` (proc(5), `/proc/pid/statm`).
fn own_pages(table: &str) -> Option<u64> {
    let mut numbers = table.split_ascii_whitespace().skip(1);
    let (resident, shared): (u64, u64) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    Some(resident.saturating_sub(shared))
}

/// What a job's kernel says of memory, where nobody outside may see it: in pods.
pub struct Memory {
    /// How many were killed before the job began; `None` where it is not looked at.
    kills_before: Option<u64>,
}

impl Memory {
    /// That of a job that begins now.
    pub fn of(spec: &Spec) -> Self {
        Self { kills_before: spec.walls.as_ref().map(|_| kills()) }
    }

    /// How much there is in all, in bytes; 0 where that is not looked at.
    pub fn total(&self) -> u64 {
        self.kills_before.map_or(0, |_| total())
    }

    /// How many processes were killed since because there was no more; 0 where that is not looked at.
    pub fn kills(&self) -> u64 {
        self.kills_before.map_or(0, |before| kills().saturating_sub(before))
    }
}

/// How many processes the kernel has killed so far because there was no more memory: of this container, where the kernel shows
/// its control group, otherwise (in virtual machines, whose kernels are nobody else's) of all.
fn kills() -> u64 {
    let told = |file| fs::read_to_string(file).ok().and_then(|table| named(&table, KILLS));
    [EVENTS, STATISTICS].into_iter().find_map(told).unwrap_or(0)
}

/// The memory that the kernel says there is, in bytes; 0 where it does not say.
fn total() -> u64 {
    let table = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    named(&table, "MemTotal:").unwrap_or(0).saturating_mul(1024)
}

/// The number after `name` at the beginning of a line.
fn named(table: &str, name: &str) -> Option<u64> {
    let mut lines = table.lines().map(str::split_ascii_whitespace);
    lines.find_map(|mut words| (words.next() == Some(name)).then(|| words.next()?.parse().ok())).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_a_process_own_counts() {
        assert_eq!(own_pages("300 120 80 5 0 60 0\n"), Some(40));
        assert_eq!(own_pages("300 80 120 5 0 60 0\n"), Some(0));
        assert_eq!(own_pages(""), None);
    }

    #[test]
    fn memory_that_is_written_to_is_held() {
        let mebibytes = vec![1_u8; 64 << 20];
        assert!(held() >= 64 << 20);
        std::hint::black_box(&mebibytes);
    }

    #[test]
    fn numbers_are_found_by_their_whole_names() {
        let events = "low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 1\n";
        assert_eq!((named(events, KILLS), named(events, "oom_k")), (Some(2), None));
        assert_eq!(named("MemTotal:  2048 kB\nMemFree: 1 kB\n", "MemTotal:"), Some(2048));
        assert!(total() > 1 << 20);
    }
}
