//! Twenty runs at once, beside the same twenty commands in bare sandboxes at once.

use std::time::{Duration, Instant};

use super::bare;
use crate::client::Connection;
use crate::client::runs::{ask, pipeline};
use crate::support::figures::{milliseconds, quantile};

const AT_ONCE: usize = 20;
const ROUNDS: usize = 7;
/// Some 100 ms of work for one processor, so that it is runs that are compared and not process starts alone.
const WORK: &str = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; echo $i";

pub fn measure(port: u16) {
    let work = pipeline(WORK);
    let (mut runs, mut sandboxes) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        runs.push(all_at_once(|| one_run(port, &work)));
        sandboxes.push(all_at_once(|| assert!(bare(WORK).status().unwrap().success())));
    }
    let (run, sandbox) = (quantile(&runs, 0.5), quantile(&sandboxes, 0.5));
    println!(
        "{AT_ONCE} runs at once   p50 {:.0} ms   {AT_ONCE} bare bwrap at once p50 {:.0} ms   ratio {:.2}   wanted: ≤ 1.5",
        milliseconds(run),
        milliseconds(sandbox),
        run.as_secs_f64() / sandbox.as_secs_f64(),
    );
}

fn one_run(port: u16, pipeline: &str) {
    let mut connection = Connection::open(port);
    let run = ask(&mut connection, pipeline);
    connection.send_get(&format!("{run}/events"));
    connection.read_until("event: end");
}

/// From the start of the first to the end of the last.
fn all_at_once(act: impl Fn() + Sync) -> Duration {
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(&act);
        }
    });
    started.elapsed()
}
