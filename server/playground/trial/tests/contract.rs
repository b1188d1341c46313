//! The trial cluster answers as the real one is documented to: a client of another language says so.

use std::path::{Path, PathBuf};
use std::process::Command;

use regatta_trial_cluster::{PORTAL_IMAGE, TOOLS_IMAGE, TrialCluster, TrialOptions};

/// Python with the packages that `.ci/setup test` installs.
fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/tools/python/bin/python")
}

/// Whether it is there and knows Kubernetes.
fn is_ready() -> bool {
    Command::new(python())
        .args(["-c", "import kubernetes"])
        .output()
        .is_ok_and(|output| output.status.success())
}

#[test]
fn a_client_of_another_language_finds_what_is_documented() {
    if !is_ready() {
        let words =
            "LEFT OUT: there is no Python client of Kubernetes to ask the trial cluster; run .ci/setup test";
        assert!(std::env::var_os("CI").is_none(), "{words}");
        eprintln!("{words}");
        return;
    }
    let cluster = TrialCluster::start(TrialOptions::default());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract.py");
    let output = Command::new(python())
        .arg(script)
        .args([cluster.kubeconfig_path(), cluster.admin_kubeconfig_path()])
        .args([PORTAL_IMAGE, TOOLS_IMAGE, &cluster.control_url()])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.ends_with("all held\n"), "{told}{complaint}");
    assert_eq!(cluster.processes(), 0, "containers end with their pods");
}
