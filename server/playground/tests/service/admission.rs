//! Who may run, who waits, and how a run is called off.

use std::sync::Arc;
use std::time::Duration;

use crate::support::scripted::{Act, Script, Scripted};
use crate::support::{Ground, assert_whole, pipeline, single, wish, words};
use jiff::SignedDuration;
use regatta_domain::ids::RunId;
use regatta_domain::run::{Ending, RunState};
use regatta_playground::{Availability, Cancellation, PlaygroundSettings, SubmitError};

async fn refusal(ground: &Ground, visitor: &str) -> SubmitError {
    ground.playground.submit(single(visitor)).await.unwrap_err()
}

#[tokio::test]
async fn an_image_that_is_not_to_be_had_is_refused_before_anything_is_stored() {
    let ground = Ground::new().await;
    ground.ready(&Scripted::new([]));
    let mut asked = pipeline(&[("build", &[], &[]), ("test", &[0], &[])]);
    asked.jobs[1].image = "node".into();
    let error = ground.playground.submit(wish(asked, "ada")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the job test asks for the image node, which is not to be had here. There is shell."
    );
    assert_eq!(error.retry_after(), None);
    assert_eq!(ground.playground.load().await.unwrap().waiting, 0);
}

#[tokio::test]
async fn where_nothing_runs_a_run_is_refused_with_the_reason() {
    let ground = Ground::new().await;
    ground.playground.set_availability(Availability::Off { reason: "no sandbox was found".into() });
    assert_eq!(refusal(&ground, "ada").await.to_string(), "nothing can be run here: no sandbox was found");
    assert_eq!(ground.playground.load().await.unwrap().waiting, 0);
}

#[tokio::test]
async fn an_endless_text_is_refused() {
    let ground = Ground::new().await;
    let mut long = single("ada");
    long.source = "x".repeat(regatta_domain::pipeline::MAX_SOURCE_BYTES + 1);
    assert!(matches!(ground.playground.submit(long).await, Err(SubmitError::SourceTooLong)));
}

#[tokio::test]
async fn a_visitor_has_so_many_runs_at_once() {
    let ground = Ground::with(PlaygroundSettings { unended_per_visitor: 2, ..Default::default() }).await;
    let first = ground.playground.submit(single("ada")).await.unwrap();
    ground.playground.submit(single("ada")).await.unwrap();
    let error = refusal(&ground, "ada").await;
    assert!(matches!(error, SubmitError::TooManyUnended { limit: 2, .. }), "{error}");
    assert!(error.to_string().starts_with("2 of your runs are waiting"), "{error}");
    assert!(error.retry_after().is_some());
    ground.playground.submit(single("bob")).await.unwrap();
    ground.playground.cancel(&first).await.unwrap();
    ground.playground.submit(single("ada")).await.unwrap();
}

