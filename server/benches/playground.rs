//! `make bench`: how soon a run's first line is there, what a crowd of runs costs, and how many can watch one of them; each
//! figure beside a bare `bwrap … sh -c` of the same run of this bench.
//!
//! The portal is the release build on a free loopback port. Its limits per visitor are raised, because all of this comes from
//! one network; the settings are printed.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a bench reports and stops"
)]

mod client;
mod runs;
mod support;

use std::time::Duration;

use client::runs::wait_for_probe;
use support::figures::machine_load;
use support::portal::Setup;

fn main() {
    // `cargo test --benches` calls every bench with this; there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::new(folder.path(), 1, 1, None);
    let executor = std::env::var("EXECUTOR").unwrap_or_else(|_| "bubblewrap".to_owned());
    for (key, value) in [
        ("PLAYGROUND__EXECUTOR", executor.as_str()),
        ("LIMITS__RUNS_PER_HOUR", "100000"),
        ("LIMITS__RUNS_PER_VISITOR", "1000"),
        ("LIMITS__RUNS_AT_ONCE", "21"),
        ("MAIL__URL", "folder:mail"),
    ] {
        setup.environment.retain(|(known, _)| known != &format!("REGATTA__{key}"));
        setup.environment.push((format!("REGATTA__{key}"), value.to_owned()));
    }
    println!("settings: {}", setup.told());
    let portal = setup.start();
    wait_for_probe(portal.port, Duration::from_mins(1));
    println!("load {}", machine_load());
    runs::first_line::measure(portal.port);
    runs::at_once::measure(portal.port);
    runs::browser::measure(portal.port);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(runs::viewers::measure(&portal));
    println!("load {}", machine_load());
}
