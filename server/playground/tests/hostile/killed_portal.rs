//! A portal that is killed cannot clean up: its sandboxes have to end without it.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use regatta_playground::executor::JobEvent;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::cases;
use crate::stage::{Stage, job, new_executor, small};
use crate::theatre::Part;
use crate::traces::{Traces, ZOMBIE, groups_of};

cases![; against the clock: a_killed_portal_takes_its_jobs_along];

const RUNS: &str = "the job runs";

/// The portal that the case below kills: it runs one job, and would for long.
pub fn portal(executor: &'static str) -> ! {
    let stage = Stage::open(executor).unwrap_or_else(|unavailable| panic!("{unavailable}"));
    let (sender, mut events) = mpsc::channel(16);
    let endless = job(&["(setsid sleep 500 &) ; echo on; sleep 500"], small());
    let tell = async {
        while let Some(event) = events.recv().await {
            if matches!(event, JobEvent::Output { .. }) {
                println!("{RUNS}");
            }
        }
    };
    let running = stage.executor().run(&endless, sender, CancellationToken::new());
    let (outcome, ()) = stage.block_on(async { tokio::join!(running, tell) });
    panic!("it was not killed: {outcome:?}");
}

async fn a_killed_portal_takes_its_jobs_along(stage: &Stage) {
    let before = Traces::now(stage);
    let mut portal = Part::doomed_portal(stage.name).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(portal.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == RUNS));
    assert!(Traces::now(stage).new_since(&before).iter().any(|trace| trace.starts_with("process")));
    portal.kill().unwrap();
    portal.wait().unwrap();
    let killed = Instant::now();
    // Orphans that have ended are collected by the machine's first process, whenever that likes to.
    let left = || Traces::now(stage).new_since(&before).into_iter().filter(|trace| !trace.ends_with(ZOMBIE));
    while left().next().is_some() {
        assert!(killed.elapsed() < Duration::from_secs(1), "{:?}", left().collect::<Vec<_>>());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The next portal removes the groups that the killed one left empty.
    drop(new_executor(stage.name).await);
    assert!(groups_of(portal.id()).is_empty(), "{:?}", groups_of(portal.id()));
}
