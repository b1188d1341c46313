//! What a run becomes when the portal goes down, and what is swept away.

use crate::support::scripted::{Script, Scripted};
use crate::support::{Ground, assert_whole, pipeline, single, words};
use jiff::SignedDuration;
use regatta_domain::ids::RunId;
use regatta_domain::ports::Clock;
use regatta_domain::run::{Ending, JobState, RunEvent, RunFact, RunState, StepState};
use regatta_playground::SubmitError;
use regatta_store::Store;
use regatta_store::runs::{RunStore, StoredRun};

const RESTARTED: &str = "run infra_error (the portal was restarted while it ran)";

#[tokio::test]
async fn going_down_stops_what_runs_and_keeps_what_waits() {
    let ground = Ground::new().await;
    let executor = Scripted::new([(0, Script::endless())]);
    ground.ready(&executor);
    let running = ground.playground.submit(single("ada")).await.unwrap();
    let waiting = ground.playground.submit(single("ada")).await.unwrap();
    executor.has_started(1).await;
    ground.go_down().await;
    let log = ground.log(&running).await;
    assert_whole(&log);
    assert_eq!(words(&log).last().unwrap(), RESTARTED);
    assert_eq!(ground.stored(&running).await.state, RunState::Ended(Ending::InfraError));
    assert_eq!(ground.stored(&waiting).await.state, RunState::Queued);
    assert_eq!(ground.log(&waiting).await, [], "whoever watches a waiting run is let go");
    let refused = ground.playground.submit(single("bob")).await;
    assert!(matches!(refused, Err(SubmitError::Unavailable { .. })));

    let next = ground.successor();
    next.playground.sweep().await.unwrap();
    assert_eq!(next.playground.position(&waiting), Some(1));
    next.ready(&Scripted::new([]));
    assert_eq!(words(&next.log(&waiting).await).last().unwrap(), "run succeeded");
}

/// A playground that starts on a run as a power failure leaves it: stored in `state` with these facts told.
async fn left_behind(state: RunState, facts: Vec<RunFact>) -> (Ground, RunId) {
    let ground = Ground::new().await;
    ground.go_down().await;
    let accepted_at = ground.clock.now();
    let run = StoredRun {
        id: RunId::random(&*ground.entropy),
        demo: None,
        edited: false,
        title: "A run".into(),
        source: String::new(),
        pipeline: pipeline(&[("build", &[], &[]), ("test", &[0], &[])]),
        isolation: None,
        visitor: "ada".into(),
        state: RunState::Queued,
        accepted_at,
        ended_at: None,
    };
    ground.store.add_run(&run).await.unwrap();
    ground.store.change_run_state(&run.id, RunState::Queued, state, accepted_at).await.unwrap();
    let numbered = facts.into_iter().zip(1..).map(|(what, seq)| RunEvent { seq, at_ms: seq * 10, what });
    ground.store.append_events(&run.id, &numbered.collect::<Vec<_>>()).await.unwrap();
    let next = ground.successor();
    next.playground.sweep().await.unwrap();
    (next, run.id)
}

#[tokio::test]
async fn what_was_interrupted_is_ended_to_the_last_step() {
    let facts = vec![
        RunFact::Run { state: RunState::Running, reason: None },
        RunFact::Job { job: 0, state: JobState::Running, reason: None },
        RunFact::StepStarted { job: 0, step: 0 },
    ];
    let (ground, id) = left_behind(RunState::Running, facts).await;
    let log = ground.log(&id).await;
    assert_whole(&log);
    assert_eq!(words(&log).last().unwrap(), RESTARTED);
    let (run, view) = ground.playground.view(&id).await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Ended(Ending::InfraError));
    assert_eq!(view.jobs[0].state, JobState::Ended(Ending::InfraError));
    assert_eq!(view.jobs[0].steps[0].state, StepState::Stopped);
    assert_eq!(view.jobs[0].steps[1].state, StepState::Skipped);
    assert_eq!(view.jobs[1].state, JobState::Skipped);
    ground.playground.sweep().await.unwrap();
    assert_eq!(ground.log(&id).await.len(), log.len(), "sweeping again changes nothing");
}

#[tokio::test]
async fn a_store_that_fails_stops_the_run_and_the_next_start_ends_it() {
    let ground = Ground::new().await;
    let executor = Scripted::new([(0, Script::endless())]);
    ground.ready(&executor);
    let id = ground.playground.submit(single("ada")).await.unwrap();
    executor.has_started(1).await;
    ground.store.close().await;
    ground.playground.cancel(&id).await.unwrap();
    ground.go_down().await;

    let next = ground.successor_on_reopened().await;
    next.playground.sweep().await.unwrap();
    let log = next.log(&id).await;
    assert_whole(&log);
    assert_eq!(words(&log).last().unwrap(), RESTARTED);
}

#[tokio::test]
async fn a_final_event_counts_though_the_state_was_not_stored() {
    let facts = vec![RunFact::Run { state: RunState::Ended(Ending::Succeeded), reason: None }];
    let (ground, id) = left_behind(RunState::Running, facts).await;
    assert_eq!(ground.stored(&id).await.state, RunState::Ended(Ending::Succeeded));
    assert_eq!(words(&ground.log(&id).await), ["run succeeded"]);
}

#[tokio::test]
async fn sweeping_leaves_alone_what_is_under_way() {
    let ground = Ground::new().await;
    let executor = Scripted::new([(0, Script::endless())]);
    ground.ready(&executor);
    let id = ground.playground.submit(single("ada")).await.unwrap();
    executor.has_started(1).await;
    ground.playground.sweep().await.unwrap();
    ground.playground.cancel(&id).await.unwrap();
    assert_eq!(words(&ground.log(&id).await).last().unwrap(), "run cancelled");
}

#[tokio::test]
async fn a_run_is_kept_for_its_time_and_no_longer() {
    let ground = Ground::new().await;
    let id = ground.playground.submit(single("ada")).await.unwrap();
    ground.playground.cancel(&id).await.unwrap();
    ground.clock.advance(SignedDuration::from_hours(30 * 24));
    ground.playground.sweep().await.unwrap();
    assert!(ground.playground.view(&id).await.unwrap().is_some());
    ground.clock.advance(SignedDuration::from_secs(1));
    ground.playground.sweep().await.unwrap();
    assert!(ground.playground.view(&id).await.unwrap().is_none());
}
