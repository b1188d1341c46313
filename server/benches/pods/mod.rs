//! What the cluster's bench measures, one thing a file, and what these share.

pub mod added;
pub mod line;
pub mod site;

use std::time::{Duration, Instant};

use crate::client::Connection;

/// Waits until the portal has probed the cluster.
pub fn wait_for_cluster(port: u16) {
    let started = Instant::now();
    while Connection::open(port).get("/playground").body.contains("hecking isolation") {
        assert!(started.elapsed() < Duration::from_mins(5), "the probe of the cluster does not end");
        std::thread::sleep(Duration::from_millis(100));
    }
    println!("the cluster was probed in {:.1} s", started.elapsed().as_secs_f64());
}

/// A pipeline of one job with one step.
pub fn pipeline(script: &str) -> String {
    format!(
        "jobs:\n  main:\n    image: host-tools\n    requires: [~commit]\n    steps:\n      - only: {script}\n"
    )
}

/// Asks for a run of `pipeline` and returns the path of its page.
pub fn ask(connection: &mut Connection, pipeline: &str) -> String {
    let answer = connection.post("/runs", &[("dialect", "screwdriver"), ("pipeline", pipeline)]);
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.location.unwrap()
}
