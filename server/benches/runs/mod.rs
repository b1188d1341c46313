//! What the playground's bench measures, one thing a file, and what these share.

pub mod at_once;
pub mod browser;
pub mod first_line;
pub mod viewers;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::Connection;

/// Waits until the portal knows what isolates its runs.
pub fn wait_for_sandbox(port: u16) {
    let started = Instant::now();
    while Connection::open(port).get("/playground").body.contains("hecking isolation") {
        assert!(started.elapsed() < Duration::from_mins(1), "the isolation check does not end");
    }
}

/// A pipeline of one job with one step.
pub fn pipeline(script: &str) -> String {
    let script = script.replace('\n', "\n          ");
    format!(
        "jobs:\n  main:\n    image: host-tools\n    requires: [~commit]\n    steps:\n      - only: |\n          {script}\n"
    )
}

/// Asks for a run of `pipeline` and returns the path of its page.
pub fn ask(connection: &mut Connection, pipeline: &str) -> String {
    let answer = connection.post("/runs", &[("dialect", "screwdriver"), ("pipeline", pipeline)]);
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.location.unwrap()
}

/// A bare sandbox that runs `script` and nothing beside.
pub fn bare(script: &str) -> Command {
    let mut command = Command::new("bwrap");
    command.args("--unshare-all --unshare-user --die-with-parent --ro-bind /usr /usr".split(' '));
    command.args("--symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64".split(' '));
    command.args("--proc /proc --dev /dev --tmpfs /tmp -- /bin/sh -c".split(' '));
    command.arg(script).stdout(Stdio::null());
    command
}
