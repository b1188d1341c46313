//! `make bench`: what the portal adds to a bare pod, and how a long line drains on a small quota.
//!
//! Everything is measured against one API server in one run: a private one that really runs the pods' containers, or, where
//! `REGATTA_TEST_KUBECONFIG` is set, a real cluster (see [`pods::site`]). The portal is the release build.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a bench reports and stops"
)]

mod client;
mod pods;
mod support;

use std::time::Duration;

use client::runs::wait_for_probe;
use pods::site::Site;
use support::figures::machine_load;

/// How long the probe of a cluster may take.
const PATIENCE: Duration = Duration::from_mins(5);

fn main() {
    // `cargo test --benches` calls every bench with this; there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let site = Site::find();
    let setup = site.portal(folder.path());
    println!("cluster: {}", site.told());
    let portal = setup.start();
    let probed = wait_for_probe(portal.port, PATIENCE);
    println!("the cluster was probed in {:.1} s", probed.as_secs_f64());
    println!("load {}", machine_load());
    pods::added::measure(&runtime, &site, &setup, portal.port);
    pods::line::measure(&site, portal.port);
    println!("load {}", machine_load());
}
