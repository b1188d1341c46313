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

use pods::site::Site;
use support::figures::machine_load;

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
    pods::wait_for_cluster(portal.port);
    println!("load {}", machine_load());
    pods::added::measure(&runtime, &site, &setup, portal.port);
    pods::line::measure(&site, portal.port);
    println!("load {}", machine_load());
}
