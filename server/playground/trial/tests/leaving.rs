//! Nothing of a cluster outlives it, however it ends.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Pod;
use regatta_trial_cluster::{TOOLS_IMAGE, TrialCluster, TrialOptions};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(30);

fn pod() -> Value {
    let tight = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
    let limits = json!({"limits": {"cpu": "1", "memory": "512Mi"}});
    json!({
        "metadata": {"name": "long"},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": false,
            "securityContext": {"runAsNonRoot": true, "runAsUser": 1_879_048_400, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "job", "image": TOOLS_IMAGE, "command": ["/bin/sleep", "300"],
                "securityContext": tight, "resources": limits,
                "volumeMounts": [{"name": "memory", "mountPath": "/memory"}],
            }],
            "volumes": [{"name": "memory", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}],
        },
    })
}

/// Starts the pod by the command-line tool that everybody has: curl.
fn start_pod(cluster: &TrialCluster) {
    let kubeconfig: Value =
        serde_json::from_str(&std::fs::read_to_string(cluster.kubeconfig_path()).unwrap()).unwrap();
    let token = kubeconfig["users"][0]["user"]["token"].as_str().unwrap();
    let url = format!("{}/api/v1/namespaces/{}/pods", cluster.url(), cluster.namespace());
    let authority = cluster.folder().join("ca.crt");
    let made = Command::new("curl")
        .args(["--silent", "--show-error", "--fail-with-body", "--cacert"])
        .arg(authority)
        .args(["--header", &format!("Authorization: Bearer {token}"), "--data", &pod().to_string(), &url])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
    until("the pod runs", || cluster.pods().iter().any(is_running) && cluster.processes() > 0);
}

fn is_running(pod: &Pod) -> bool {
    pod.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some("Running"))
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "it never came that {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process speaks of the folder.
fn is_spoken_of(folder: &Path) -> bool {
    let folder = folder.to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let commands = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    let mut texts = commands.map(|command| String::from_utf8_lossy(&command).into_owned());
    texts.any(|command| command.contains(&folder))
}

fn is_mounted_in(folder: &Path) -> bool {
    std::fs::read_to_string("/proc/self/mounts").unwrap().contains(&*folder.to_string_lossy())
}

#[test]
fn one_that_is_dropped_leaves_nothing() {
    let cluster = TrialCluster::start(TrialOptions::default());
    start_pod(&cluster);
    let folder = cluster.folder().to_owned();
    assert!(is_spoken_of(&folder) && !is_mounted_in(&folder));
    drop(cluster);
    until("no process is left", || !is_spoken_of(&folder));
    assert!(!folder.exists());
}

/// The process that is killed below: starts a cluster and a pod, says where, and goes on until its input ends.
#[test]
#[ignore = "only for a_killed_process_leaves_nothing"]
fn holds_a_cluster() {
    let cluster = TrialCluster::start(TrialOptions::default());
    start_pod(&cluster);
    println!("at {}", cluster.folder().display());
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn a_killed_process_leaves_nothing() {
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "holds_a_cluster", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(holder.stdout.take().unwrap()).lines().map(Result::unwrap);
    let folder = said.find_map(|line| Some(PathBuf::from(line.split_once("at /")?.1))).unwrap();
    let folder = Path::new("/").join(folder);
    assert!(folder.exists());
    holder.kill().unwrap();
    holder.wait().unwrap();
    until("no process is left", || !is_spoken_of(&folder));
    until("no folder is left", || !folder.exists());
}
