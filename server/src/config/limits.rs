//! `limits.*`

use std::time::Duration;

use super::sources::Reader;

/// How much anybody may ask for.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `limits.form_bytes`: the largest form.
    pub form_bytes: usize,
    /// `limits.registrations_per_hour`: of one network.
    pub registrations_per_hour: usize,
    /// `limits.registrations_per_address`: for one address, within an hour.
    pub registrations_per_address: usize,
    /// `limits.changes_per_hour`: of what the owner of one registration sends in by its links.
    pub changes_per_hour: usize,
    /// `limits.follows_per_hour`: of one network.
    pub follows_per_hour: usize,
    /// `limits.runs_at_once`: runs that are not queued, of all visitors together.
    pub runs_at_once: usize,
    /// `limits.runs_queued`: runs that may wait for their turn.
    pub runs_queued: usize,
    /// `limits.runs_per_visitor`: queued and running, of one network.
    pub runs_per_visitor: u32,
    /// `limits.runs_per_hour`: accepted, of one network.
    pub runs_per_hour: u32,
    /// `limits.shares_per_hour`: texts that one network may share.
    pub shares_per_hour: u32,
    /// `limits.run_seconds`: one job.
    pub run_time: Duration,
    /// `limits.run_memory_mib`: one job.
    pub run_memory_bytes: u64,
    /// `limits.run_processes`: one job.
    pub run_processes: u64,
    /// `limits.run_disk_mib`: one job.
    pub run_disk_bytes: u64,
    /// `limits.viewers`: live streams open at once.
    pub viewers: usize,
    /// `limits.connections`: open at once, where the system allows as many descriptors.
    pub connections: usize,
}

impl Limits {
    pub(super) fn read(read: &mut Reader) -> Self {
        let number = "a whole number above 0";
        Self {
            form_bytes: read.positive("limits.form_bytes", 64 << 10, number),
            registrations_per_hour: read.positive("limits.registrations_per_hour", 60, number),
            registrations_per_address: read.positive("limits.registrations_per_address", 5, number),
            changes_per_hour: read.positive("limits.changes_per_hour", 20, number),
            follows_per_hour: read.positive("limits.follows_per_hour", 20, number),
            runs_at_once: read.positive("limits.runs_at_once", 4, number),
            runs_queued: read.positive("limits.runs_queued", 200, number),
            runs_per_visitor: read.positive("limits.runs_per_visitor", 3, number),
            runs_per_hour: read.positive("limits.runs_per_hour", 60, number),
            shares_per_hour: read.positive("limits.shares_per_hour", 30, number),
            run_time: Duration::from_secs(read.positive(
                "limits.run_seconds",
                60,
                "a number of seconds above 0",
            )),
            run_memory_bytes: read.positive::<u64>("limits.run_memory_mib", 512, "mebibytes, above 0") << 20,
            run_processes: read.positive("limits.run_processes", 128, number),
            run_disk_bytes: read.positive::<u64>("limits.run_disk_mib", 128, "mebibytes, above 0") << 20,
            viewers: read.positive("limits.viewers", 4000, number),
            connections: read.positive("limits.connections", 10_000, number),
        }
    }
}
