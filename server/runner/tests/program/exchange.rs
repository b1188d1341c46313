//! What jobs hand on: results, metadata, workspaces.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use regatta_runner::frame::{MAX_VALUE, MAX_VALUES};
use regatta_runner::{Body, SpecStep, Stop};

use crate::stage::{Report, Stage, always, program, step};

fn with_results(steps: Vec<SpecStep>, names: &[&str]) -> Report {
    let mut stage = Stage::new(steps);
    stage.spec.results = names.iter().map(|name| (*name).to_owned()).collect();
    stage.run()
}

fn with_metadata(steps: Vec<SpecStep>, metadata: &[(&str, &str)]) -> Report {
    let mut stage = Stage::new(steps);
    let pairs = metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    stage.spec.metadata = Some(pairs.collect());
    stage.run()
}

fn packed(script: &str) -> Report {
    let mut stage = Stage::new(vec![step("make", script)]);
    stage.spec.pack = true;
    stage.run()
}

#[test]
fn files_of_results_are_handed_on_as_they_are() {
    let script = "printf 'a\nb' > \"$RESULTS_DIR/one\"; echo two > \"$RESULTS_DIR/two\"; echo x > \"$RESULTS_DIR/other\"";
    let report =
        with_results(vec![program("write", script), program("fail", "exit 1")], &["one", "two", "missing"]);
    assert_eq!(report.values(), BTreeMap::from([("one", "a\nb"), ("two", "two\n")]));
    assert_eq!(report.printed(), "");
    let last = report.frames.iter().rposition(|frame| matches!(frame.body, Body::StepEnd(_))).unwrap();
    let value = report.frames.iter().rposition(|frame| matches!(frame.body, Body::Value { .. })).unwrap();
    assert!(value < last, "values belong to the last step");
}

#[test]
fn results_that_are_none_are_told_and_hang_nothing() {
    let script = format!(
        "cd \"$RESULTS_DIR\"; mkfifo pipe; ln -s /etc/passwd link; mkdir folder; printf '\\377' > bytes\n\
         head -c {} /dev/zero | tr '\\0' x > most; head -c {} /dev/zero > long",
        MAX_VALUE,
        MAX_VALUE + 1
    );
    let names = ["pipe", "link", "folder", "bytes", "most", "long", "../state/script", ".."];
    let report = with_results(vec![program("write", &script)], &names);
    assert_eq!(report.values().keys().copied().collect::<Vec<_>>(), ["most"]);
    for told in ["pipe", "link", "folder", "bytes", "long"] {
        assert!(
            report.printed().contains(&format!("the result {told} is not handed on")),
            "{}",
            report.printed()
        );
    }
    assert_eq!(report.exits(), [(0, 0)]);
}

#[test]
fn metadata_is_read_and_set_and_handed_on_by_first_key() {
    let report = with_metadata(
        vec![
            step(
                "reads",
                "echo \"$(meta get build.version) $(meta get nothing)\"; meta set build.images[1] \"it's\"",
            ),
            program(
                "sets",
                "meta set count 3; meta set object '{\"a\": [1]}' --json-value; meta get object.a[0]",
            ),
        ],
        &[("build", "{\"version\":\"1.2\"}"), ("kept", "[true]"), ("odd", "no json")],
    );
    assert_eq!(report.exits(), [(0, 0), (1, 0)], "{}", report.printed());
    assert_eq!(report.printed(), "1.2 null\n1");
    let expected = BTreeMap::from([
        ("build", "{\"images\":[null,\"it's\"],\"version\":\"1.2\"}"),
        ("count", "3"),
        ("kept", "[true]"),
        ("object", "{\"a\":[1]}"),
        ("odd", "\"no json\""),
    ]);
    assert_eq!(report.values(), expected);
}

#[test]
fn without_metadata_there_is_no_such_command() {
    let report = Stage::new(vec![step("calls", "meta get a")]).run();
    assert_eq!(report.exits(), [(0, 127)]);
}

#[test]
fn hostile_metadata_is_left_out_in_words() {
    for script in [
        "printf '{\"a\":' > \"$SD_META_PATH\"; meta get a",
        "head -c 2000000 /dev/zero > \"$SD_META_PATH\"; meta set a b",
        "rm \"$SD_META_PATH\"; mkfifo \"$SD_META_PATH\"; meta get a",
        "i=0; { printf '{\"a\":'; while [ $i -lt 2000 ]; do printf '['; i=$((i+1)); done; } > \"$SD_META_PATH\"; meta get a",
    ] {
        let report = with_metadata(vec![step("writes", script)], &[]);
        assert_eq!(report.exits(), [(0, 1)], "{script}");
        assert!(report.printed().contains("ERROR:"), "{script}");
        assert!(report.printed().contains("metadata is not handed on"), "{script}");
        assert!(report.values().is_empty());
    }
}

