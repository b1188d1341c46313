//! A portal that is killed cannot clean up: its sandboxes have to end without it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use regatta_playground::executor::{Executor as _, JobEvent};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::stage::{ALONE_ALREADY, alone, executor, job, new_executor, small};
use crate::traces::{Traces, ZOMBIE, groups_of};

const RUNS: &str = "the job runs";
const PORTAL: &str = "SANDBOX_TESTS_PORTAL";

/// Not a test: the portal that the test below kills.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs until it is killed"]
async fn portal() {
    if std::env::var_os(PORTAL).is_none() {
        return;
    }
    let executor = executor().await;
    let (sender, mut events) = mpsc::channel(16);
    let endless = job(&["(setsid sleep 500 &) ; echo on; sleep 500"], small());
    let tell = async {
        while let Some(event) = events.recv().await {
            if matches!(event, JobEvent::Output { .. }) {
                println!("{RUNS}");
            }
        }
    };
    let (outcome, ()) = tokio::join!(executor.run(&endless, sender, CancellationToken::new()), tell);
    panic!("it was not killed: {outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_portal_takes_its_jobs_along() {
    executor().await;
    let _alone = alone().await;
    let before = Traces::now();
    let mut portal = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "killed_portal::portal", "--nocapture"])
        .env(ALONE_ALREADY, "yes")
        .env(PORTAL, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(portal.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == RUNS));
    assert!(Traces::now().new_since(&before).iter().any(|trace| trace.starts_with("process")));
    portal.kill().unwrap();
    portal.wait().unwrap();
    let killed = Instant::now();
    // Orphans that have ended are collected by the machine's first process, whenever that likes to.
    let left = || Traces::now().new_since(&before).into_iter().filter(|trace| !trace.ends_with(ZOMBIE));
    while left().next().is_some() {
        assert!(killed.elapsed() < Duration::from_secs(1), "{:?}", left().collect::<Vec<_>>());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The next portal removes the groups that the killed one left empty.
    drop(new_executor().await);
    assert!(groups_of(portal.id()).is_empty(), "{:?}", groups_of(portal.id()));
}
