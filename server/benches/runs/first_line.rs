//! From asking for a run to its first line in the stream.

use std::time::Instant;

use super::bare;
use crate::client::runs::{first_line, pipeline};
use crate::support::figures::{milliseconds, quantile};

const TIMES: usize = 31;
const SCRIPT: &str = "echo hello";

/// Runs and bare sandboxes in turn, so that both meet the same machine.
pub fn measure(port: u16) {
    let hello = pipeline(SCRIPT);
    first_line(port, &hello);
    let (mut runs, mut sandboxes) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        runs.push(first_line(port, &hello));
        let started = Instant::now();
        assert!(bare(SCRIPT).status().unwrap().success(), "a bare bwrap must work for the baseline");
        sandboxes.push(started.elapsed());
    }
    let (run, sandbox) = (quantile(&runs, 0.5), quantile(&sandboxes, 0.5));
    println!(
        "POST of a run to its first line   p50 {:.1} ms, p95 {:.1} ms   bare bwrap p50 {:.1} ms   added {:.1} ms   wanted: ≤ 60 ms added",
        milliseconds(run),
        milliseconds(quantile(&runs, 0.95)),
        milliseconds(sandbox),
        milliseconds(run.saturating_sub(sandbox)),
    );
}
