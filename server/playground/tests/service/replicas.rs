//! Two processes on one store.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::scripted::{Act, Script, Scripted};
use crate::support::{Ground, assert_whole, events, single, soon, words};
use futures_util::StreamExt;
use jiff::SignedDuration;
use regatta_domain::ids::RunId;
use regatta_domain::ports::Clock;
use regatta_domain::run::{Ending, RunState};
use regatta_playground::{Cancellation, PlaygroundSettings};
use tokio::sync::Semaphore;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_watched_from_the_other_process() {
    let ground = Ground::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let behind =
        (0..20).fold(Script::fine(), |script, _| script.act(Act::Pass(Arc::clone(&gate))).print(1, "on\n"));
    let executor = Scripted::new([(0, behind)]);
    ground.ready(&executor);
    let other = ground.successor();
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let mut stream = other.playground.subscribe(&id, 0);
    let mut seen = soon(stream.next()).await.unwrap().events.clone();
    gate.add_permits(20);
    seen.extend(soon(events(stream)).await);
    assert_whole(&seen);
    assert_eq!(seen, ground.log(&id).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_cancelled_from_the_other_process_within_a_second() {
    let ground = Ground::new().await;
    let executor = Scripted::new([(0, Script::endless())]);
    ground.ready(&executor);
    let other = ground.successor();
    let id = ground.playground.submit(single("ada")).await.unwrap();
    executor.has_started(1).await;
    let asked = Instant::now();
    assert_eq!(other.playground.cancel(&id).await.unwrap(), Cancellation::Stopping);
    assert_eq!(ground.ended(&id).await.state, RunState::Ended(Ending::Cancelled));
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!(words(&other.log(&id).await).last().unwrap(), "run cancelled");
}

#[tokio::test]
async fn a_command_cancels_what_waits_and_what_runs() {
    let ground = Ground::with(PlaygroundSettings { concurrent_runs: 1, ..Default::default() }).await;
    let executor = Scripted::new([(0, Script::endless())]);
    ground.ready(&executor);
    let running = ground.playground.submit(single("ada")).await.unwrap();
    executor.has_started(1).await;
    let waiting = ground.playground.submit(single("bob")).await.unwrap();
    let cancel = |id: RunId| {
        let (store, clock) = (Arc::clone(&ground.store), Arc::clone(&ground.clock));
        async move { regatta_playground::cancel(&*store, &*clock, &id).await.unwrap() }
    };
    assert_eq!(cancel(waiting.clone()).await, Cancellation::Over);
    assert_eq!(words(&ground.log(&waiting).await), ["0 skipped (the run was cancelled)", "run cancelled"]);
    assert_eq!(cancel(running.clone()).await, Cancellation::Stopping);
    assert_eq!(ground.ended(&running).await.state, RunState::Ended(Ending::Cancelled));
    assert_eq!(cancel(running).await, Cancellation::TooLate);
    assert_eq!(cancel(RunId::from_bytes([9; 16])).await, Cancellation::Unknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_run_is_conducted_twice() {
    let settings = PlaygroundSettings {
        concurrent_runs: 3,
        unended_per_visitor: 100,
        hourly_per_visitor: 100,
        ..Default::default()
    };
    let ground = Ground::with(settings).await;
    let executor = Scripted::new([]);
    ground.ready(&executor);
    let other = ground.replica(&executor);
    let submit = |number: usize| {
        let playground = if number.is_multiple_of(2) { &ground.playground } else { &other.playground };
        playground.submit(single(["ada", "bob", "eve"][number % 3]))
    };
    let runs = futures_util::future::join_all((0..40).map(submit)).await;
    for run in &runs {
        let log = ground.log(run.as_ref().unwrap()).await;
        assert_whole(&log);
        assert_eq!(words(&log).last().unwrap(), "run succeeded");
    }
    let mut started: Vec<RunId> = executor.specs().into_iter().map(|spec| spec.run).collect();
    started.sort();
    let mut expected: Vec<RunId> = runs.into_iter().map(Result::unwrap).collect();
    expected.sort();
    assert_eq!(started, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_process_accepts_another_runs_where_the_first_cannot() {
    let ground = Ground::new().await;
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let executor = Scripted::new([]);
    let other = ground.replica(&executor);
    assert_eq!(words(&ground.log(&id).await).last().unwrap(), "run succeeded");
    assert_eq!(executor.specs().len(), 1);
    drop(other);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_process_is_gone_is_ended_by_the_other() {
    let ground = Arc::new(Ground::new().await);
    let gone = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let executor = Scripted::new([(0, Script::endless())]);
    let id = {
        let (ground, executor) = (Arc::clone(&ground), Arc::clone(&executor));
        let doomed = async move {
            let doomed = ground.successor_on_reopened().await;
            doomed.ready(&executor);
            doomed.playground.submit(single("ada")).await.unwrap()
        };
        gone.spawn(doomed).await.unwrap()
    };
    executor.has_started(1).await;
    ground.until(&id, |run| run.state == RunState::Running).await;
    let mut watching = ground.playground.subscribe(&id, 0);
    let told = soon(watching.next()).await.unwrap();
    assert_eq!(words(&told.events).last().unwrap(), "0.0 started", "it has nothing left to write");
    // Nothing of it runs any more, and nobody said good-bye.
    gone.shutdown_background();
    // It does not matter what the clock says.
    ground.clock.advance(SignedDuration::from_hours(-3));
    ground.look_often().await;
    let rest = soon(events(watching)).await;
    let last = "run infra_error (interrupted: the portal that ran it stopped answering; run it again)";
    assert_eq!(words(&rest).last().unwrap(), last);
    assert_whole(&ground.log(&id).await);
    assert_eq!(ground.ended(&id).await.state, RunState::Ended(Ending::InfraError));
}

#[tokio::test]
async fn a_hold_that_is_kept_is_left_alone_whatever_the_clocks_say() {
    let ground = Ground::new().await;
    let executor = Scripted::new([(0, Script::endless())]);
    ground.ready(&executor);
    let other = ground.successor();
    let id = ground.playground.submit(single("ada")).await.unwrap();
    executor.has_started(1).await;
    for hours in [30, -60, 1, 1, 1, 1] {
        // The clock of whoever looks is hours ahead or behind; the hold is kept between any two looks.
        ground.clock.advance(SignedDuration::from_hours(hours));
        let [hold] = &ground.store.holds().await.unwrap()[..] else { panic!("it is held once") };
        ground.store.keep_hold(&hold.holder, ground.clock.now()).await.unwrap();
        other.playground.sweep().await.unwrap();
    }
    assert!(!ground.stored(&id).await.state.is_final());
    ground.playground.cancel(&id).await.unwrap();
    assert_eq!(words(&ground.log(&id).await).last().unwrap(), "run cancelled");
}

#[tokio::test]
async fn who_lost_a_run_while_standing_still_stops_it() {
    let ground = Ground::with(PlaygroundSettings { concurrent_runs: 1, ..Default::default() }).await;
    let executor = Scripted::new([(0, Script::endless())]);
    ground.ready(&executor);
    let lost = ground.playground.submit(single("ada")).await.unwrap();
    ground.until(&lost, |run| run.state == RunState::Running).await;
    let next = ground.playground.submit(single("bob")).await.unwrap();

    let [hold] = &ground.store.holds().await.unwrap()[..] else { panic!("it is held once") };
    assert!(ground.store.take_over_run(hold, "heir", ground.clock.now()).await.unwrap());
    ground.playground.sweep().await.unwrap();
    executor.has_started(2).await;
    assert!(!ground.stored(&next).await.state.is_final());
    ground.playground.cancel(&next).await.unwrap();
    ground.ended(&next).await;
}

/// The answer to taking a run was lost: it is held by a name that is kept for the sake of others.
#[tokio::test]
async fn a_run_that_is_held_by_mistake_is_ended() {
    let ground = Ground::with(PlaygroundSettings { concurrent_runs: 1, ..Default::default() }).await;
    let executor = Scripted::new([(0, Script::endless())]);
    ground.ready(&executor);
    let known = ground.playground.submit(single("ada")).await.unwrap();
    executor.has_started(1).await;
    let [hold] = &ground.store.holds().await.unwrap()[..] else { panic!("it is held once") };
    let forgotten = ground.playground.submit(single("bob")).await.unwrap();
    let taken = ground.store.take_run(&forgotten, &hold.holder, ground.clock.now()).await.unwrap();
    assert!(taken.is_some());
    for _ in 0..4 {
        ground.clock.advance(SignedDuration::from_secs(5));
        ground.store.keep_hold(&hold.holder, ground.clock.now()).await.unwrap();
        ground.playground.sweep().await.unwrap();
    }
    assert_eq!(ground.stored(&forgotten).await.state, RunState::Ended(Ending::InfraError));
    assert!(!ground.stored(&known).await.state.is_final());
    ground.playground.cancel(&known).await.unwrap();
    ground.ended(&known).await;
}
