//! Whose turn it is, how long that takes, and when nobody has to wait.

use std::sync::Arc;

use crate::support::scripted::{Script, Scripted};
use crate::support::{Ground, single, words};
use jiff::SignedDuration;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::Arguments;
use regatta_playground::{Load, NewRun, PlaygroundSettings, Replay};
use tokio::sync::Semaphore;

const DEMO: &str = "hello";

fn demo(visitor: &str) -> NewRun {
    NewRun { demo: Some(DEMO.parse().unwrap()), ..single(visitor) }
}

fn one_slot() -> PlaygroundSettings {
    PlaygroundSettings { concurrent_runs: 1, ..Default::default() }
}

#[tokio::test]
async fn runs_wait_for_the_probe_in_order_and_then_run() {
    let ground = Ground::with(one_slot()).await;
    let first = ground.playground.submit(single("ada")).await.unwrap();
    let second = ground.playground.submit(single("bob")).await.unwrap();
    assert_eq!((ground.position(&first).await, ground.position(&second).await), (Some(1), Some(2)));
    let load = ground.playground.load().await.unwrap();
    assert_eq!(load, Load { waiting: 2, under_way: 0, slots: 1 });
    let executor = Scripted::new([]);
    ground.ready(&executor);
    for id in [&first, &second] {
        assert_eq!(words(&ground.log(id).await).last().unwrap(), "run succeeded");
    }
    let order: Vec<RunId> = executor.specs().into_iter().map(|spec| spec.run).collect();
    assert_eq!(order, [first, second]);
}

#[tokio::test]
async fn no_more_run_at_once_than_allowed_and_no_visitor_has_all_slots() {
    let ground = Ground::new().await;
    let executor = Scripted::new([(0, Script::endless())]);
    ground.ready(&executor);
    let mut runs = Vec::new();
    for visitor in ["ada", "ada", "bob", "eve"] {
        runs.push(ground.playground.submit(single(visitor)).await.unwrap());
    }
    executor.has_started(2).await;
    let load = ground.playground.load().await.unwrap();
    assert_eq!(load, Load { waiting: 2, under_way: 2, slots: 2 });
    assert!(load.is_busy());
    let started: Vec<RunId> = executor.specs().into_iter().map(|spec| spec.run).collect();
    assert_eq!(started, [runs[0].clone(), runs[2].clone()], "bob does not wait for two of ada's");
    ground.playground.cancel(&runs[0]).await.unwrap();
    executor.has_started(3).await;
    assert_eq!(ground.position(&runs[2]).await, None);
}

#[tokio::test]
async fn a_wait_is_estimated_from_what_runs_took() {
    let ground = Ground::with(one_slot()).await;
    let executor = Scripted::new([]);
    ground.ready(&executor);
    let seen = ground.playground.submit(single("ada")).await.unwrap();
    ground.story(&seen).await;
    ground.go_down().await;
    let next = ground.successor();
    let executor = Scripted::new([(0, Script::endless())]);
    next.ready(&executor);
    next.playground.submit(single("ada")).await.unwrap();
    executor.has_started(1).await;
    let waiting = next.playground.submit(single("bob")).await.unwrap();
    let turn = next.playground.turn(&waiting).await.unwrap().unwrap();
    assert_eq!(turn.position, 1);
    assert!(turn.wait_ms.is_some());
}

async fn same(ground: &Ground, source: &str) -> Option<RunId> {
    let demo = DEMO.parse().unwrap();
    ground.playground.recent_same(&demo, source, &Arguments::default()).await.unwrap()
}

/// A playground on which the demo ran once, with its run.
async fn after_a_run(replay: Replay) -> (Ground, RunId, Arc<Scripted>) {
    let ground = Ground::with(PlaygroundSettings { replay, ..one_slot() }).await;
    let executor = Scripted::new([]);
    ground.ready(&executor);
    let id = ground.playground.submit(demo("ada")).await.unwrap();
    ground.story(&id).await;
    (ground, id, executor)
}

#[tokio::test]
async fn a_recent_run_is_shown_again_where_it_is_the_same_and_recent() {
    let (ground, id, _) = after_a_run(Replay::Always).await;
    let source = single("ada").source;
    assert_eq!(same(&ground, &source).await, Some(id));
    assert_eq!(same(&ground, "another text").await, None);
    ground.clock.advance(SignedDuration::from_secs(601));
    assert_eq!(same(&ground, &source).await, None, "it is too old");
}

#[tokio::test]
async fn a_run_is_shown_again_only_when_it_should_be() {
    let source = single("ada").source;
    let (ground, ..) = after_a_run(Replay::Never).await;
    assert_eq!(same(&ground, &source).await, None);
    let (ground, id, _) = after_a_run(Replay::Busy).await;
    ground.until(&id, |run| run.state.is_final()).await;
    ground.go_down().await;
    let next = ground.successor();
    assert_eq!(same(&next, &source).await, None, "a slot is free");
    next.playground.submit(single("bob")).await.unwrap();
    assert_eq!(same(&next, &source).await, Some(id), "somebody waits already");
}

#[tokio::test]
async fn what_failed_or_was_edited_is_not_shown_again() {
    let ground = Ground::with(PlaygroundSettings { replay: Replay::Always, ..one_slot() }).await;
    ground.ready(&Scripted::new([(0, Script::failing())]));
    let failed = ground.playground.submit(demo("ada")).await.unwrap();
    ground.story(&failed).await;
    ground.ready(&Scripted::new([]));
    let edited = ground.playground.submit(NewRun { edited: true, ..demo("ada") }).await.unwrap();
    ground.story(&edited).await;
    assert_eq!(same(&ground, &single("ada").source).await, None);
}

/// There are more slots than room where jobs run: then whoever is asked for a sandbox first makes it first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_runs_ask_for_their_sandboxes_in_the_order_of_their_turns() {
    let settings = PlaygroundSettings { concurrent_runs: 500, max_queued: 500, ..Default::default() };
    let ground = Ground::with(settings).await;
    let gate = Arc::new(Semaphore::new(0));
    let executor = Scripted::new([(0, Script::fine().behind(&gate))]);
    let mut accepted = Vec::new();
    for number in 0..200 {
        accepted.push(ground.playground.submit(single(&format!("visitor {number}"))).await.unwrap());
        ground.clock.advance(SignedDuration::from_millis(1));
    }
    ground.ready(&executor);
    executor.has_started(200).await;
    let order: Vec<RunId> = executor.specs().into_iter().map(|spec| spec.run).collect();
    assert_eq!(order, accepted);
    gate.add_permits(200);
    for id in &accepted {
        assert!(ground.ended(id).await.state.is_final());
    }
}
