//! What the probe makes of what is found inside pods.

use k8s_openapi::api::core::v1::{Pod, PodStatus};
use regatta_domain::run::IsolationLevel;

use super::judge::{self, Seen};
use super::targets::{Surroundings, Targets};
use super::{Finding, PORT};
use crate::kubernetes::settings::NetworkWall;

/// What a step finds where everything is as it should be.
const STEP: &str = "\
kernel = 6.12.42
user = 2055851765 2055851765 2055851765
capabilities inheritable = 0000000000000000
capabilities permitted = 0000000000000000
capabilities effective = 0000000000000000
capabilities bounding = 000001ffffffffff
capabilities ambient = 0000000000000000
no new privileges = 1
seccomp = 2
environment = CI HOME LANG PATH TERM USER WORKSPACE
interfaces = lo
read /var/run/secrets/kubernetes.io/serviceaccount/token: No such file or directory (os error 2)
read /run/secrets/kubernetes.io/serviceaccount/token: No such file or directory (os error 2)
create /probe: Read-only file system (os error 30)
create /regatta/bin/probe: Read-only file system (os error 30)
create /regatta/input/probe: ALLOWED
write /etc/passwd: Read-only file system (os error 30)
ptrace: Operation not permitted (os error 1)
clone3: Function not implemented (os error 38)
vsock socket: Address family not supported by protocol (os error 97)
inet socket: ALLOWED
connect 192.0.2.1:6443: Network is unreachable (os error 101)
connect 10.244.1.7:40117: Network is unreachable (os error 101)
connect 192.0.2.4:10250: Network is unreachable (os error 101)
dns 192.0.2.4:53: Network is unreachable (os error 101)
connect 169.254.169.254:80: Network is unreachable (os error 101)
runner process = none
runner memory: No such process (os error 3)
runner signal: ALLOWED
runner trace: Operation not permitted (os error 1)
";

async fn targets() -> Targets {
    let status = PodStatus {
        pod_ip: Some("10.244.1.7".to_owned()),
        host_ip: Some("192.0.2.4".to_owned()),
        ..PodStatus::default()
    };
    let neighbour = Pod { status: Some(status), ..Pod::default() };
    let address = "https://192.0.2.1:6443".parse().unwrap();
    Targets::find(&address, &Surroundings::default(), Some((&neighbour, PORT))).await
}

fn seen(text: &str) -> Seen {
    Seen::read(text).unwrap()
}

/// What is not as it should be where a step finds this.
async fn breached_by(text: &str) -> Vec<Finding> {
    let findings = judge::of_step(&seen(text), &targets().await);
    findings.into_iter().filter(|finding| !finding.held).collect()
}

/// The same where one line is another.
async fn breach(line: &str, instead: &str) -> String {
    assert!(STEP.contains(line), "{line}");
    let breaches = breached_by(&STEP.replacen(line, instead, 1)).await;
    assert_eq!(breaches.len(), 1, "{breaches:?}");
    breaches[0].to_string()
}

#[tokio::test]
async fn a_step_that_can_do_nothing_is_as_it_should_be() {
    assert_eq!(breached_by(STEP).await, []);
}

#[tokio::test]
async fn interfaces_that_kernels_put_into_every_network_lead_nowhere() {
    assert_eq!(breached_by(&STEP.replace("interfaces = lo", "interfaces = ip6tnl0 lo sit0")).await, []);
}

#[tokio::test]
async fn what_is_printed_is_whole_once_everybody_was_tried() {
    let targets = targets().await;
    assert!(seen(STEP).has_tried(&targets));
    let rest = STEP.lines().filter(|line| !line.starts_with("connect 169.254")).collect::<Vec<_>>();
    assert!(!seen(&rest.join("\n")).has_tried(&targets));
}

