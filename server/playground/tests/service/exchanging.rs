//! What jobs hand to each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::support::scripted::{Script, Scripted};
use crate::support::{Ground, job, of_jobs, wish};
use regatta_domain::pipeline::{
    Accepts, Condition, Exchange, Job, Need, Needs, Operator, Parameter, ParameterKind, Piece, Pipeline,
    Template,
};
use regatta_domain::run::Ending;
use regatta_playground::executor::JobSpec;
use regatta_playground::{NewRun, PlaygroundSettings};

fn after(name: &str, jobs: &[usize]) -> Job {
    Job { needs: Needs::successes(jobs, &[]), ..job(name) }
}

fn output(job: usize, name: &str) -> Template {
    Template(vec![Piece::Output { job, name: name.into() }])
}

fn with_results(job: Job, names: &[&str]) -> Job {
    let results = names.iter().map(|name| (*name).to_owned()).collect();
    Job { exchange: Exchange { results, ..Exchange::default() }, ..job }
}

fn with_metadata(job: Job) -> Job {
    Job { exchange: Exchange { metadata: true, ..Exchange::default() }, ..job }
}

fn spec_of(executor: &Scripted, job: usize) -> JobSpec {
    executor.specs().into_iter().find(|spec| spec.job == job).unwrap()
}

async fn story(pipeline: Pipeline, executor: &Arc<Scripted>) -> Vec<String> {
    let ground = Ground::new().await;
    ground.ready(executor);
    let id = ground.submit(pipeline).await;
    ground.story(&id).await
}

fn has(story: &[String], word: &str) {
    assert!(story.iter().any(|told| told == word), "{word} is not in {story:#?}");
}

/// A wish whose visitor chose `region`.
fn in_region(mut pipeline: Pipeline, region: &str) -> NewRun {
    let kind = ParameterKind::Text;
    pipeline.parameters = vec![Parameter { name: "region".into(), description: None, kind, default: None }];
    let given = BTreeMap::from([("region".to_owned(), region.to_owned())]);
    let arguments = pipeline.arguments(&given).unwrap();
    NewRun { arguments, ..wish(pipeline, "ada") }
}

#[tokio::test]
async fn parameters_and_results_reach_later_jobs_by_the_environment_alone() {
    let hostile = "a\"; rm -rf / #$(reboot)";
    let mut ship = after("ship", &[0]);
    ship.environment.insert(
        "IMAGE".into(),
        Template(vec![
            Piece::Text("registry/".into()),
            Piece::Parameter("region".into()),
            Piece::Text("@".into()),
            Piece::Output { job: 0, name: "digest".into() },
        ]),
    );
    ship.steps[0].environment.insert("ONLY".into(), output(0, "digest"));
    let jobs = vec![with_results(job("build"), &["digest"]), ship];
    let executor = Scripted::new([(0, Script::fine().hand_on("digest", hostile))]);
    let ground = Ground::new().await;
    ground.ready(&executor);
    let id = ground.playground.submit(in_region(of_jobs(jobs), "eu")).await.unwrap();
    let story = ground.story(&id).await;
    has(&story, &format!("0 handed on digest={hostile}"));
    let spec = spec_of(&executor, 1);
    assert_eq!(spec.environment["IMAGE"], format!("registry/eu@{hostile}"));
    assert_eq!(spec.steps[0].environment["ONLY"], hostile);
    assert!(spec.steps[1].environment.is_empty());
    assert_eq!(spec.steps[0].script, "true", "scripts stay as they are written");
}

#[tokio::test]
async fn what_is_shown_of_a_value_is_harmless_and_what_is_handed_on_is_exact() {
    let value = "line\n\u{202e}evil\u{1b}[31m";
    let mut next = after("next", &[0]);
    next.environment.insert("VALUE".into(), output(0, "text"));
    let executor = Scripted::new([(0, Script::fine().hand_on("text", value))]);
    let story = story(of_jobs(vec![with_results(job("first"), &["text"]), next]), &executor).await;
    has(&story, "0 handed on text=line\n<U+202E>evil␛[31m");
    assert_eq!(spec_of(&executor, 1).environment["VALUE"], value);
}

#[tokio::test]
async fn conditions_look_at_results() {
    let condition = |value: &str| Condition {
        input: output(0, "changed"),
        operator: Operator::In,
        values: vec![value.into()],
    };
    let when = |name: &str, value: &str| Job { conditions: vec![condition(value)], ..after(name, &[0]) };
    let jobs = vec![with_results(job("diff"), &["changed"]), when("docs", "docs"), when("code", "code")];
    let executor = Scripted::new([(0, Script::fine().hand_on("changed", "docs"))]);
    let story = story(of_jobs(jobs), &executor).await;
    has(&story, "1 succeeded");
    has(&story, "2 skipped (its condition does not hold: “docs” is not one of “code”)");
}

#[tokio::test]
async fn a_value_that_was_never_handed_on_fails_whoever_takes_it() {
    let mut next = after("next", &[0]);
    next.environment.insert("VALUE".into(), output(0, "digest"));
    let executor = Scripted::new([]);
    let story = story(of_jobs(vec![with_results(job("first"), &["digest"]), next]), &executor).await;
    has(&story, "1 failed (it takes digest from first, which did not hand it on)");
    has(&story, "run failed (job next: it takes digest from first, which did not hand it on)");
    assert_eq!(executor.specs().len(), 1);
}

#[tokio::test]
async fn a_value_of_a_job_that_failed_skips_who_comes_at_last() {
    let any_end = Needs { all: vec![Need { job: 0, accepts: Accepts::AnyEnd }], any: vec![] };
    let mut last = Job { needs: any_end, ..job("last") };
    last.environment.insert("VALUE".into(), output(0, "digest"));
    let executor = Scripted::new([(0, Script::failing())]);
    let story = story(of_jobs(vec![with_results(job("first"), &["digest"]), last]), &executor).await;
    has(&story, "1 skipped (it takes digest from first, which failed)");
}

