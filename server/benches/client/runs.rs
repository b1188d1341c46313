//! Runs, as visitors ask for them and watch them.

use std::time::{Duration, Instant};

use super::Connection;

/// Waits until the portal has probed what isolates its runs; how long that took. Panics after `patience`.
pub fn wait_for_probe(port: u16, patience: Duration) -> Duration {
    let started = Instant::now();
    while Connection::open(port).get("/playground").body.contains("hecking isolation") {
        assert!(started.elapsed() < patience, "the probe does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    started.elapsed()
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

/// From asking for a run of `pipeline` to its first line in the stream. It is over when this returns.
pub fn first_line(port: u16, pipeline: &str) -> Duration {
    let mut connection = Connection::open(port);
    let started = Instant::now();
    let run = ask(&mut connection, pipeline);
    connection.send_get(&format!("{run}/events"));
    connection.read_until("\"kind\":\"line\"");
    let took = started.elapsed();
    connection.read_until("event: end");
    took
}
