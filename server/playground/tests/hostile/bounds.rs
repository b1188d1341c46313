//! Attempts to use more than there is for a job: each limit has an ending of its own.

use std::time::{Duration, Instant};

use regatta_domain::run::{Ending, Stream};
use regatta_playground::executor::{JobEvent, Limits};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::cases;
use crate::stage::{Stage, job, short, small};
use crate::traces::Traces;

cases![
    a_fork_bomb_reaches_the_process_limit,
    a_crowd_of_sleepers_reaches_the_process_limit,
    a_job_that_keeps_to_its_processes_is_left_alone,
    a_hog_reaches_the_memory_limit,
    a_flood_reaches_the_output_limit_to_the_byte,
    a_full_workspace_reaches_the_disk_limit,
    a_job_that_was_cancelled_before_it_began_does_nothing,
    a_job_that_is_dropped_leaves_nothing;
    against the clock:
    a_flood_that_nobody_reads_is_held_back_and_still_stopped,
    a_job_that_heeds_no_signal_ends_at_its_deadline,
    a_job_that_waits_for_ever_ends_at_its_deadline,
    a_cancelled_job_is_gone_within_a_second,
];

async fn a_fork_bomb_reaches_the_process_limit(stage: &Stage) {
    let told = stage.run_script("bomb() { bomb | bomb & }; while :; do bomb; sleep 1; done").await;
    told.assert_ended(Ending::ProcessLimit);
}

async fn a_crowd_of_sleepers_reaches_the_process_limit(stage: &Stage) {
    let told = stage.run_script("for i in $(seq 100); do sleep 100 & done; wait").await;
    told.assert_ended(Ending::ProcessLimit);
}

async fn a_job_that_keeps_to_its_processes_is_left_alone(stage: &Stage) {
    let told = stage.run_script("for i in $(seq 24); do sleep 0.3 & done; wait; echo all done").await;
    told.assert_ended(Ending::Succeeded);
}

async fn a_hog_reaches_the_memory_limit(stage: &Stage) {
    let told = stage.run_script("head -c 2000000000 /dev/zero | tail -c 1900000000 | wc -c").await;
    told.assert_ended(Ending::OutOfMemory);
}

async fn a_flood_reaches_the_output_limit_to_the_byte(stage: &Stage) {
    let told = stage.run_script("yes this is a flood").await;
    told.assert_ended(Ending::OutputLimit);
    let printed: usize = told.events.iter().map(output).sum();
    assert_eq!(printed as u64, small().output_bytes);
}

fn output(event: &JobEvent) -> usize {
    if let JobEvent::Output { bytes, .. } = event { bytes.len() } else { 0 }
}

async fn a_flood_that_nobody_reads_is_held_back_and_still_stopped(stage: &Stage) {
    let before = Traces::now(stage);
    let (sender, receiver) = mpsc::channel(1);
    let limits = Limits { time: Duration::from_secs(1), output_bytes: 1 << 30, ..small() };
    let flood = job(&["yes"], limits);
    let started = Instant::now();
    let stop = CancellationToken::new();
    let running = stage.executor().run(&flood, sender, stop.clone());
    let cancel_late = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        stop.cancel();
        drop(receiver);
    };
    let (outcome, ()) = tokio::join!(running, cancel_late);
    assert_eq!(outcome.ending, Ending::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(3));
    Traces::now(stage).assert_nothing_new_since(&before);
}

async fn a_full_workspace_reaches_the_disk_limit(stage: &Stage) {
    let told = stage.run_script("head -c 50000000 /dev/zero > big").await;
    told.assert_ended(Ending::DiskLimit);
    let told = stage.run_script("head -c 100000000 /dev/zero > /tmp/big").await;
    told.assert_ended(Ending::DiskLimit);
}

async fn a_job_that_heeds_no_signal_ends_at_its_deadline(stage: &Stage) {
    let limits = short(Duration::from_secs(3));
    let told =
        stage.run(&job(&["trap '' TERM INT HUP; echo on; while :; do :; done", "echo never"], limits)).await;
    told.assert_ended(Ending::TimedOut);
    assert!(told.took < Duration::from_secs(4), "{:?}", told.took);
    assert_eq!(told.printed(Stream::Out), "on\n");
}

async fn a_job_that_waits_for_ever_ends_at_its_deadline(stage: &Stage) {
    for script in ["mkfifo pipe; cat pipe", "sleep 1000 & wait", "cat /dev/ptmx || sleep 1000"] {
        let told = stage.run(&job(&[script], short(Duration::from_secs(1)))).await;
        told.assert_ended(Ending::TimedOut);
        assert!(told.took < Duration::from_secs(2), "{:?}", told.took);
    }
}

async fn a_cancelled_job_is_gone_within_a_second(stage: &Stage) {
    let before = Traces::now(stage);
    let (sender, mut events) = mpsc::channel(16);
    let endless = job(&["trap '' TERM; (setsid sleep 500 &) ; sleep 500"], small());
    let stop = CancellationToken::new();
    let cancel = async {
        while !matches!(events.recv().await, Some(JobEvent::StepStarted { .. })) {}
        stop.cancel();
        Instant::now()
    };
    let running = stage.executor().run(&endless, sender, stop.clone());
    let (outcome, cancelled) = tokio::join!(running, cancel);
    assert_eq!(outcome.ending, Ending::Cancelled);
    assert!(cancelled.elapsed() < Duration::from_secs(1), "{:?}", cancelled.elapsed());
    Traces::now(stage).assert_nothing_new_since(&before);
}

async fn a_job_that_was_cancelled_before_it_began_does_nothing(stage: &Stage) {
    let stop = CancellationToken::new();
    stop.cancel();
    let before = Traces::now(stage);
    let told = stage.watch(&job(&["sleep 100"], small()), stop).await;
    told.assert_ended(Ending::Cancelled);
    Traces::now(stage).assert_nothing_new_since(&before);
}

async fn a_job_that_is_dropped_leaves_nothing(stage: &Stage) {
    let before = Traces::now(stage);
    let (sender, mut events) = mpsc::channel(16);
    let endless = job(&["(setsid sleep 500 &) ; sleep 500"], small());
    let mut running = stage.executor().run(&endless, sender, CancellationToken::new());
    loop {
        tokio::select! {
            outcome = &mut running => panic!("{outcome:?}"),
            event = events.recv() => if matches!(event, Some(JobEvent::StepStarted { .. })) { break },
        }
    }
    drop(running);
    // The sender lives in the job's own task, which ends when everything has been taken away.
    while events.recv().await.is_some() {}
    Traces::now(stage).assert_nothing_new_since(&before);
}