#[test]
fn only_so_many_values_are_handed_on() {
    let object: Vec<String> = (0..=MAX_VALUES).map(|number| format!("\"k{number:03}\":{number}")).collect();
    let script = format!("echo '{{{}}}' > \"$SD_META_PATH\"", object.join(","));
    let report = with_metadata(vec![step("writes", &script)], &[]);
    assert_eq!(report.values().len(), MAX_VALUES);
    assert!(report.printed().contains("k064 is not handed on"));
}

#[test]
fn a_workspace_travels_from_job_to_job() {
    let made = packed(
        "mkdir -p a/b empty; echo deep > a/b/file; chmod 0640 a/b/file; printf '#!/bin/sh\necho runs\n' > a/run; chmod +x a/run\n\
         ln -s a/b/file near; ln -s ../../near a/b/far; ln -s \"$PWD/a\" absolute; chmod 0555 empty\n\
         touch -d @1000000000 a/b/file",
    );
    assert_eq!(made.exits(), [(0, 0)], "{}", made.printed());
    assert_eq!(made.printed(), "");
    assert_eq!(made.end().packed, Some(made.workspace().len() as u64));
    let second = packed("mkdir a; echo other > a/second; echo new > near");
    let mut stage = Stage::new(vec![
        step(
            "sees",
            "cat a/b/file near a/second; a/run; readlink absolute; test -d empty; stat -c '%a %Y' a/b/file; stat -c %a empty",
        ),
        step("goes on", "cat a/b/far"),
    ]);
    stage.packed = vec![made.workspace(), second.workspace()];
    let report = stage.run();
    assert_eq!(report.printed(), "deep\nnew\nother\nruns\na\n640 1000000000\n555\nnew\n");
    assert_eq!(report.exits(), [(0, 0), (1, 0)]);
}

#[test]
fn what_cannot_be_handed_on_is_told() {
    let report = packed("ln -s /etc/passwd out; ln -s ../.. up; mkfifo pipe; echo x > file");
    assert_eq!(report.exits(), [(0, 0)]);
    assert!(report.end().packed.is_some());
    assert_eq!(
        report.printed(),
        "of the workspace 2 links that may lead out of it and 1 pipes, sockets or devices are not handed on\n"
    );
}

#[test]
fn a_workspace_that_is_too_large_fails_the_job_in_words() {
    let report = packed("head -c 17000000 /dev/zero > file");
    assert_eq!(report.end().stopped, Some(Stop::Packing));
    assert_eq!(report.end().reason.as_deref(), Some("packed, it is larger than 16 MiB"));
    assert_eq!(report.end().packed, None);
    let crowded = packed("mkdir many; cd many; seq 20001 | xargs touch");
    assert_eq!(crowded.end().reason.as_deref(), Some("it holds more than 20000 files"));
}

#[test]
fn a_failed_job_hands_on_no_workspace() {
    let mut stage = Stage::new(vec![step("fails", "exit 1"), always(step("teardown", "true"))]);
    stage.spec.pack = true;
    let report = stage.run();
    assert_eq!((report.end().packed, report.workspace().len()), (None, 0));
    assert_eq!(report.end().stopped, None);
}

#[test]
fn a_damaged_workspace_stops_the_job_before_its_first_step() {
    let made = packed("head -c 100000 /dev/urandom > file").workspace();
    for broken in [made[..50_000].to_vec(), vec![7; 4096]] {
        let mut stage = Stage::new(vec![step("never", "echo ran"), always(step("teardown", "echo ran"))]);
        stage.packed = vec![broken, made.clone()];
        let report = stage.run();
        assert_eq!(report.end().stopped, Some(Stop::Unpacking));
        assert!(report.end().reason.as_deref().is_some_and(|reason| !reason.is_empty()));
        assert!(report.exits().is_empty());
        assert_eq!(report.printed(), "");
    }
}

#[test]
fn unpacking_never_writes_through_a_link_that_is_there() {
    let made = packed("mkdir a; echo inside > a/file").workspace();
    let outside = tempfile::tempdir().unwrap();
    let mut stage = Stage::new(vec![step("never", "echo ran")]);
    symlink(outside.path(), stage.workspace().join("a")).unwrap();
    stage.packed = vec![made];
    let report = stage.run();
    assert_eq!(report.end().stopped, Some(Stop::Unpacking));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    assert!(fs::metadata(outside.path()).unwrap().permissions().mode() & 0o700 == 0o700);
}
