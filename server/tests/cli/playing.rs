//! `regatta run`, `regatta runs` and `regatta playground`: pipelines from the terminal, in a real sandbox, and what operators
//! decide beside a portal that serves.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use regatta_trial_cluster::{PORTAL_IMAGE, TOOLS_IMAGE, TrialCluster, TrialOptions};
use serde_json::Value;
use tempfile::TempDir;

use crate::running::{Portal, content, done, failed, regatta};

const SITE: &str = "name: A site\ntagline: T\ndescription: D\n";

const GREETING: &str = "\
parameters:
  GREETING: hello
jobs:
  say:
    image: host-tools
    requires: [~commit]
    steps:
      - greet: 'echo \"$GREETING, sea\"'
  answer:
    image: host-tools
    requires: [say]
    steps:
      - nod: echo aye
";

const SLEEPER: &str = "\
jobs:
  doze:
    image: host-tools
    requires: [~commit]
    steps:
      - begin: echo dozing
      - doze: sleep 50
";

fn file(text: &str) -> TempDir {
    let folder = content(&[("site.yaml", SITE)]);
    fs::write(folder.path().join("pipeline.yaml"), text).unwrap();
    folder
}

fn run(folder: &Path, more: &[&str]) -> Output {
    sandboxed(folder, &[&["run", "pipeline.yaml"], more].concat()).output().unwrap()
}

fn sandboxed(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = regatta(folder, arguments);
    command.env("REGATTA__PLAYGROUND__EXECUTOR", "bubblewrap");
    command
}

#[test]
fn a_pipeline_runs_in_the_terminal_with_the_portals_log() {
    let folder = file(GREETING);
    let told = done(run(folder.path(), &["--param", "GREETING=ahoy; echo no"]));
    assert!(told.contains("say/greet | ahoy; echo no, sea\n"), "{told}");
    assert!(told.contains("answer/nod | aye\n") && told.ends_with("Succeeded\n"), "{told}");
    assert!(told.contains("say: on bubblewrap (process isolation, shared kernel)"), "{told}");
}

#[test]
fn programs_read_events_and_the_ending_as_lines_of_json() {
    let folder = file(GREETING);
    let told = done(run(folder.path(), &["--json"]));
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (end, events) = lines.split_last().unwrap();
    assert_eq!(end["ending"], "succeeded");
    let numbers: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>(), "without a gap");
    assert!(events.iter().any(|event| event["what"]["text"] == "hello, sea"), "{told}");
}

#[test]
fn only_a_success_is_a_success() {
    let folder = file(&GREETING.replace("echo aye", "exit 3"));
    let failing = run(folder.path(), &[]);
    let log = String::from_utf8(failing.stdout.clone()).unwrap();
    assert!(log.contains("answer/nod: exit code 3") && log.ends_with("Failed\n"), "{log}");
    assert_eq!(failed(failing).0, Some(1));

    let unknown = run(folder.path(), &["--param", "CREW=9"]);
    let (code, words) = failed(unknown);
    assert!(code == Some(1) && words.contains("there is no parameter CREW"), "{words}");
}

const CHATTER: &str = "\
jobs:
  talk:
    image: host-tools
    requires: [~commit]
    steps:
      - talk: 'i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo on; sleep 0.1; done'
";

/// A run that goes on for a while, with a folder of its own for what it keeps meanwhile.
fn talking(folder: &Path) -> Child {
    fs::create_dir_all(folder.join("tmp")).unwrap();
    let mut command = sandboxed(folder, &["run", "pipeline.yaml"]);
    command.env("TMPDIR", folder.join("tmp")).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn has_left_nothing(folder: &Path) -> bool {
    fs::read_dir(folder.join("tmp")).unwrap().next().is_none()
}

#[test]
fn a_pipeline_comes_through_standard_input() {
    let folder = content(&[("site.yaml", SITE)]);
    let mut command = sandboxed(folder.path(), &["run", "-", "--param", "GREETING=ahoy"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(GREETING.as_bytes()).unwrap();
    assert!(done(child.wait_with_output().unwrap()).contains("say/greet | ahoy, sea\n"));
}

#[test]
fn a_run_whose_reader_has_gone_is_stopped_and_no_success() {
    let folder = file(CHATTER);
    let mut child = talking(folder.path());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "talk/talk | on"));
    drop(lines);
    let (code, words) = failed(child.wait_with_output().unwrap());
    assert_eq!(
        (code, words.as_str()),
        (Some(1), "regatta: nobody read the log to its end, so the run was stopped\n")
    );
    assert!(has_left_nothing(folder.path()));
}

#[test]
fn a_run_that_is_told_to_stop_is_cancelled_and_clears_up() {
    for signal in ["INT", "TERM", "HUP"] {
        let folder = file(CHATTER);
        let mut child = talking(folder.path());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line == "talk/talk | on"));
        let kill = format!("kill -{signal} {}", child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        assert_eq!(lines.last().as_deref(), Some("Cancelled"), "{signal}");
        let (code, words) = failed(child.wait_with_output().unwrap());
        assert_eq!((code, words.as_str()), (Some(1), "regatta: cancelled\n"), "{signal}");
        assert!(has_left_nothing(folder.path()), "{signal}");
    }
}

