//! What whole pods look like, and that nothing of a visitor's gets out of its place.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Arc;

use proptest::prelude::*;
use regatta_runner::{Spec, input};

use super::*;
use crate::executor::JobStep;
use crate::kubernetes::settings::{Access, NetworkWall};

const RUN_NAME: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
const MEBIBYTE: usize = 1 << 20;

fn image(name: &str, digit: char) -> PinnedImage {
    format!("registry.example/{name}@sha256:{}", digit.to_string().repeat(64)).parse().unwrap()
}

/// As the guide sets up a cluster with Kata Containers.
pub fn kata() -> ClusterSettings {
    ClusterSettings {
        access: Access::Auto,
        namespace: "regatta-playground".to_owned(),
        runtime_class: Some("kata".to_owned()),
        shared_kernel: false,
        network: NetworkWall::Policy,
        images: [("host-tools".to_owned(), image("regatta-tools", 'b'))].into(),
        runner_image: image("regatta", 'a'),
        cpu_limit_millis: 1000,
        cpu_request_millis: 250,
        memory_request_bytes: 256 << 20,
        ephemeral_storage_bytes: 256 << 20,
        node_selector: [("katacontainers.io/kata-runtime".to_owned(), "true".to_owned())].into(),
        tolerations: vec![Toleration {
            key: "playground".to_owned(),
            value: Some("true".to_owned()),
            effect: Some("NoSchedule".to_owned()),
        }],
        priority_class: Some("playground-low".to_owned()),
        user_namespaces: false,
        service_account: "default".to_owned(),
        setup_time: Duration::from_mins(3),
        instance: None,
    }
}

fn gvisor() -> ClusterSettings {
    ClusterSettings {
        runtime_class: Some("gvisor".to_owned()),
        node_selector: BTreeMap::new(),
        tolerations: vec![Toleration { key: "any".to_owned(), value: None, effect: None }],
        priority_class: None,
        ..kata()
    }
}

/// On a laptop: the cluster's default runtime, and users of the pod's own.
fn laptop() -> ClusterSettings {
    ClusterSettings {
        runtime_class: None,
        shared_kernel: true,
        user_namespaces: true,
        network: NetworkWall::Runner,
        tolerations: Vec::new(),
        ..gvisor()
    }
}

fn job(script: &str) -> JobSpec {
    JobSpec {
        run: RUN_NAME.parse().unwrap(),
        job: 2,
        attempt: 1,
        image: "host-tools".to_owned(),
        environment: BTreeMap::new(),
        steps: vec![JobStep { name: "build".to_owned(), script: script.to_owned(), ..JobStep::default() }],
        limits: Limits::default(),
        results: Vec::new(),
        metadata: None,
        unpack: Vec::new(),
        pack: false,
    }
}

fn made(settings: &ClusterSettings, job: &JobSpec) -> Result<Pod, PodError> {
    let machine = settings.runtime_class.as_deref() == Some("kata");
    let shape = Shape { settings, instance: "harbour", machine };
    of_job(&shape, job, &RunKey::new([5; RunKey::LENGTH]), "2026-11-23T06:00:00Z".parse().unwrap())
}

/// The pod as YAML, what is opaque in it left out.
fn shown(settings: &ClusterSettings) -> String {
    let mut pod = made(settings, &job("true")).unwrap();
    for variable in opaque(&mut pod) {
        variable.value = Some("(opaque)".to_owned());
    }
    crate::kubernetes::describe::yaml(&pod).unwrap()
}

fn opaque(pod: &mut Pod) -> impl Iterator<Item = &mut k8s_openapi::api::core::v1::EnvVar> {
    let containers = pod.spec.as_mut().unwrap().init_containers.as_mut().unwrap();
    containers.iter_mut().flat_map(|container| container.env.as_mut().unwrap().iter_mut())
}

/// What the runner reads in a pod.
fn unpacked(pod: &mut Pod) -> Vec<u8> {
    let chunks: Vec<String> = opaque(pod).map(|variable| variable.value.clone().unwrap()).collect();
    input::unpack(&chunks).unwrap()
}

#[test]
fn a_pod_for_kata_containers() {
    insta::assert_snapshot!(shown(&kata()));
}

#[test]
fn a_pod_for_gvisor() {
    insta::assert_snapshot!(shown(&gvisor()));
}

#[test]
fn a_pod_for_a_laptop() {
    insta::assert_snapshot!(shown(&laptop()));
}

#[test]
fn a_virtual_machine_gets_the_memory_it_needs_to_start() {
    let mut small = job("true");
    small.limits.memory_bytes = 64 << 20;
    let limit = |settings: &ClusterSettings| {
        let pod = made(settings, &small).unwrap();
        let container = &pod.spec.unwrap().containers[0];
        let resources = container.resources.clone().unwrap();
        (resources.limits.unwrap()["memory"].0.clone(), resources.requests.unwrap()["memory"].0.clone())
    };
    assert_eq!(limit(&kata()), ("256Mi".to_owned(), "256Mi".to_owned()));
    assert_eq!(limit(&gvisor()), ("64Mi".to_owned(), "64Mi".to_owned()));
}