#[tokio::test]
async fn whatever_a_step_can_do_is_told() {
    let unreachable = "Network is unreachable (os error 101)";
    let refused = |name: &str| format!("{name}: {unreachable}");
    for (line, instead, words) in [
        (
            refused("connect 192.0.2.1:6443"),
            "connect 192.0.2.1:6443: ALLOWED",
            "a step reaches the API server (192.0.2.1:6443)",
        ),
        (
            refused("connect 10.244.1.7:40117"),
            "connect 10.244.1.7:40117: ALLOWED",
            "another pod (10.244.1.7:40117)",
        ),
        (refused("dns 192.0.2.4:53"), "dns 192.0.2.4:53: ALLOWED", "the node's name service (192.0.2.4:53)"),
        (refused("connect 169.254.169.254:80"), "", "only 4 of 5 addresses were tried"),
        ("interfaces = lo".to_owned(), "interfaces = eth0 lo", "can use the network interfaces eth0 lo"),
        ("user = 2055851765".to_owned(), "user = 0", "root"),
        ("no new privileges = 1".to_owned(), "no new privileges = 0", "new privileges"),
        (
            "effective = 0000000000000000".to_owned(),
            "effective = 0000000000000400",
            "capabilities (effective: 0000000000000400)",
        ),
        ("capabilities permitted = 0000000000000000\n".to_owned(), "", "capabilities (permitted: untold)"),
        (
            "create /probe: Read-only file system (os error 30)".to_owned(),
            "create /probe: ALLOWED",
            "create /probe",
        ),
        (
            "write /etc/passwd: Read-only file system (os error 30)".to_owned(),
            "write /etc/passwd: ALLOWED",
            "write /etc/passwd",
        ),
        (
            "ptrace: Operation not permitted (os error 1)".to_owned(),
            "ptrace: Bad address (os error 14)",
            "get through: ptrace",
        ),
        (
            "vsock socket: Address family not supported by protocol (os error 97)".to_owned(),
            "vsock socket: ALLOWED",
            "vsock socket",
        ),
        ("runner memory: No such process (os error 3)".to_owned(), "runner memory: ALLOWED", "runner memory"),
        ("CI HOME".to_owned(), "CI HOME KUBERNETES_SERVICE_HOST", "a step sees KUBERNETES_SERVICE_HOST"),
    ] {
        let told = breach(&line, instead).await;
        assert!(told.contains(words), "{instead}: {told}");
    }
}

#[tokio::test]
async fn a_kernel_without_ambient_capabilities_need_not_tell_of_them() {
    assert_eq!(breached_by(&STEP.replace("capabilities ambient = 0000000000000000\n", "")).await, []);
}

#[tokio::test]
async fn a_step_without_sockets_may_have_any_interface() {
    let filtered = STEP
        .replace("inet socket: ALLOWED", "inet socket: Operation not permitted (os error 1)")
        .replace("interfaces = lo", "interfaces = eth0 lo");
    assert_eq!(breached_by(&filtered).await, []);
}

#[test]
fn what_is_cut_off_shows_nothing() {
    let (start, _) = STEP.split_once("runner process").unwrap();
    assert!(Seen::read(start).is_none());
    assert!(Seen::read("").is_none());
}

/// What a container's own process finds: the same, but for what the runner's wall adds.
fn pod_text() -> String {
    STEP.replace("capabilities bounding = 000001ffffffffff", "capabilities bounding = 0000000000000000")
        .replace("seccomp = 2", "seccomp = 0")
        .replace("ptrace: Operation not permitted (os error 1)", "ptrace: Bad address (os error 14)")
}

async fn of_pod(text: &str, wall: NetworkWall) -> Vec<Finding> {
    judge::of_pod(&seen(text), wall, &targets().await)
}

#[tokio::test]
async fn an_open_network_is_a_breach_unless_the_runners_wall_is_enough() {
    assert!(of_pod(&pod_text(), NetworkWall::Policy).await.iter().all(|finding| finding.held));
    let open = pod_text().replace(
        "connect 10.244.1.7:40117: Network is unreachable (os error 101)",
        "connect 10.244.1.7:40117: ALLOWED",
    );
    let network = of_pod(&open, NetworkWall::Policy).await.remove(0);
    assert_eq!(
        network.to_string(),
        "network of a pod: NOT AS IT SHOULD BE: outside of the runner's wall a pod reaches another pod (10.244.1.7:40117)"
    );
    let network = of_pod(&open, NetworkWall::Runner).await.remove(0);
    assert!(network.held && network.words.contains("the runner's wall alone"), "{network}");
}

#[tokio::test]
async fn a_mounted_token_and_a_bounding_set_are_breaches() {
    let token = pod_text().replacen(
        "serviceaccount/token: No such file or directory (os error 2)",
        "serviceaccount/token: ALLOWED",
        1,
    );
    let breaches = of_pod(&token, NetworkWall::Policy).await.into_iter().filter(|finding| !finding.held);
    assert_eq!(breaches.map(|finding| finding.what).collect::<Vec<_>>(), ["credentials"]);
    let full = of_pod(STEP, NetworkWall::Policy).await.into_iter().filter(|finding| !finding.held);
    assert_eq!(full.map(|finding| finding.what).collect::<Vec<_>>(), ["rights"]);
}

#[test]
fn a_kernel_must_be_another_where_the_runtime_class_says_so() {
    let of = |node, level| judge::of_kernel(&seen(STEP), node, level);
    assert!(of("6.1.0-25-amd64", IsolationLevel::VirtualMachine).held);
    assert!(!of("6.12.42", IsolationLevel::VirtualMachine).held);
    assert!(!of("6.12.42", IsolationLevel::ApplicationKernel).held);
    let shared = of("6.12.42", IsolationLevel::Process);
    assert!(shared.held && shared.words.contains("its node's own (6.12.42)"), "{shared}");
}
