//! Jobs that outlive their portal, and logs that are cut.

use std::time::Duration;

use regatta_domain::run::Ending;
use regatta_playground::executor::JobEvent;
use regatta_trial_cluster::Fault;

use crate::support::{connect, job, play, printed, stage, take_up, until_clean};

/// Prints twenty numbers in two seconds.
const COUNT: &str =
    "for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo $n; sleep 0.1; done";

fn counted() -> String {
    (1..=20).flat_map(|number| [number.to_string(), "\n".to_owned()]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_was_left_is_taken_up_and_heard_from_the_first() {
    let stage = stage().await;
    let mut first = play(&stage.pods, job(1, COUNT));
    first.until(|event| matches!(event, JobEvent::Output { .. })).await;
    first.abandon().await;
    drop(stage.pods);
    for left in [true, false] {
        let pods = connect(&stage.trial).await;
        let job = job(1, COUNT);
        let again = if left { take_up(&pods, job) } else { play(&pods, job) };
        let (outcome, events) = again.over().await;
        assert_eq!(outcome.ending, Ending::Succeeded, "{outcome:?}");
        assert_eq!(printed(&events), counted());
    }
    assert_eq!(stage.trial.calls().of("create", "pods"), 1);
    until_clean(&stage.trial).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_up_a_job_whose_time_was_over_hears_the_same() {
    let stage = stage().await;
    let heir = connect(&stage.trial).await;
    let mut job = job(1, "echo under way; sleep 15");
    job.limits.time = Duration::from_secs(3);
    // Whoever ended it goes down, with all that it still had to do, before that is stored.
    let one = || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let job = job.clone();
        runtime.block_on(async { play(&connect(&stage.trial).await, job).over().await.0 })
    };
    let gone = || std::thread::scope(|scope| scope.spawn(one).join().unwrap());
    let first = tokio::task::block_in_place(gone);
    let (again, events) = take_up(&heir, job.clone()).over().await;
    assert_eq!((first.ending, again.ending), (Ending::TimedOut, Ending::TimedOut), "{again:?}");
    assert_eq!(printed(&events), "under way\n");
    until_clean(&stage.trial).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_is_not_there_is_not_made_to_be_taken_up() {
    let stage = stage().await;
    let (outcome, _) = take_up(&stage.pods, job(1, COUNT)).over().await;
    assert_eq!(outcome.ending, Ending::Vanished);
    assert!(stage.trial.pods().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_connections_each_line_comes_once() {
    for fault in [
        Fault::LogCut { after_bytes: 700, orderly: false, times: 3 },
        Fault::LogCut { after_bytes: 701, orderly: true, times: 3 },
        Fault::LogLate { millis: 1500 },
        Fault::WatchGone { times: 2 },
        Fault::WatchDropped { times: 2 },
        Fault::Refuse {
            verb: "get".into(),
            resource: "pods/log".into(),
            code: 500,
            retry_after: None,
            times: 3,
        },
        Fault::Refuse {
            verb: "create".into(),
            resource: "pods".into(),
            code: 429,
            retry_after: Some(1),
            times: 2,
        },
        Fault::Refuse {
            verb: "create".into(),
            resource: "pods".into(),
            code: 500,
            retry_after: None,
            times: 2,
        },
        Fault::Refuse {
            verb: "create".into(),
            resource: "pods".into(),
            code: 409,
            retry_after: None,
            times: 1,
        },
    ] {
        let stage = stage().await;
        stage.trial.inject(fault.clone());
        let (outcome, events) = play(&stage.pods, job(1, COUNT)).over().await;
        assert_eq!(outcome.ending, Ending::Succeeded, "{fault:?}: {outcome:?}");
        assert_eq!(printed(&events), counted(), "{fault:?}");
        until_clean(&stage.trial).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_is_away_is_waited_for() {
    let stage = stage().await;
    let mut play = play(&stage.pods, job(1, COUNT));
    play.until(|event| matches!(event, JobEvent::StepStarted { .. })).await;
    // Longer than the job takes and than visitors are left without a word.
    stage.trial.inject(Fault::Away { millis: 8000 });
    let (outcome, events) = play.over().await;
    assert_eq!(outcome.ending, Ending::Succeeded, "{outcome:?}");
    assert!(printed(&events).ends_with("19\n20\n"));
    assert!(events.iter().any(|event| matches!(event, JobEvent::Waiting { .. })));
    until_clean(&stage.trial).await;
}