#[tokio::test]
async fn a_job_that_hands_on_what_it_may_not_fails_and_says_why() {
    for (name, value, why) in [
        ("other", "x", "it handed on other, which is none of its results"),
        ("digest", &*"x".repeat(4097), "the value that it handed on as digest has more than 4 KiB"),
    ] {
        let executor = Scripted::new([(0, Script::fine().hand_on(name, value))]);
        let story = story(of_jobs(vec![with_results(job("build"), &["digest"])]), &executor).await;
        has(&story, &format!("0 failed ({why})"));
        assert!(!story.iter().any(|word| word.contains("handed on other=")), "{story:?}");
    }
}

#[tokio::test]
async fn metadata_is_merged_in_the_order_of_needs_with_what_the_visitor_chose() {
    let jobs = vec![
        with_metadata(job("linux")),
        with_metadata(job("mac")),
        with_metadata(after("join", &[1, 0])),
        with_metadata(after("after", &[2])),
    ];
    let executor = Scripted::new([
        (0, Script::fine().hand_on("build", r#"{"os":"linux","parts":{"a":1}}"#)),
        (1, Script::fine().hand_on("build", r#"{"os":"mac","parts":{"b":2}}"#).hand_on("parameters", "{}")),
    ]);
    let ground = Ground::new().await;
    ground.ready(&executor);
    let id = ground.playground.submit(in_region(of_jobs(jobs), "eu")).await.unwrap();
    let story = ground.story(&id).await;
    has(&story, "run succeeded");
    let parameters = r#"{"region":{"value":"eu"}}"#;
    assert_eq!(
        spec_of(&executor, 0).metadata.unwrap(),
        BTreeMap::from([("parameters".to_owned(), parameters.to_owned())])
    );
    let joined = spec_of(&executor, 2).metadata.unwrap();
    assert_eq!(joined["build"], r#"{"os":"linux","parts":{"a":1,"b":2}}"#);
    assert_eq!(joined["parameters"], parameters, "what the visitor chose cannot be forged");
    assert_eq!(spec_of(&executor, 3).metadata.unwrap(), joined, "a job that sets nothing carries it on");
}

#[tokio::test]
async fn jobs_without_metadata_have_none() {
    let executor = Scripted::new([]);
    story(of_jobs(vec![job("build")]), &executor).await;
    assert_eq!(spec_of(&executor, 0).metadata, None);
}

fn workspaces() -> Pipeline {
    let gives =
        |name: &str| Job { exchange: Exchange { gives_workspace: true, ..Exchange::default() }, ..job(name) };
    let takes = Exchange { takes_workspace_of: vec![1, 0], ..Exchange::default() };
    of_jobs(vec![gives("a"), gives("b"), Job { exchange: takes, ..after("c", &[0, 1]) }])
}

#[tokio::test]
async fn workspaces_are_unpacked_in_the_order_in_which_they_are_taken() {
    let executor = Scripted::new([(0, Script::fine().pack(b"from a")), (1, Script::fine().pack(b"from b"))]);
    let story = story(workspaces(), &executor).await;
    has(&story, "run succeeded");
    let spec = spec_of(&executor, 2);
    let unpacked: Vec<&[u8]> = spec.unpack.iter().map(|packed| &**packed).collect();
    assert_eq!(unpacked, [b"from b", b"from a"]);
    assert!(spec_of(&executor, 0).pack && !spec.pack);
}

#[tokio::test]
async fn workspaces_beyond_what_a_run_keeps_fail_the_job() {
    let ground =
        Ground::with(PlaygroundSettings { workspace_bytes: 8, jobs_per_run: 1, ..Default::default() }).await;
    let executor = Scripted::new([(0, Script::fine().pack(b"from a")), (1, Script::fine().pack(b"from b"))]);
    ground.ready(&executor);
    let id = ground.submit(workspaces()).await;
    let story = ground.story(&id).await;
    has(
        &story,
        "1 failed (the workspaces that this run keeps for later jobs have more than 8 bytes together)",
    );
    has(&story, "2 skipped (it needs b, which failed)");
}

#[tokio::test]
async fn a_job_that_should_have_handed_on_its_workspace_and_did_not_failed() {
    let executor = Scripted::new([(0, Script::fine().pack(b"from a"))]);
    let story = story(workspaces(), &executor).await;
    has(&story, "1 failed (its workspace was not handed on)");
}

#[tokio::test]
async fn a_job_that_failed_hands_on_no_workspace() {
    let mut pipeline = workspaces();
    pipeline.jobs[0].tolerated = true;
    let failing = Script::ending(Ending::Failed).steps(&[(0, 1)]).pack(b"half done");
    let executor = Scripted::new([(0, failing), (1, Script::fine().pack(b"from b"))]);
    let story = story(pipeline, &executor).await;
    has(&story, "run succeeded");
    assert_eq!(spec_of(&executor, 2).unpack.len(), 1);
}

#[tokio::test]
async fn variables_are_bounded() {
    let piece = Piece::Parameter("region".into());
    let mut build = job("build");
    build.environment.insert("LONG".into(), Template(vec![piece; 20]));
    let executor = Scripted::new([]);
    let ground = Ground::new().await;
    ground.ready(&executor);
    let id = ground.playground.submit(in_region(of_jobs(vec![build]), &"x".repeat(4096))).await.unwrap();
    has(&ground.story(&id).await, "0 failed (one of its values would have more than 64 KiB)");
    assert!(executor.specs().is_empty());
}
