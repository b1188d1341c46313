//! Watching a run loses nothing and doubles nothing, however the connection fares.

use std::sync::Arc;

use crate::support::scripted::{Act, Script, Scripted};
use crate::support::{Ground, assert_whole, events, single, soon, words};
use futures_util::StreamExt;
use regatta_domain::run::{Ending, RunEvent};
use regatta_playground::Batch;
use regatta_playground::executor::JobEvent;
use tokio::sync::Semaphore;

/// Prints `portions` of `lines` lines each, a portion for every permit of the gate.
fn talkative(gate: &Arc<Semaphore>, portions: usize, lines: usize, text: &str) -> Script {
    let portion = format!("{text}\n").repeat(lines);
    let begun = Script::ending(Ending::Failed).tell(JobEvent::StepStarted { step: 0 });
    (0..portions).fold(begun, |script, _| script.act(Act::Pass(Arc::clone(gate))).print(0, &portion))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_who_reconnects_after_every_batch_sees_every_event_once() {
    let ground = Ground::new().await;
    let gate = Arc::new(Semaphore::new(0));
    ground.ready(&Scripted::new([(0, talkative(&gate, 60, 5, "ahoi"))]));
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let mut seen: Vec<RunEvent> = Vec::new();
    let mut connections = 0;
    loop {
        let after = seen.last().map_or(0, |event| event.seq);
        let mut stream = ground.playground.subscribe(&id, after);
        let Some(batch) = soon(stream.next()).await else { break };
        assert!(!batch.events.is_empty());
        seen.extend(batch.events.clone());
        connections += 1;
        gate.add_permits(1);
    }
    assert_whole(&seen);
    assert!(connections >= 50, "{connections} connections");
    assert_eq!(seen, ground.log(&id).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_watcher_is_sent_to_the_store_and_loses_nothing() {
    let ground = Ground::new().await;
    let gate = Arc::new(Semaphore::new(0));
    // Many times what the feed holds for a watcher: every portion is a batch of its own.
    ground.ready(&Scripted::new([(0, talkative(&gate, 100, 10, &"x".repeat(4000)))]));
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let mut slow = ground.playground.subscribe(&id, 0);
    let mut seen = soon(slow.next()).await.unwrap().events.clone();
    gate.add_permits(100);
    let all = ground.log(&id).await;
    seen.extend(soon(events(slow)).await);
    assert_whole(&seen);
    assert_eq!(seen, all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_comes_in_few_batches() {
    let ground = Ground::new().await;
    let gate = Arc::new(Semaphore::new(2000));
    ground.ready(&Scripted::new([(0, talkative(&gate, 2000, 1, "ahoi"))]));
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let begun = tokio::time::Instant::now();
    let batches: Vec<Arc<Batch>> = soon(ground.playground.subscribe(&id, 0).collect()).await;
    // Ten a second, five more after a pause, and what was there before the first look.
    let allowed = begun.elapsed().as_millis() / 100 + 5 + 2;
    assert!((batches.len() as u128) <= allowed, "{} batches, {allowed} allowed", batches.len());
    let events: Vec<RunEvent> = batches.iter().flat_map(|batch| batch.events.clone()).collect();
    assert_whole(&events);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_watcher_sees_the_same_from_where_it_began() {
    let ground = Ground::new().await;
    let gate = Arc::new(Semaphore::new(50));
    ground.ready(&Scripted::new([(0, talkative(&gate, 50, 3, "ahoi"))]));
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let streams = (0..20).map(|after| events(ground.playground.subscribe(&id, after)));
    let logs = soon(futures_util::future::join_all(streams)).await;
    assert_whole(&logs[0]);
    for (after, log) in logs.iter().enumerate() {
        assert_eq!(log[..], logs[0][after..]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_who_asks_for_the_future_gets_the_end() {
    let ground = Ground::new().await;
    ground.ready(&Scripted::new([]));
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let log = ground.log(&id).await;
    let beyond = log.len() as u64;
    let rest = soon(events(ground.playground.subscribe(&id, beyond))).await;
    assert_eq!(rest, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_watch_share_what_they_are_told() {
    let ground = Ground::new().await;
    let gate = Arc::new(Semaphore::new(0));
    ground.ready(&Scripted::new([(0, talkative(&gate, 1, 1, "ahoi"))]));
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let mut one = ground.playground.subscribe(&id, 0);
    while !words(&soon(one.next()).await.unwrap().events).contains(&"0.0 started".to_owned()) {}
    let reached = ground.playground.events(&id, 0, 100).await.unwrap().len() as u64;
    let mut others: Vec<_> = (0..10).map(|_| ground.playground.subscribe(&id, reached)).collect();
    gate.add_permits(1);
    let told = soon(one.next()).await.unwrap();
    assert_eq!(*told.json, serde_json::to_string(&told.events).unwrap());
    assert_eq!(told.last, told.events.last().unwrap().seq);
    for other in &mut others {
        assert!(Arc::ptr_eq(&soon(other.next()).await.unwrap(), &told));
    }
}

#[tokio::test]
async fn a_frame_is_made_once() {
    let ground = Ground::new().await;
    ground.ready(&Scripted::new([]));
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let batch = soon(ground.playground.subscribe(&id, 0).next()).await.unwrap();
    let first = batch.framed(|batch| format!("data: {}\n\n", batch.json).into());
    let second = batch.framed(|_| unreachable!("it was made already"));
    assert_eq!(first.as_ptr(), second.as_ptr());
}

#[tokio::test]
async fn who_watches_before_it_is_somebodys_turn_hears_the_first_words() {
    let ground = Ground::new().await;
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let mut stream = ground.playground.subscribe(&id, 0);
    let first = tokio::spawn(async move { stream.next().await });
    ground.ready(&Scripted::new([]));
    let first = soon(first).await.unwrap().unwrap();
    assert_eq!(words(&first.events)[0], "run starting");
}
