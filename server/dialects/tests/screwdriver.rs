//! Every rule of the Screwdriver dialect, told by example: one text, and what is made of it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use proptest::prelude::*;
use regatta_dialects::{MAX_EXPANDED_BYTES, MAX_JOBS, MAX_STEPS, screwdriver};
use regatta_domain::pipeline::MAX_SOURCE_BYTES;
use regatta_domain::pipeline::{Diagnostic, Needs, Pipeline};

#[test]
fn examples() {
    insta::glob!("cases/*.yaml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let reading = screwdriver::read(&text);
        let bad = path.file_name().unwrap().to_string_lossy().starts_with("bad-");
        assert_eq!(reading.is_err(), bad, "{}: {reading:?}", path.display());
        insta::with_settings!({ description => text, omit_expression => true }, {
            insta::assert_snapshot!(told(&reading));
        });
    });
}

fn told(reading: &Result<Pipeline, Vec<Diagnostic>>) -> String {
    let mut told = String::new();
    match reading {
        Ok(pipeline) => {
            for job in &pipeline.jobs {
                let Needs { all, any } = &job.needs;
                writeln!(told, "job {} on {} after all {all:?} any {any:?}", job.name, job.image).unwrap();
                for (name, value) in &job.environment {
                    writeln!(told, "  {name}={value}").unwrap();
                }
                for step in &job.steps {
                    let always = if step.always { " (always)" } else { "" };
                    writeln!(told, "  step {}{always}: {:?}", step.name, step.script).unwrap();
                }
            }
            for note in &pipeline.notes {
                writeln!(told, "note, line {}: {}", note.line.unwrap_or(0), note.text).unwrap();
            }
        }
        Err(diagnostics) => {
            for diagnostic in diagnostics {
                writeln!(told, "{diagnostic}").unwrap();
                if let Some(hint) = &diagnostic.hint {
                    writeln!(told, "  hint: {hint}").unwrap();
                }
            }
        }
    }
    told
}

fn first_message(text: &str) -> String {
    screwdriver::read(text).expect_err("must be refused")[0].message.clone()
}

/// `head`, then `unit` as often as fits into the largest text, then `tail`.
fn filled(head: &str, unit: &str, tail: &str) -> String {
    let times = (MAX_SOURCE_BYTES - head.len() - tail.len()) / unit.len();
    format!("{head}{}{tail}", unit.repeat(times))
}

#[test]
fn a_text_may_be_as_long_as_the_limit_and_no_longer() {
    let head = "jobs: {a: {image: x, steps: [s: echo]}}\n#";
    assert!(screwdriver::read(&filled(head, "x", "")).is_ok());
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
    assert_eq!(screwdriver::read(&jobs(MAX_JOBS)).unwrap().jobs.len(), MAX_JOBS);
    assert_eq!(first_message(&jobs(MAX_JOBS + 1)), "more than 20 jobs: there are 21");
    assert_eq!(screwdriver::read(&steps(MAX_STEPS)).unwrap().jobs[0].steps.len(), MAX_STEPS);
    assert_eq!(first_message(&steps(MAX_STEPS + 1)), "more than 30 steps: there are 31");
}

#[test]
fn what_would_blow_up_is_refused() {
    let nested_aliases = {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let before = format!("*a{}, ", level - 1).repeat(9);
            writeln!(text, "a{level}: &a{level} [{before}]").unwrap();
        }
        text
    };
    let deep_aliases = {
        let mut text = "a0: &a0 [[[[[[[[[[x]]]]]]]]]]\n".to_owned();
        for level in 1..60 {
            writeln!(text, "a{level}: &a{level} [[[[[[[[[[*a{}]]]]]]]]]]", level - 1).unwrap();
        }
        text
    };
    let bombs = [
        nested_aliases,
        deep_aliases,
        filled("jobs: ", "[", ""),
        filled("jobs: ", "{a: ", ""),
        filled("", "- ", ""),
        filled("", "? ", ""),
        filled("a: &a x\nb: [", "*a,", "]"),
        filled("a: &a {b: c}\n", "? <<: *a\n", ""),
        filled("", "&a ", ""),
        filled("", "a: \n", ""),
        filled("", "---\n", ""),
        filled("", "[a,", ""),
        filled("", "!!x ", ""),
    ];
    for bomb in bombs {
        assert!(screwdriver::read(&bomb).is_err(), "{}", &bomb[..80]);
    }
}

#[test]
fn shared_parts_count_each_time_they_are_used() {
    let script = "x".repeat(MAX_EXPANDED_BYTES / 10);
    let mut text = format!("shared:\n  image: x\n  steps:\n    - s: echo {script}\njobs:\n");
    for job in 0..5 {
        writeln!(text, "  job-{job}: {{}}").unwrap();
    }
    assert!(screwdriver::read(&text).is_ok());
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

/// Lines that are likely to be taken for a pipeline, in any order.
fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("jobs:".to_owned()),
        Just("shared:".to_owned()),
        Just("  main: &m".to_owned()),
        Just("    image: host-tools".to_owned()),
        Just("    steps:".to_owned()),
        Just("      - a: |".to_owned()),
        Just("        echo".to_owned()),
        Just("    requires: [~main, other]".to_owned()),
        Just("  other: *m".to_owned()),
        Just("    <<: *m".to_owned()),
        "[ a-z:{}\\[\\]*&|>~'\"#!-]{0,12}",
    ];
    prop::collection::vec(line, 0..24).prop_map(|lines| lines.join("\n"))
}

/// What every reader of a pipeline may rely on.
fn holds_together(reading: &Result<Pipeline, Vec<Diagnostic>>) {
    match reading {
        Ok(pipeline) => {
            assert!(!pipeline.jobs.is_empty());
            for (at, job) in pipeline.jobs.iter().enumerate() {
                assert!(!job.steps.is_empty() && !job.image.is_empty());
                assert!(job.needs.jobs().all(|need| need < at));
            }
        }
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty());
            assert!(diagnostics.iter().all(|d| d.line >= 1 && d.column >= 1 && !d.message.is_empty()));
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,400}") {
        holds_together(&screwdriver::read(&text));
    }

    #[test]
    fn any_bytes_that_are_text_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        holds_together(&screwdriver::read(&String::from_utf8_lossy(&bytes)));
    }

    #[test]
    fn anything_like_a_pipeline_is_read_or_refused(text in lines()) {
        holds_together(&screwdriver::read(&text));
    }
}
