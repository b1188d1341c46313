//! What a run becomes when the portal goes down, and what is swept away.

use crate::support::scripted::{Script, Scripted};
use crate::support::{Ground, assert_whole, pipeline, single, wish, words};
use jiff::SignedDuration;
use regatta_domain::ids::RunId;
use regatta_domain::ports::Clock;
use regatta_domain::run::{Ending, JobState, RunEvent, RunFact, RunState, StepState};
use regatta_playground::{Availability, PlaygroundSettings, SubmitError, was_interrupted};

const RESTARTED: &str = "run infra_error (interrupted: the portal was restarted while it ran; run it again)";
const LEFT_BEHIND: &str =
    "run infra_error (interrupted: the portal that ran it stopped answering; run it again)";

#[tokio::test]
async fn going_down_stops_what_runs_and_keeps_what_waits() {
    let ground = Ground::with(PlaygroundSettings { concurrent_runs: 1, ..Default::default() }).await;
    let executor = Scripted::new([(0, Script::endless())]);
    ground.ready(&executor);
    let running = ground.playground.submit(single("ada")).await.unwrap();
    let waiting = ground.playground.submit(single("ada")).await.unwrap();
    executor.has_started(1).await;
    ground.go_down().await;
    assert_eq!(ground.stored(&running).await.state, RunState::Ended(Ending::InfraError));
    assert_eq!(ground.stored(&waiting).await.state, RunState::Queued);
    assert_eq!(ground.log(&waiting).await, [], "whoever watches a waiting run is let go");
    let refused = ground.playground.submit(single("bob")).await;
    assert!(matches!(refused, Err(SubmitError::Unavailable { .. })));

    let next = ground.successor();
    let log = next.log(&running).await;
    assert_whole(&log);
    assert_eq!(words(&log).last().unwrap(), RESTARTED);
    let (_, view) = next.playground.view(&running).await.unwrap().unwrap();
    assert!(was_interrupted(view.reason.as_deref()));
    assert_eq!(next.position(&waiting).await, Some(1));
    next.ready(&Scripted::new([]));
    assert_eq!(words(&next.log(&waiting).await).last().unwrap(), "run succeeded");
}

/// A playground that starts on a run as a power failure leaves it: under way for a process that is gone, with these facts
/// told.
async fn left_behind(facts: Vec<RunFact>) -> (Ground, RunId) {
    let ground = Ground::new().await;
    let run = wish(pipeline(&[("build", &[], &[]), ("test", &[0], &[])]), "ada");
    let id = ground.playground.submit(run).await.unwrap();
    ground.go_down().await;
    let until = ground.clock.now().checked_add(SignedDuration::from_secs(15)).unwrap();
    ground.store.take_run(&id, "gone", until).await.unwrap().unwrap();
    assert!(ground.store.get_under_way(&id, "gone", "scripted").await.unwrap());
    let numbered = facts.into_iter().zip(1..).map(|(what, seq)| RunEvent { seq, at_ms: seq * 10, what });
    ground.store.append_events(&id, &numbered.collect::<Vec<_>>()).await.unwrap();
    let next = ground.successor();
    next.playground.sweep().await.unwrap();
    assert_eq!(next.stored(&id).await.state, RunState::Running, "it may still be somebody's");
    next.look_often().await;
    (next, id)
}

#[tokio::test]
async fn what_was_interrupted_is_ended_to_the_last_step() {
    let facts = vec![
        RunFact::Run { state: RunState::Running, reason: None },
        RunFact::Job { job: 0, state: JobState::Running, reason: None },
        RunFact::StepStarted { job: 0, step: 0 },
    ];
    let (ground, id) = left_behind(facts).await;
    let log = ground.log(&id).await;
    assert_whole(&log);
    assert_eq!(words(&log).last().unwrap(), LEFT_BEHIND);
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
    next.look_often().await;
    let log = next.log(&id).await;
    assert_whole(&log);
    assert_eq!(words(&log).last().unwrap(), LEFT_BEHIND);
}

#[tokio::test]
async fn a_final_event_counts_though_the_state_was_not_stored() {
    let facts = vec![RunFact::Run { state: RunState::Ended(Ending::Succeeded), reason: None }];
    let (ground, id) = left_behind(facts).await;
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
    // As if the whole process had stood still meanwhile, and its clock had been set forth and back.
    for hours in [5, -9] {
        ground.clock.advance(SignedDuration::from_hours(hours));
        ground.look_often().await;
    }
    ground.playground.cancel(&id).await.unwrap();
    assert_eq!(words(&ground.log(&id).await).last().unwrap(), "run cancelled");
}

#[tokio::test]
async fn a_log_is_kept_for_its_time_and_its_summary_for_good() {
    let ground = Ground::new().await;
    ground.ready(&Scripted::new([]));
    let id = ground.playground.submit(single("ada")).await.unwrap();
    ground.story(&id).await;
    let (_, before) = ground.playground.view_with_last_lines(&id, 0).await.unwrap().unwrap();
    ground.clock.advance(SignedDuration::from_hours(30 * 24));
    ground.playground.sweep().await.unwrap();
    assert!(!ground.log(&id).await.is_empty());
    ground.clock.advance(SignedDuration::from_secs(1));
    ground.playground.sweep().await.unwrap();
    assert_eq!(ground.log(&id).await, []);
    let (run, view) = ground.playground.view(&id).await.unwrap().unwrap();
    assert!(run.log_deleted);
    assert_eq!(view, before);
}

#[tokio::test]
async fn runs_of_visitors_own_texts_are_gone_after_a_year() {
    let ground = Ground::new().await;
    ground.ready(&Scripted::new([]));
    let mut edited = single("ada");
    edited.edited = true;
    let edited = ground.playground.submit(edited).await.unwrap();
    let demo = ground.playground.submit(single("bob")).await.unwrap();
    ground.story(&edited).await;
    ground.story(&demo).await;
    ground.clock.advance(SignedDuration::from_hours(365 * 24 + 1));
    ground.playground.sweep().await.unwrap();
    assert!(ground.playground.view(&edited).await.unwrap().is_none());
    assert!(ground.playground.view(&demo).await.unwrap().is_some());
}

#[tokio::test]
async fn what_waited_long_where_nothing_runs_any_more_is_told_so() {
    let ground = Ground::new().await;
    let id = ground.playground.submit(single("ada")).await.unwrap();
    ground.go_down().await;
    let next = ground.successor();
    next.playground.set_availability(Availability::Off { reason: "no sandbox was found".into() });
    next.playground.sweep().await.unwrap();
    assert_eq!(next.stored(&id).await.state, RunState::Queued, "another process may run it");
    ground.clock.advance(SignedDuration::from_mins(11));
    next.playground.sweep().await.unwrap();
    let last = "run infra_error (nothing can be run here: no sandbox was found)";
    assert_eq!(next.story(&id).await.last().unwrap(), last);
}
