//! Every rule of the Screwdriver dialect, told by example: one text, and what is made of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;

use regatta_dialects::{MAX_EXPANDED_BYTES, MAX_JOBS, MAX_STEPS, screwdriver};
use regatta_domain::pipeline::{Dialect, Pipeline, Problem, Template};

use support::hostile::{self, filled};
use support::told::told;

#[test]
fn examples() {
    insta::glob!("cases/*.yaml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let reading = screwdriver::read(&text);
        support::holds_together(&text, &reading);
        let bad = path.file_name().unwrap().to_string_lossy().starts_with("bad-");
        assert_eq!(!reading.is_runnable(), bad, "{}: {reading:?}", path.display());
        insta::with_settings!({ description => text, omit_expression => true }, {
            insta::assert_snapshot!(told(&reading));
        });
    });
}

fn runnable(text: &str) -> Pipeline {
    screwdriver::read(text).runnable().unwrap()
}

fn first_message(text: &str) -> String {
    screwdriver::read(text).runnable().unwrap_err()[0].message.clone()
}

#[test]
fn a_text_may_be_as_long_as_the_limit_and_no_longer() {
    let head = "jobs: {a: {image: x, steps: [s: echo]}}\n#";
    assert!(screwdriver::read(&filled(head, "x", "")).is_runnable());
    assert_eq!(first_message(&(filled(head, "x", "") + "x")), "this pipeline is longer than 64 KiB");
}

#[test]
fn jobs_and_steps_are_counted() {
    let jobs = |count| {
        let mut text = "shared: {image: x, steps: [s: echo]}\njobs:\n".to_owned();
        for job in 0..count {
            writeln!(text, "  job-{job}: {{}}").unwrap();
        }
        text
    };
    let steps =
        |count| "jobs:\n  a:\n    image: x\n    steps:\n".to_owned() + &"      - echo\n".repeat(count);
    assert_eq!(runnable(&jobs(MAX_JOBS)).jobs.len(), MAX_JOBS);
    assert_eq!(first_message(&jobs(MAX_JOBS + 1)), "more than 20 jobs: there are 21");
    assert_eq!(runnable(&steps(MAX_STEPS)).jobs[0].steps.len(), MAX_STEPS);
    assert_eq!(first_message(&steps(MAX_STEPS + 1)), "more than 30 steps: there are 31");
}

#[test]
fn what_cannot_run_is_drawn_as_far_as_it_is_understood() {
    let text =
        "jobs:\n  a: {image: x, steps: [s: echo], secrets: [TOKEN]}\n  b: {image: x, requires: [a, c]}\n";
    let reading = screwdriver::read(text);
    let problems: Vec<Problem> = reading.diagnostics.iter().map(|diagnostic| diagnostic.problem).collect();
    assert_eq!(problems, [Problem::Refused, Problem::Mistake, Problem::Mistake]);
    let plan = reading.plan();
    let drawn: Vec<_> = plan.jobs.iter().map(|job| (job.name.as_str(), job.needs.jobs().collect())).collect();
    assert_eq!(drawn, [("a", vec![]), ("b", vec![0])]);
}

#[test]
fn every_job_has_the_variables_of_a_build_that_mean_something_here() {
    let job = &runnable("jobs: {main: {image: x, steps: [s: echo]}}").jobs[0];
    let text = |name: &str| job.environment.get(name).cloned();
    for name in ["CI", "CONTINUOUS_INTEGRATION", "SCREWDRIVER"] {
        assert_eq!(text(name), Some(Template::text("true")), "{name}");
    }
    assert_eq!(text("SD_JOB_NAME"), Some(Template::text("main")));
    assert!(job.exchange.metadata, "every job has `meta`");
}

#[test]
fn what_would_blow_up_is_refused() {
    for (name, bomb) in hostile::bombs() {
        let reading = screwdriver::read(&bomb);
        support::holds_together(&bomb, &reading);
        assert!(!reading.is_runnable(), "{name}");
    }
}

#[test]
fn too_much_of_anything_is_read_within_bounds() {
    for (_, text) in hostile::of(Dialect::Screwdriver) {
        support::holds_together(&text, &screwdriver::read(&text));
    }
}

#[test]
fn shared_parts_count_each_time_they_are_used() {
    let script = "x".repeat(MAX_EXPANDED_BYTES / 10);
    let mut text = format!("shared:\n  image: x\n  steps:\n    - s: echo {script}\njobs:\n");
    for job in 0..5 {
        writeln!(text, "  job-{job}: {{}}").unwrap();
    }
    assert!(screwdriver::read(&text).is_runnable());
    for job in 5..12 {
        writeln!(text, "  job-{job}: {{}}").unwrap();
    }
    assert_eq!(
        first_message(&text),
        "with its shared parts written out, this pipeline is longer than 256 KiB"
    );
}

#[test]
fn messages_stay_short_whatever_is_written() {
    let text = format!("{}: 1\njobs: {{a: {{image: x, steps: [s: echo]}}}}", "k".repeat(900));
    assert!(first_message(&text).len() < 120);
}
