//! How much memory the processes in sight hold.

use std::fs;

use crate::system;

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
}