#[test]
fn what_is_asked_wrongly_is_told_with_its_mend() {
    let folder = file(GREETING);
    let refused = |more: &[&str]| failed(run(folder.path(), more));
    let asked = [
        (&["--dialect", "jenkins"][..], "screwdriver or tekton"),
        (&["--executor", "docker"], "bubblewrap, gvisor or kubernetes"),
        (&["--param", "GREETING"], "write NAME=VALUE"),
    ];
    for (more, mend) in asked {
        let (code, words) = refused(more);
        assert!(code == Some(2) && words.contains(mend), "{words}");
    }
    let (code, words) = refused(&["--dialect", "tekton"]);
    assert!(code == Some(1) && words.contains("pipeline.yaml:1:1: ") && words.contains("`kind"), "{words}");
}

#[test]
fn what_keeps_a_pipeline_from_running_is_told_at_its_place() {
    let folder = file(&GREETING.replace("requires: [say]", "requires: [sayy]"));
    let (code, words) = failed(run(folder.path(), &[]));
    assert_eq!(code, Some(1));
    assert!(words.contains("pipeline.yaml:11:") && words.contains("sayy"), "{words}");
    let (_, words) = failed(sandboxed(folder.path(), &["run", "nowhere.yaml"]).output().unwrap());
    assert!(words.contains("nowhere.yaml: "), "{words}");
}

/// The pod of a job of the pipeline in `folder`, for a cluster that need not be there.
fn pod(folder: &Path, more: &[&str]) -> Output {
    let digest = "0123456789abcdef".repeat(4);
    let image = |name: &str| format!("registry.example/{name}@sha256:{digest}");
    let mut command = regatta(folder, &[&["playground", "pod", "pipeline.yaml"], more].concat());
    command.env("REGATTA__PLAYGROUND__EXECUTOR", "kubernetes");
    command.env("REGATTA__PLAYGROUND__KUBERNETES__RUNNER_IMAGE", image("regatta"));
    command.env("REGATTA__PLAYGROUND__KUBERNETES__IMAGES", format!("host-tools = {}", image("tools")));
    command.output().unwrap()
}

#[test]
fn a_jobs_pod_is_yaml_that_says_nothing_of_the_job_by_name() {
    let folder = file(GREETING);
    let told = done(pod(folder.path(), &["--job", "answer"]));
    let pod: Value = serde_saphyr::from_str(&told).unwrap();
    assert_eq!((&pod["apiVersion"], &pod["kind"]), (&"v1".into(), &"Pod".into()));
    assert_eq!(pod["spec"]["runtimeClassName"], "kata");
    assert_eq!(pod["spec"]["automountServiceAccountToken"], false);
    assert_eq!(pod["metadata"]["labels"]["regatta/job"], "1");
    let image = pod["spec"]["containers"][0]["image"].as_str().unwrap();
    assert!(image.starts_with("registry.example/tools@sha256:"), "{image}");
    assert!(!told.contains("answer") && !told.contains("echo aye"), "{told}");
    assert!(!folder.path().join("data").exists(), "it needs no database");
}

