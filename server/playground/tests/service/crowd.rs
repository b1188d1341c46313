//! A crowd that watches one run.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::scripted::{Act, Script, Scripted};
use crate::support::{Ground, assert_whole, single, soon};
use futures_util::StreamExt;
use regatta_domain::run::{Ending, RunEvent};
use regatta_playground::Batch;
use regatta_playground::executor::JobEvent;
use tokio::sync::Semaphore;

const WATCHERS: usize = 2000;
const LINES: usize = 150;
/// Fifty lines a second.
const PACE: Duration = Duration::from_millis(20);
/// What a watcher may cost, in bytes.
const EACH: usize = 20_000;

/// The memory of this program that is in use, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_watch_one_run_and_share_what_they_see() {
    let ground = Ground::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let begun = Script::ending(Ending::Failed).tell(JobEvent::StepStarted { step: 0 });
    let talks = (0..LINES).fold(begun, |script, number| {
        script.act(Act::Pass(Arc::clone(&gate))).print(0, &format!("line {number}\n"))
    });
    let executor = Scripted::new([(0, talks)]);
    ground.ready(&executor);
    let id = ground.playground.submit(single("ada")).await.unwrap();
    executor.has_started(1).await;
    let before = resident();
    let watch = |_| {
        let mut stream = ground.playground.subscribe(&id, 0);
        tokio::spawn(async move {
            let (mut batches, mut when) = (Vec::<Arc<Batch>>::new(), Vec::new());
            while let Some(batch) = stream.next().await {
                batches.push(batch);
                when.push(Instant::now());
            }
            (batches, when)
        })
    };
    let crowd: Vec<_> = (0..WATCHERS).map(watch).collect();
    let mut pace = tokio::time::interval(PACE);
    for _ in 0..LINES {
        pace.tick().await;
        gate.add_permits(1);
    }
    let seen = soon(futures_util::future::join_all(crowd)).await;
    let used = resident().saturating_sub(before);
    assert!(used / WATCHERS <= EACH, "{} bytes a watcher", used / WATCHERS);
    let mut apart: HashSet<*const Batch> = HashSet::new();
    let mut first_seen: Vec<Instant> = Vec::new();
    for watched in seen {
        let (batches, when) = watched.unwrap();
        let events: Vec<RunEvent> = batches.iter().flat_map(|batch| batch.events.clone()).collect();
        assert_whole(&events);
        apart.extend(batches.iter().map(Arc::as_ptr));
        first_seen.extend(when.last());
    }
    // Some catch up from the store on their own; what happens from then on is everybody's.
    assert!(apart.len() < WATCHERS * 3, "{} batches for {WATCHERS} watchers", apart.len());
    let (first, last) = (first_seen.iter().min().unwrap(), first_seen.iter().max().unwrap());
    assert!(
        *last - *first < Duration::from_secs(2),
        "the last one heard of the end {:?} late",
        *last - *first
    );
}
