//! Attempts to use more than there is for a job: each limit has an ending of its own.

use std::time::{Duration, Instant};

use regatta_domain::run::{Ending, Stream};
use regatta_playground::executor::{JobEvent, Limits};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::stage::{alone, executor, job, run, run_script, small, watch};
use crate::traces::Traces;

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_bomb_reaches_the_process_limit() {
    let told = run_script("bomb() { bomb | bomb & }; while :; do bomb; sleep 1; done").await;
    told.assert_ended(Ending::ProcessLimit);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_sleepers_reaches_the_process_limit() {
    let told = run_script("for i in $(seq 100); do sleep 100 & done; wait").await;
    told.assert_ended(Ending::ProcessLimit);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hog_reaches_the_memory_limit() {
    let told = run_script("head -c 2000000000 /dev/zero | tail -c 1900000000 | wc -c").await;
    told.assert_ended(Ending::OutOfMemory);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_reaches_the_output_limit_to_the_byte() {
    let told = run_script("yes this is a flood").await;
    told.assert_ended(Ending::OutputLimit);
    let printed: usize = told.events.iter().map(output).sum();
    assert_eq!(printed as u64, small().output_bytes);
}

fn output(event: &JobEvent) -> usize {
    if let JobEvent::Output { bytes, .. } = event { bytes.len() } else { 0 }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_that_nobody_reads_is_held_back_and_still_stopped() {
    let executor = executor().await;
    let _alone = alone().await;
    let before = Traces::now();
    let (sender, receiver) = mpsc::channel(1);
    let limits = Limits { time: Duration::from_secs(1), output_bytes: 1 << 30, ..small() };
    let flood = job(&["yes"], limits);
    let started = Instant::now();
    let stop = CancellationToken::new();
    let running = regatta_playground::executor::Executor::run(executor, &flood, sender, stop.clone());
    let cancel_late = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        stop.cancel();
        drop(receiver);
    };
    let (outcome, ()) = tokio::join!(running, cancel_late);
    assert_eq!(outcome.ending, Ending::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(3));
    Traces::now().assert_nothing_new_since(&before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_workspace_reaches_the_disk_limit() {
    let told = run_script("head -c 50000000 /dev/zero > big").await;
    told.assert_ended(Ending::DiskLimit);
    let told = run_script("head -c 100000000 /dev/zero > /tmp/big").await;
    told.assert_ended(Ending::DiskLimit);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_heeds_no_signal_ends_at_its_deadline() {
    let limits = Limits { time: Duration::from_secs(1), ..small() };
    let told = run(&job(&["trap '' TERM INT HUP; echo on; while :; do :; done", "echo never"], limits)).await;
    told.assert_ended(Ending::TimedOut);
    assert!(told.took < Duration::from_secs(2), "{:?}", told.took);
    assert_eq!(told.printed(Stream::Out), "on\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_is_gone_within_a_second() {
    let executor = executor().await;
    let _alone = alone().await;
    let before = Traces::now();
    let (sender, mut events) = mpsc::channel(16);
    let endless = job(&["trap '' TERM; (setsid sleep 500 &) ; sleep 500"], small());
    let stop = CancellationToken::new();
    let cancel = async {
        while !matches!(events.recv().await, Some(JobEvent::StepStarted { .. })) {}
        stop.cancel();
        Instant::now()
    };
    let running = regatta_playground::executor::Executor::run(executor, &endless, sender, stop.clone());
    let (outcome, cancelled) = tokio::join!(running, cancel);
    assert_eq!(outcome.ending, Ending::Cancelled);
    assert!(cancelled.elapsed() < Duration::from_secs(1), "{:?}", cancelled.elapsed());
    Traces::now().assert_nothing_new_since(&before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_cancelled_before_it_began_does_nothing() {
    let executor = executor().await;
    let stop = CancellationToken::new();
    stop.cancel();
    let _alone = alone().await;
    let before = Traces::now();
    let told = watch(executor, &job(&["sleep 100"], small()), stop).await;
    told.assert_ended(Ending::Cancelled);
    Traces::now().assert_nothing_new_since(&before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_dropped_leaves_nothing() {
    let executor = executor().await;
    let _alone = alone().await;
    let before = Traces::now();
    let (sender, mut events) = mpsc::channel(16);
    let endless = job(&["(setsid sleep 500 &) ; sleep 500"], small());
    let mut running =
        regatta_playground::executor::Executor::run(executor, &endless, sender, CancellationToken::new());
    loop {
        tokio::select! {
            outcome = &mut running => panic!("{outcome:?}"),
            event = events.recv() => if matches!(event, Some(JobEvent::StepStarted { .. })) { break },
        }
    }
    drop(running);
    // The sender lives in the job's own task, which ends when everything has been taken away.
    while events.recv().await.is_some() {}
    Traces::now().assert_nothing_new_since(&before);
}