#[test]
fn the_runner_reads_what_it_would_read_from_standard_input() {
    let mut job = job("echo hello");
    job.environment.insert("HOME".to_owned(), "/tmp".to_owned());
    job.unpack = vec![Arc::from(&b"one"[..]), Arc::from(&b"two"[..])];
    let bytes = unpacked(&mut made(&kata(), &job).unwrap());
    let (key, spec, mut rest) = Spec::read(bytes.as_slice()).unwrap();
    assert_eq!(key.to_hex(), "05".repeat(RunKey::LENGTH));
    assert_eq!((spec.identity.run.as_str(), spec.identity.job, spec.identity.attempt), (RUN_NAME, 2, 1));
    assert_eq!(spec.steps[0].script, "echo hello");
    assert_eq!((spec.environment["HOME"].as_str(), spec.environment["CI"].as_str()), ("/tmp", "true"));
    assert_eq!(spec.environment["GIT_CONFIG_KEY_0"], "safe.directory");
    assert!(spec.watched.contains(&"/dev/termination-log".into()), "{:?}", spec.watched);
    let mut packed = String::new();
    rest.read_to_string(&mut packed).unwrap();
    assert_eq!((spec.unpack, packed.as_str()), (vec![3, 3], "onetwo"));
}

#[test]
fn what_does_not_fit_is_refused_with_the_limit() {
    // Bytes that cannot be compressed.
    let mut state = 1u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(MEBIBYTE)
    .collect();
    let mut large = job("true");
    large.unpack = vec![noise.into()];
    let refused = made(&kata(), &large).unwrap_err();
    assert!(matches!(refused, PodError::TooLarge(_)), "{refused}");
    // Bytes that can, but are too many once they are unpacked.
    large.unpack = vec![vec![0; 5 * MEBIBYTE].into()];
    let refused = made(&kata(), &large).unwrap_err();
    assert!(matches!(refused, PodError::TooLarge(_)), "{refused}");
    large.unpack = vec![vec![0; 3 * MEBIBYTE].into()];
    assert!(made(&kata(), &large).is_ok());
}

#[test]
fn an_image_that_is_not_there_is_refused_with_those_that_are() {
    let refused = made(&kata(), &JobSpec { image: "node:22".to_owned(), ..job("true") }).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the image node:22 is not to be had in the cluster, which has host-tools"
    );
}

#[test]
fn a_pod_knows_whose_it_is_and_strangers_are_left_alone() {
    let pod = made(&kata(), &job("true")).unwrap();
    let whose = Whose::of(&pod, "harbour").unwrap();
    assert_eq!((whose.run.as_str(), whose.job, whose.attempt), (RUN_NAME, 2, 1));
    let life = Duration::from_mins(3) + Limits::default().time + SLACK;
    let made_at: Timestamp = "2026-11-23T06:00:00Z".parse().unwrap();
    assert_eq!(whose.deadline, made_at.checked_add(life).ok());
    assert_eq!(Whose::of(&pod, "another"), None);
    let mut renamed = pod.clone();
    renamed.metadata.name = Some("something-else".to_owned());
    assert_eq!(Whose::of(&renamed, "harbour"), None);
    let mut bare = pod;
    bare.metadata.labels = None;
    assert_eq!(Whose::of(&bare, "harbour"), None);
}

/// Text that is nowhere in a pod by itself.
fn foreign() -> impl Strategy<Value = String> {
    "\\PC{0,40}".prop_map(|text| format!("Zq7{text}9xK"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_that_a_visitor_wrote_is_outside_of_the_input(
        script in foreign(), name in foreign(), variable in foreign(), value in foreign(), result in foreign(),
        directory in foreign(), times in 1usize..20_000,
    ) {
        let mut spec = job(&script.repeat(times));
        spec.steps[0].name.clone_from(&name);
        spec.steps[0].directory = Some(directory.clone());
        spec.environment.insert(variable.clone(), value.clone());
        spec.results.push(result.clone());
        match made(&kata(), &spec) {
            Err(refused) => prop_assert!(matches!(refused, PodError::TooLarge(_)), "{refused}"),
            Ok(mut pod) => {
                prop_assert!(serde_json::to_vec(&pod).unwrap().len() < MEBIBYTE);
                let read = String::from_utf8(unpacked(&mut pod)).unwrap();
                prop_assert!(read.contains("Zq7"));
                for opaque in opaque(&mut pod) {
                    opaque.value = None;
                }
                let outside = serde_json::to_string(&pod).unwrap();
                for text in [&script, &name, &variable, &value, &result, &directory] {
                    prop_assert!(!outside.contains(text.as_str()), "{text} in {outside}");
                }
                prop_assert!(!outside.contains("Zq7") && !outside.contains("9xK"));
            }
        }
    }
}
