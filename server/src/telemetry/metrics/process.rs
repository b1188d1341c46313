//! The process, as the system sees it, under the names that every exporter uses.

use std::fmt;
use std::fs;

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;
use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

use super::collected::Collected;

/// Reads `/proc/self` at each scrape.
#[derive(Debug)]
pub struct ProcessCollector {
    started: Timestamp,
}

/// What `/proc/self/stat` tells (`proc_pid_stat(5)`).
#[derive(Debug, PartialEq)]
struct Stat {
    cpu_seconds: f64,
    threads: u64,
    virtual_bytes: u64,
    resident_bytes: u64,
}

/// Places in `/proc/self/stat`, counted from behind the name of the program, which may contain anything.
const USER_TIME: usize = 11;
const SYSTEM_TIME: usize = 12;
const THREADS: usize = 17;
const VIRTUAL_BYTES: usize = 20;
const RESIDENT_PAGES: usize = 21;

impl ProcessCollector {
    /// Of a process that began at this moment.
    pub fn new(started: Timestamp) -> Self {
        Self { started }
    }
}

impl Collector for ProcessCollector {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut told = Collected::new(encoder);
        let stat = fs::read_to_string("/proc/self/stat").ok().and_then(|line| stat(&line));
        if let Some(stat) = stat {
            told.counter(
                "process_cpu",
                "Processor time, user and system",
                Some(&Unit::Seconds),
                stat.cpu_seconds,
            )?;
            told.gauge("process_threads", "Threads", None, Some(stat.threads))?;
            let (held, resident) = (Some(stat.virtual_bytes), Some(stat.resident_bytes));
            told.gauge("process_virtual_memory", "Address space", Some(&Unit::Bytes), held)?;
            told.gauge("process_resident_memory", "Memory that is in use", Some(&Unit::Bytes), resident)?;
        }
        let open = fs::read_dir("/proc/self/fd").ok().map(|open| open.count() as u64);
        told.gauge("process_open_fds", "Descriptors that are open", None, open)?;
        told.gauge(
            "process_max_fds",
            "Descriptors that may be open",
            None,
            getrlimit(Resource::Nofile).current,
        )?;
        let started = self.started.as_second();
        told.gauge(
            "process_start_time",
            "When the process began, since 1970",
            Some(&Unit::Seconds),
            Some(started),
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "a processor needs millions of years to lose a second")]
fn stat(line: &str) -> Option<Stat> {
    let (_, behind_the_name) = line.rsplit_once(") ")?;
    let fields: Vec<&str> = behind_the_name.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let ticks = number(USER_TIME)? + number(SYSTEM_TIME)?;
    Some(Stat {
        cpu_seconds: ticks as f64 / clock_ticks_per_second() as f64,
        threads: number(THREADS)?,
        virtual_bytes: number(VIRTUAL_BYTES)?,
        resident_bytes: number(RESIDENT_PAGES)? * page_size() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_hides_nothing() {
        let line = "7 (a) b (c) S 1 7 7 0 -1 4194560 900 0 0 0 250 150 0 0 20 0 9 0 100 8192000 3 18446744073709551615 1 1";
        let stat = stat(line).unwrap();
        assert_eq!((stat.threads, stat.virtual_bytes), (9, 8_192_000));
        let ticks = stat.cpu_seconds * f64::from(u32::try_from(clock_ticks_per_second()).unwrap());
        assert!((ticks - 400.0).abs() < 1e-6);
        assert_eq!(stat.resident_bytes, 3 * page_size() as u64);
    }

    #[test]
    fn this_process_is_read() {
        let stat = stat(&fs::read_to_string("/proc/self/stat").unwrap()).unwrap();
        assert!(stat.resident_bytes > 1 << 20 && stat.threads > 0);
    }
}
