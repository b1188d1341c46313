//! The program itself, outside of any sandbox: what it reports of a job.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use regatta_runner::{Body, End, Frame, FrameReader, RunKey, Spec, SpecStep, Stop};

const KEY: [u8; RunKey::LENGTH] = [3; RunKey::LENGTH];

fn step(name: &str, script: &str, always: bool) -> SpecStep {
    SpecStep { name: name.into(), script: script.into(), always }
}

fn spec(folder: &Path, steps: Vec<SpecStep>) -> Spec {
    for name in ["work", "state"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    Spec {
        run: "r".into(),
        job: 4,
        steps,
        environment: BTreeMap::from([("GIVEN".into(), "yes".into())]),
        shell: "/bin/sh".into(),
        workspace: folder.join("work"),
        state: folder.join("state"),
        watched: vec![folder.to_owned()],
        files: None,
        processes: None,
    }
}

fn start(spec: &Spec) -> Child {
    let mut runner = Command::new(env!("CARGO_BIN_EXE_regatta-runner"))
        .arg("run")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = spec.with_key(&RunKey::new(KEY)).unwrap();
    runner.stdin.take().unwrap().write_all(&input).unwrap();
    runner
}

fn frames(bytes: &[u8]) -> Vec<Frame> {
    let (frames, error) = FrameReader::new(RunKey::new(KEY), "r", 4).push(bytes);
    assert_eq!(error, None, "{}", String::from_utf8_lossy(bytes));
    frames
}

fn run(steps: Vec<SpecStep>) -> Vec<Frame> {
    let folder = tempfile::tempdir().unwrap();
    let output = start(&spec(folder.path(), steps)).wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    frames(&output.stdout)
}

fn end(frames: &[Frame]) -> &End {
    let Body::End(end) = &frames.last().unwrap().body else { panic!("{frames:?}") };
    end
}

fn printed(frames: &[Frame]) -> String {
    let data = frames.iter().filter_map(|frame| match &frame.body {
        Body::Out { data, .. } => Some(data.0.as_slice()),
        _ => None,
    });
    String::from_utf8(data.collect::<Vec<_>>().concat()).unwrap()
}

#[test]
fn steps_run_in_order_and_share_what_they_export() {
    let steps = vec![
        step("first", "mkdir below; cd below; export SAID=\"$GIVEN\"", false),
        step("second", "echo \"$SAID ${PWD##*/}\"", false),
    ];
    let frames = run(steps);
    assert_eq!(printed(&frames), "yes below\n");
    let results: Vec<(usize, i32)> =
        end(&frames).results.iter().map(|result| (result.step, result.exit)).collect();
    assert_eq!(results, [(0, 0), (1, 0)]);
    assert_eq!(end(&frames).stopped, None);
}

#[test]
fn a_teardown_runs_after_a_failure() {
    let steps = vec![
        step("fails", "kill -9 $$", false),
        step("skipped", "echo no", false),
        step("teardown", "echo \"down $GIVEN\"", true),
    ];
    let frames = run(steps);
    assert_eq!(printed(&frames), "down yes\n");
    let results: Vec<(usize, i32)> =
        end(&frames).results.iter().map(|result| (result.step, result.exit)).collect();
    assert_eq!(results, [(0, 137), (2, 0)]);
}

#[test]
fn a_background_process_does_not_hold_a_step_open() {
    let frames = run(vec![step("daemon", "sleep 600 & echo started", false)]);
    assert_eq!(printed(&frames), "started\n");
    assert!(end(&frames).results[0].took_ms < 60_000);
}

#[test]
fn asked_to_end_it_stops_its_step_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut runner = start(&spec(
        folder.path(),
        vec![step("waits", "echo on; sleep 600", false), step("teardown", "echo late", true)],
    ));
    let mut output = BufReader::new(runner.stdout.take().unwrap());
    let mut report = String::new();
    while !report.contains(r#""kind":"out""#) {
        assert_ne!(output.read_line(&mut report).unwrap(), 0);
    }
    let asked = Command::new("kill").arg(runner.id().to_string()).status().unwrap();
    assert!(asked.success());
    output.read_to_string(&mut report).unwrap();
    runner.wait().unwrap();
    let frames = frames(report.as_bytes());
    assert_eq!(end(&frames).stopped, Some(Stop::Signal));
    assert_eq!(end(&frames).results.len(), 1);
    assert_eq!(printed(&frames), "on\n");
}

#[test]
fn a_missing_shell_is_a_failed_step() {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = spec(folder.path(), vec![step("one", "true", false)]);
    spec.shell = "/nonexistent".into();
    let output = start(&spec).wait_with_output().unwrap();
    let frames = frames(&output.stdout);
    assert_eq!(end(&frames).results[0].exit, 126);
    assert!(printed(&frames).contains("/nonexistent"));
}

#[test]
fn nonsense_is_refused_without_a_frame() {
    let mut runner = Command::new(env!("CARGO_BIN_EXE_regatta-runner"))
        .arg("run")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    runner.stdin.take().unwrap().write_all(b"no key\n{}").unwrap();
    let output = runner.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a key"));
}

#[test]
fn a_file_system_with_too_many_files_ends_the_job() {
    let folder = tempfile::tempdir().unwrap();
    let mut crowded = spec(folder.path(), vec![step("waits", "sleep 600", false)]);
    crowded.watched = vec!["/dev".into()];
    crowded.files = Some(0);
    let output = start(&crowded).wait_with_output().unwrap();
    assert_eq!(end(&frames(&output.stdout)).stopped, Some(Stop::Disk));
}