#[tokio::test]
async fn requests_at_the_same_moment_do_not_share_the_last_place() {
    let ground = Ground::with(PlaygroundSettings { unended_per_visitor: 1, ..Default::default() }).await;
    let asked = (0..8).map(|_| ground.playground.submit(single("ada")));
    let answers = futures_util::future::join_all(asked).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_visitor_has_so_many_runs_an_hour() {
    let ground = Ground::with(PlaygroundSettings { hourly_per_visitor: 1, ..Default::default() }).await;
    let id = ground.playground.submit(single("ada")).await.unwrap();
    ground.playground.cancel(&id).await.unwrap();
    ground.clock.advance(SignedDuration::from_mins(20));
    let error = refusal(&ground, "ada").await;
    assert_eq!(error.retry_after(), Some(Duration::from_mins(40)), "until the first one counts no longer");
    assert!(matches!(error, SubmitError::HourlyQuota { limit: 1, .. }), "{error}");
    assert!(error.to_string().starts_with("you have started one run within an hour"), "{error}");
    ground.clock.advance(SignedDuration::from_mins(41));
    ground.playground.submit(single("ada")).await.unwrap();
}

#[tokio::test]
async fn a_full_queue_takes_nobody() {
    let ground = Ground::with(PlaygroundSettings { max_queued: 1, ..Default::default() }).await;
    ground.playground.submit(single("ada")).await.unwrap();
    let error = refusal(&ground, "bob").await;
    assert!(matches!(error, SubmitError::QueueFull { .. }), "{error}");
    assert!(error.retry_after().is_some());
}

#[tokio::test]
async fn what_waits_is_ended_with_the_reason_where_the_probe_fails() {
    let ground = Ground::new().await;
    let id = ground.playground.submit(single("ada")).await.unwrap();
    ground.playground.set_availability(Availability::Off { reason: "no sandbox was found".into() });
    let log = ground.log(&id).await;
    assert_whole(&log);
    assert_eq!(ground.ended(&id).await.state, RunState::Ended(Ending::InfraError));
    let last = "run infra_error (nothing can be run here: no sandbox was found)";
    assert_eq!(words(&log).last().unwrap(), last);
}

#[tokio::test]
async fn an_image_that_the_probe_did_not_find_ends_what_waited_for_it() {
    let ground = Ground::new().await;
    let mut asked = single("ada");
    asked.pipeline.jobs[0].image = "node".into();
    let id = ground.playground.submit(asked).await.unwrap();
    let executor = Scripted::new([]);
    ground.ready(&executor);
    let last = "run infra_error (job build: the image node is not to be had. There is shell.)";
    assert_eq!(words(&ground.log(&id).await).last().unwrap(), last);
    assert!(executor.specs().is_empty());
}

#[tokio::test]
async fn a_waiting_run_is_cancelled_at_once() {
    let ground = Ground::new().await;
    let id = ground.playground.submit(single("ada")).await.unwrap();
    assert_eq!(ground.playground.cancel(&id).await.unwrap(), Cancellation::Over);
    assert_eq!(ground.stored(&id).await.state, RunState::Ended(Ending::Cancelled));
    let log = ground.log(&id).await;
    assert_whole(&log);
    assert_eq!(words(&log), ["0 skipped (the run was cancelled)", "run cancelled"]);
    assert_eq!(ground.playground.cancel(&id).await.unwrap(), Cancellation::TooLate);
    assert_eq!(ground.position(&id).await, None);
}

#[tokio::test]
async fn a_run_under_way_is_stopped_and_what_follows_never_starts() {
    let ground = Ground::new().await;
    let executor = Scripted::new([(0, Script::endless())]);
    ground.ready(&executor);
    let chain = pipeline(&[("build", &[], &[]), ("test", &[0], &[]), ("tidy", &[], &[0])]);
    let id = ground.playground.submit(wish(chain, "ada")).await.unwrap();
    executor.has_started(1).await;
    assert_eq!(ground.playground.cancel(&id).await.unwrap(), Cancellation::Stopping);
    let log = ground.log(&id).await;
    assert_whole(&log);
    let words = words(&log);
    assert!(words.contains(&"0 cancelled (the run was cancelled)".to_owned()), "{words:?}");
    assert_eq!(words.iter().filter(|word| word.contains("skipped")).count(), 2);
    assert_eq!(words.last().unwrap(), "run cancelled");
    assert_eq!(executor.specs().len(), 1);
    ground.go_down().await;
    assert_eq!(ground.stored(&id).await.state, RunState::Ended(Ending::Cancelled));
}

#[tokio::test]
async fn cancelling_does_not_undo_what_was_complete() {
    let ground = Ground::new().await;
    let executor = Scripted::new([(0, Script::fine().act(Act::UntilCancelled))]);
    ground.ready(&executor);
    let id = ground.playground.submit(single("ada")).await.unwrap();
    executor.has_started(1).await;
    ground.playground.cancel(&id).await.unwrap();
    assert_eq!(words(&ground.log(&id).await).last().unwrap(), "run succeeded");
}

#[tokio::test]
async fn an_unknown_run_cannot_be_cancelled_viewed_or_watched() {
    let ground = Ground::new().await;
    let id = RunId::random(&*Arc::clone(&ground.entropy));
    assert_eq!(ground.playground.cancel(&id).await.unwrap(), Cancellation::Unknown);
    assert_eq!(ground.playground.view(&id).await.unwrap(), None);
    assert_eq!(ground.log(&id).await, []);
}
