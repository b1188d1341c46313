//! How steps run, one after the other.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Command;

use regatta_runner::{Body, SpecStep, Stop};

use crate::stage::{self, Stage, always, end, printed, program, run, step};

#[test]
fn steps_run_in_order_and_share_what_they_export() {
    let report = run(vec![
        step("first", "mkdir below; cd below; export SAID=\"$GIVEN\""),
        step("second", "echo \"$SAID ${PWD##*/}\""),
    ]);
    assert_eq!(report.printed(), "yes below\n");
    assert_eq!(report.exits(), [(0, 0), (1, 0)]);
    assert_eq!(report.end().stopped, None);
}

#[test]
fn a_teardown_runs_after_a_failure() {
    let report = run(vec![
        step("fails", "kill -9 $$"),
        step("skipped", "echo no"),
        always(step("teardown", "echo \"down $GIVEN\"")),
    ]);
    assert_eq!(report.printed(), "down yes\n");
    assert_eq!(report.exits(), [(0, 137), (2, 0)]);
}

#[test]
fn a_tolerated_failure_is_told_and_changes_nothing() {
    let fails = SpecStep { tolerated: true, ..step("fails", "exit 3") };
    let report = run(vec![fails, step("next", "echo on")]);
    assert_eq!(report.printed(), "on\n");
    assert_eq!(report.exits(), [(0, 3), (1, 0)]);
}

#[test]
fn a_program_starts_anew_with_the_jobs_variables_and_its_own() {
    let with_own = |step: SpecStep| SpecStep {
        environment: BTreeMap::from([("OWN".into(), "$(echo it's \"mine\")".into())]),
        ..step
    };
    let report = run(vec![
        with_own(program("first", "cd /; export LEFT=x; echo \"$GIVEN $OWN\"")),
        program("second", "echo \"${LEFT-none} ${OWN-none} ${PWD##*/}\""),
        program("third", "#!/usr/bin/env -S awk -f\nBEGIN { print \"awk \" ENVIRON[\"GIVEN\"] }"),
        program("fourth", "false; echo not reached"),
    ]);
    assert_eq!(report.printed(), "yes $(echo it's \"mine\")\nnone none work\nawk yes\n");
    assert_eq!(report.exits(), [(0, 0), (1, 0), (2, 0), (3, 1)]);
}

#[test]
fn variables_of_a_sourced_step_are_gone_after_it() {
    let own = BTreeMap::from([("OWN".into(), "a 'b' $c".into()), ("GIVEN".into(), "mine".into())]);
    let report = run(vec![
        step("before", "export KEPT=1"),
        SpecStep { environment: own, ..step("has them", "echo \"$OWN $GIVEN\"; export MORE=2") },
        step("has not", "echo \"${OWN-none} $GIVEN $KEPT $MORE\"; env | grep -c regatta_ || :"),
    ]);
    assert_eq!(report.printed(), "a 'b' $c mine\nnone yes 1 2\n0\n");
}

#[test]
fn steps_start_where_they_are_told() {
    let stage = |directory: &str, step: SpecStep| SpecStep { directory: Some(directory.into()), ..step };
    let report = run(vec![
        step("before", "mkdir seen; cd seen"),
        stage("new/deep", program("below", "echo \"${PWD#\"$WORKSPACE\"}\"")),
        stage("/", program("absolute", "pwd")),
        stage("new", step("sourced", "echo \"${PWD##*/}\"; pwd -P | sed 's,.*/,,'")),
        step("stays", "echo \"${PWD##*/}\""),
        stage("/proc/none", program("nowhere", "echo no")),
    ]);
    let (places, refusal) =
        report.printed().rsplit_once("the step").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!(places, "/new/deep\n/\nnew\nnew\nnew\n");
    assert!(refusal.contains("cannot be started"), "{refusal}");
    assert_eq!(report.exits().last(), Some(&(5, 126)));
}

