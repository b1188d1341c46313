//! Which jobs of a run have their turn: conditions, tolerated failures, what comes at last.

use crate::support::scripted::{Script, Scripted};
use crate::support::{Ground, job, of_jobs};
use regatta_domain::pipeline::{Accepts, Condition, Job, Need, Needs, Operator, Piece, Pipeline, Template};

/// A job that needs these ends of others.
fn after(name: &str, needs: &[(usize, Accepts)]) -> Job {
    let all = needs.iter().map(|(job, accepts)| Need { job: *job, accepts: *accepts }).collect();
    Job { needs: Needs { all, any: vec![] }, ..job(name) }
}

/// A job that is left out.
fn left_out(name: &str) -> Job {
    Job { conditions: vec![is("main", "release")], ..job(name) }
}

fn is(input: impl Into<Template>, value: &str) -> Condition {
    Condition { input: input.into(), operator: Operator::In, values: vec![value.into()] }
}

async fn story(pipeline: Pipeline, executor: &std::sync::Arc<Scripted>) -> Vec<String> {
    let ground = Ground::new().await;
    ground.ready(executor);
    let id = ground.submit(pipeline).await;
    ground.story(&id).await
}

fn has(story: &[String], word: &str) {
    assert!(story.iter().any(|told| told == word), "{word} is not in {story:#?}");
}

#[tokio::test]
async fn a_job_whose_condition_does_not_hold_is_left_out_and_says_why() {
    let jobs = vec![
        left_out("ship"),
        after("announce", &[(0, Accepts::Success)]),
        after("tidy", &[(0, Accepts::SuccessOrLeftOut)]),
    ];
    let executor = Scripted::new([]);
    let story = story(of_jobs(jobs), &executor).await;
    has(&story, "0 skipped (its condition does not hold: “main” is not one of “release”)");
    has(&story, "1 skipped (it needs ship, which was left out)");
    has(&story, "2 succeeded");
    has(&story, "run succeeded");
    assert_eq!(executor.specs().len(), 1);
}

#[tokio::test]
async fn what_comes_at_last_comes_after_a_failure_too_and_knows_of_it() {
    let status = Template(vec![Piece::Status { job: 0 }]);
    let mut cleanup = after("cleanup", &[(0, Accepts::AnyEnd), (1, Accepts::AnyEnd)]);
    cleanup.environment.insert("STATUS".into(), status.clone());
    cleanup.environment.insert("ALL".into(), Template(vec![Piece::Statuses { jobs: vec![0, 1] }]));
    let mut only_on_success = after("report", &[(0, Accepts::AnyEnd)]);
    only_on_success.conditions.push(is(status, "Succeeded"));
    let jobs = vec![job("build"), after("test", &[(0, Accepts::Success)]), cleanup, only_on_success];
    let executor = Scripted::new([(0, Script::failing())]);
    let story = story(of_jobs(jobs), &executor).await;
    has(&story, "1 skipped (it needs build, which failed)");
    has(&story, "2 succeeded");
    has(&story, "3 skipped (its condition does not hold: “Failed” is not one of “Succeeded”)");
    has(&story, "run failed (job build: step one ended with exit code 2)");
    let cleanup = executor.specs().into_iter().find(|spec| spec.job == 2).unwrap();
    assert_eq!(
        (cleanup.environment["STATUS"].as_str(), cleanup.environment["ALL"].as_str()),
        ("Failed", "Failed")
    );
}

#[tokio::test]
async fn nothing_comes_at_last_after_a_cancellation() {
    let ground = Ground::new().await;
    let executor = Scripted::new([(0, Script::endless())]);
    ground.ready(&executor);
    let id = ground.submit(of_jobs(vec![job("build"), after("cleanup", &[(0, Accepts::AnyEnd)])])).await;
    executor.has_started(1).await;
    ground.playground.cancel(&id).await.unwrap();
    let story = ground.story(&id).await;
    has(&story, "1 skipped (the run was cancelled)");
    has(&story, "run cancelled");
    assert_eq!(executor.specs().len(), 1);
}

#[tokio::test]
async fn a_tolerated_failure_fails_neither_the_run_nor_what_needs_it() {
    let lint = Job { tolerated: true, ..job("lint") };
    let jobs = vec![lint, after("ship", &[(0, Accepts::Success)])];
    let story = story(of_jobs(jobs), &Scripted::new([(0, Script::failing())])).await;
    has(&story, "0 failed (step one ended with exit code 2)");
    has(&story, "1 succeeded");
    has(&story, "run succeeded");
}

#[tokio::test]
async fn one_of_several_is_enough_where_the_pipeline_says_so() {
    let either = Job { needs: Needs::successes(&[], &[0, 1]), ..job("ship") };
    let jobs = vec![job("linux"), job("mac"), either];
    let story = story(of_jobs(jobs), &Scripted::new([(0, Script::failing())])).await;
    has(&story, "2 succeeded");
    assert!(story.last().unwrap().starts_with("run failed (job linux"), "{story:?}");
}

#[tokio::test]
async fn jobs_that_wait_for_each_other_end_the_run() {
    let round = vec![after("hen", &[(1, Accepts::Success)]), after("egg", &[(0, Accepts::Success)])];
    let executor = Scripted::new([]);
    let story = story(of_jobs(round), &executor).await;
    has(&story, "run infra_error (some of its jobs wait for each other)");
    assert!(executor.specs().is_empty());
}