/// A pipeline's run in pods of a private cluster.
fn in_pods(trial: &TrialCluster, folder: &Path) -> Command {
    let mut command = regatta(folder, &["run", "pipeline.yaml", "--executor", "kubernetes"]);
    command.env("REGATTA__PLAYGROUND__KUBERNETES__KUBECONFIG", trial.kubeconfig_path());
    command.env("REGATTA__PLAYGROUND__KUBERNETES__RUNNER_IMAGE", PORTAL_IMAGE);
    command.env("REGATTA__PLAYGROUND__KUBERNETES__IMAGES", format!("host-tools = {TOOLS_IMAGE}"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_run_in_a_cluster_leaves_no_pod_there_however_it_ends() {
    let trial = TrialCluster::start(TrialOptions::default());
    let folder = file(GREETING);
    let told = done(in_pods(&trial, folder.path()).output().unwrap());
    assert!(told.contains("answer/nod | aye\n") && told.ends_with("Succeeded\n"), "{told}");
    assert!(told.contains("say: on kubernetes ("), "{told}");
    assert_eq!(trial.pods().len(), 0, "after a success");

    let folder = file(CHATTER);
    let mut child = in_pods(&trial, folder.path()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "talk/talk | on"));
    let kill = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    assert_eq!(lines.last().as_deref(), Some("Cancelled"));
    assert_eq!(failed(child.wait_with_output().unwrap()).0, Some(1));
    assert_eq!(trial.pods().len(), 0, "after an interrupt");

    let mut child = in_pods(&trial, folder.path()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "talk/talk | on"));
    drop(lines);
    let (_, words) = failed(child.wait_with_output().unwrap());
    assert!(words.contains("the run was stopped"), "{words}");
    assert_eq!(trial.pods().len(), 0, "after its reader has gone");
}

#[test]
fn whose_pod_is_meant_must_be_clear() {
    let folder = file(GREETING);
    let (code, words) = failed(pod(folder.path(), &[]));
    assert!(code == Some(1) && words.contains("say which with --job: say, answer"), "{words}");
    let (code, words) = failed(pod(folder.path(), &["--job", "captain"]));
    assert!(code == Some(1) && words.contains("no job captain; it has say, answer"), "{words}");
    let alone = file(SLEEPER);
    assert!(done(pod(alone.path(), &[])).contains("kind: Pod\n"), "a pipeline's only job needs no name");
}

#[test]
fn without_a_cluster_in_the_configuration_there_are_no_pods() {
    let folder = file(GREETING);
    let asked = ["playground", "pod", "pipeline.yaml", "--job", "say"];
    let (code, words) = failed(regatta(folder.path(), &asked).output().unwrap());
    assert!(code == Some(1) && words.contains("playground.executor = \"kubernetes\""), "{words}");
    let mut incomplete = regatta(folder.path(), &asked);
    incomplete.env("REGATTA__PLAYGROUND__EXECUTOR", "kubernetes");
    let (code, words) = failed(incomplete.output().unwrap());
    assert_eq!(code, Some(1));
    for missing in ["playground.kubernetes.images", "playground.kubernetes.runner_image"] {
        assert!(words.contains(missing), "{words}");
    }
}

#[test]
fn operators_pause_cancel_and_hide_beside_a_portal_that_serves() {
    let folder = content(&[("site.yaml", SITE)]);
    let portal = Portal::start(folder.path(), &[("REGATTA__PLAYGROUND__EXECUTOR", "bubblewrap")]);
    portal.told(&["playground", "pause", "--reason", "a new kernel", "--actor", "olga"]);
    let status = portal.told(&["playground", "status", "--format", "json"]);
    assert!(status.contains("\"paused\"") && status.contains("a new kernel"), "{status}");
    portal.until(|| portal.get("/playground").body.contains("a new kernel").then_some(()));

    let asked = portal.post("/runs", &[("dialect", "screwdriver"), ("pipeline", SLEEPER)]);
    assert_eq!(asked.status, 303, "{}", asked.body);
    let id = asked.location.rsplit('/').next().unwrap().to_owned();
    let state = || {
        let told = portal.told(&["runs", "list", "--format", "json"]);
        let runs: Value = serde_json::from_str(&told).unwrap();
        runs[0]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(), "queued", "a paused playground takes runs and lets them wait");
    portal.told(&["playground", "open", "--reason", "done", "--actor", "olga"]);
    portal.until(|| (state() == "running").then_some(()));
    portal.told(&["runs", "cancel", &id, "--reason", "enough", "--actor", "olga"]);
    portal.until(|| (state() == "cancelled").then_some(()));

    portal.told(&["runs", "hide", &id, "--reason", "a complaint", "--actor", "olga"]);
    assert_eq!(portal.get(&asked.location).status, 410);
    portal.told(&["playground", "edited-runs", "off", "--reason", "abuse", "--actor", "olga"]);
    let refused = portal.until(|| {
        let answer = portal.post("/runs", &[("dialect", "screwdriver"), ("pipeline", SLEEPER)]);
        (answer.status != 303 && answer.status != 429).then_some(answer)
    });
    assert!(refused.body.contains("sleep 50"), "what was written is kept: {}", refused.status);
    let audit = portal.told(&["audit", "--format", "json"]);
    for action in ["paused", "open", "cancel", "hide", "refuse-edited"] {
        assert!(audit.contains(&format!("\"{action}\"")), "{action}: {audit}");
    }
}
