//! What it is like here: the kernel, who this is, and what there is to see and to use.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regatta_runner::attempt::Finding;

use crate::system;

/// The rights of a process, as `/proc/self/status` and as findings call them.
const RIGHTS: [(&str, &str); 5] = [
    ("CapInh:", "inheritable"),
    ("CapPrm:", "permitted"),
    ("CapEff:", "effective"),
    ("CapBnd:", "bounding"),
    ("CapAmb:", "ambient"),
];

/// Where control groups tell their limits, in their second version and in their first.
const LIMITS: [(&str, [&str; 2]); 3] = [
    ("memory limit", ["memory.max", "memory/memory.limit_in_bytes"]),
    ("processes limit", ["pids.max", "pids/pids.max"]),
    ("processor limit", ["cpu.max", "cpu/cpu.cfs_quota_us"]),
];
const CONTROL_GROUPS: &str = "/sys/fs/cgroup";

/// The most names that are told of a folder, and the most mounts.
const MAX_NAMES: usize = 200;

/// Everything there is to tell.
pub fn all() -> Vec<Finding> {
    let groups = [
        kernel(),
        user(),
        rights(),
        vec![variables(), interfaces(), devices(), processes()],
        mounts(),
        room(),
    ];
    groups.into_iter().flatten().collect()
}

fn kernel() -> Vec<Finding> {
    let [release, version, machine] = system::kernel();
    vec![
        Finding::told("kernel", release),
        Finding::told("kernel version", version),
        Finding::told("machine", machine),
    ]
}

fn user() -> Vec<Finding> {
    let system::Identity { user, group, groups } = system::identity();
    vec![
        Finding::told("user", numbers(&user)),
        Finding::told("group", numbers(&group)),
        Finding::told("groups", numbers(&groups)),
    ]
}

fn numbers(numbers: &[u32]) -> String {
    joined(numbers.iter().map(u32::to_string))
}

fn joined(words: impl IntoIterator<Item = String>) -> String {
    words.into_iter().collect::<Vec<_>>().join(" ")
}

/// Not every kernel tells all of this.
fn rights() -> Vec<Finding> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| Some(status.lines().find_map(|line| line.strip_prefix(name))?.trim().to_owned());
    let rights = RIGHTS
        .into_iter()
        .filter_map(|(named, told)| Some(Finding::told(format!("capabilities {told}"), field(named)?)));
    let privileges =
        Finding::told("no new privileges", u8::from(system::has_no_new_privileges()).to_string());
    let filtered = field("Seccomp:").map(|mode| Finding::told("seccomp", mode));
    rights.chain([privileges]).chain(filtered).collect()
}

/// Their names: values may be secrets.
fn variables() -> Finding {
    let names: BTreeSet<String> =
        std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    Finding::told("environment", joined(names))
}

fn interfaces() -> Finding {
    let table = fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let names = table.lines().filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned()));
    Finding::told("interfaces", joined(names.filter(|name| !name.contains(' '))))
}

fn devices() -> Finding {
    Finding::told("devices", joined(names_in(Path::new("/dev"), |_| true)))
}

fn processes() -> Finding {
    Finding::told("processes", joined(names_in(Path::new("/proc"), |name| name.parse::<u32>().is_ok())))
}

fn names_in(folder: &Path, counts: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| counts(name)).take(MAX_NAMES).collect()
}

fn mounts() -> Vec<Finding> {
    let table = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mount = |line: &str| {
        let mut words = line.split(' ');
        let (_, place, kind, options) = (words.next()?, words.next()?, words.next()?, words.next()?);
        Some(Finding::told(format!("mount {place}"), format!("{kind} {options}")))
    };
    table.lines().filter_map(mount).take(MAX_NAMES).collect()
}

fn room() -> Vec<Finding> {
    let memory = fs::read_to_string("/proc/meminfo").ok().and_then(|table| total_memory(&table));
    let memory = memory.map(|bytes| Finding::told("memory", bytes.to_string()));
    let limits = LIMITS.into_iter().filter_map(|(name, files)| {
        let read = |file| fs::read_to_string(Path::new(CONTROL_GROUPS).join(file)).ok();
        Some(Finding::told(name, files.into_iter().find_map(read)?.trim()))
    });
    let processors = std::thread::available_parallelism().ok();
    let processors = processors.map(|count| Finding::told("processors", count.to_string()));
    memory.into_iter().chain(limits).chain(processors).collect()
}

/// In bytes.
fn total_memory(table: &str) -> Option<u64> {
    let line = table.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use regatta_runner::attempt::Outcome;

    use super::*;

    #[test]
    fn memory_is_told_in_bytes() {
        assert_eq!(total_memory("MemTotal:       12342044 kB\nMemFree: 1 kB\n"), Some(12_638_253_056));
        assert_eq!(total_memory("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn what_every_linux_tells_is_told() {
        let findings = all();
        for name in
            ["kernel", "user", "capabilities effective", "seccomp", "environment", "devices", "mount /proc"]
        {
            let finding = findings.iter().find(|finding| finding.name == name);
            assert!(finding.is_some_and(|finding| matches!(&finding.outcome, Outcome::Told(_))), "{name}");
        }
        let processes = findings.iter().find(|finding| finding.name == "processes").unwrap().to_string();
        assert!(processes.len() > "processes = ".len(), "{processes}");
    }
}