#[test]
fn a_step_out_of_time_is_killed_with_all_it_started_and_torn_down() {
    let mut stage = Stage::new(vec![
        SpecStep { timeout_ms: Some(300), ..step("slow", "trap '' TERM; sleep 600 & echo $!; sleep 600") },
        step("skipped", "echo no"),
        always(step("teardown", "echo down")),
    ]);
    let report = stage.run();
    assert_eq!(report.exits(), [(0, 124), (2, 0)]);
    let results = &report.end().results;
    assert!(results[0].timed_out && (300..30_000).contains(&results[0].took_ms), "{results:?}");
    assert!(!results[1].timed_out);
    let (started, rest) =
        report.printed().split_once('\n').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!(rest, "down\n");
    assert!(fs::metadata(format!("/proc/{started}")).is_err());
}

#[test]
fn what_a_step_used_is_told_even_of_those_it_did_not_wait_for() {
    let busy = "( ( i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done ) & )";
    let report = run(vec![step("idle", ":"), step("busy", &format!("{busy}; {busy}; sleep 1"))]);
    let results = &report.end().results;
    assert!(results[1].cpu_ms > results[0].cpu_ms + 20, "{results:?}");
    assert!(results.iter().all(|result| result.peak_bytes > 64 << 10), "{results:?}");
    let told = report.frames.iter().filter_map(|frame| match &frame.body {
        Body::StepEnd(result) => Some(result.clone()),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), *results);
}

#[test]
fn a_background_process_does_not_hold_a_step_open() {
    let report = run(vec![step("daemon", "sleep 600 & setsid sleep 600 & echo started")]);
    assert_eq!(report.printed(), "started\n");
    assert!(report.end().results[0].took_ms < 60_000);
}

#[test]
fn asked_to_end_it_stops_its_step_and_says_so() {
    let mut stage =
        Stage::new(vec![step("waits", "echo on; sleep 600"), always(step("teardown", "echo late"))]);
    let mut runner = stage.start();
    let mut output = BufReader::new(runner.stdout.take().unwrap());
    let mut report = String::new();
    while !report.contains(r#""kind":"out""#) {
        assert_ne!(output.read_line(&mut report).unwrap(), 0);
    }
    let asked = Command::new("kill").arg(runner.id().to_string()).status().unwrap();
    assert!(asked.success());
    output.read_to_string(&mut report).unwrap();
    runner.wait().unwrap();
    let frames = stage.frames(report.as_bytes());
    assert_eq!(end(&frames).stopped, Some(Stop::Signal));
    assert_eq!(end(&frames).results.len(), 1);
    assert_eq!(printed(&frames), "on\n");
}

#[test]
fn a_missing_interpreter_is_a_failed_step() {
    let mut stage =
        Stage::new(vec![program("one", "#!/nonexistent/interpreter\n"), always(step("two", "true"))]);
    stage.spec.shell = "/nonexistent/shell".into();
    let report = stage.run();
    assert_eq!(report.exits(), [(0, 126), (1, 126)]);
    assert_eq!(report.printed().matches("cannot be started").count(), 2);
}

#[test]
fn nonsense_is_refused_without_a_frame() {
    let mut runner = stage::start(&["run"]);
    runner.stdin.take().unwrap().write_all(&[b'x'; 80]).unwrap();
    let output = runner.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a key"));
}

#[test]
fn a_file_system_with_too_many_files_ends_the_job() {
    let mut stage = Stage::new(vec![step("waits", "sleep 600")]);
    stage.spec.watched = vec!["/dev".into()];
    stage.spec.files = Some(0);
    assert_eq!(stage.run().end().stopped, Some(Stop::Disk));
}

#[test]
fn it_installs_itself() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("new/pg");
    for _ in 0..2 {
        let installed =
            Command::new(env!("CARGO_BIN_EXE_regatta-runner")).arg("install").arg(&target).status();
        assert!(installed.unwrap().success());
    }
    let names: Vec<_> = fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["regatta-runner"]);
    let copy = Command::new(target.join("regatta-runner")).output().unwrap();
    assert!(String::from_utf8_lossy(&copy.stderr).contains("usage"));
}
