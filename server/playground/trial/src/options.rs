//! What a cluster is like.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::fault::OomShape;

/// The image that holds the runner alone, at `/regatta-runner`.
pub const PORTAL_IMAGE: &str =
    "registry.trial/regatta@sha256:7ea11e0a6c0c0de000000000000000000000000000000000000000000000000a";
/// The image that holds this machine's tools.
pub const TOOLS_IMAGE: &str =
    "registry.trial/host-tools@sha256:7ea11e0a6c0c0de000000000000000000000000000000000000000000000000b";

/// What a cluster is like.
#[derive(Clone, Debug)]
pub struct TrialOptions {
    /// The namespace of the playground's pods.
    pub namespace: String,
    /// Its Pod Security level: `restricted`, `baseline` or `privileged`.
    pub pod_security: String,
    /// Its quota, by resource; `None` for none.
    pub quota: Option<BTreeMap<String, String>>,
    /// Whether there is a service account `default`.
    pub service_account: bool,
    /// The runtime classes.
    pub runtime_classes: Vec<TrialRuntimeClass>,
    /// The labels of the node, beside those that every node has.
    pub node_labels: BTreeMap<String, String>,
    /// The images that can be had.
    pub images: Vec<TrialImage>,
    /// How long things take.
    pub timing: Timing,
}

/// A runtime class.
#[derive(Clone, Debug)]
pub struct TrialRuntimeClass {
    /// Its name.
    pub name: String,
    /// What runs its pods: `kata…`, `runsc` or `runc`.
    pub handler: String,
    /// What each of its pods needs beside what its containers ask for.
    pub overhead: BTreeMap<String, String>,
    /// The labels that its nodes have.
    pub node_selector: BTreeMap<String, String>,
}

/// An image.
#[derive(Clone, Debug)]
pub struct TrialImage {
    /// Its name with its digest.
    pub reference: String,
    /// What is in it.
    pub content: ImageContent,
    /// Whether the node has it from the first.
    pub present: bool,
}

/// What is in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageContent {
    /// The runner, and nothing else.
    Runner,
    /// This machine's tools.
    HostTools,
}

/// How long things take.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Until a pod has a node.
    pub schedule: Duration,
    /// Until its sandbox is there.
    pub sandbox: Duration,
    /// To fetch an image that is not present.
    pub pull: Duration,
    /// Until a container runs.
    pub start: Duration,
    /// Until a node that fell silent is given up.
    pub node_given_up: Duration,
    /// Until gVisor tells that a container is out of memory.
    pub late_oom: Duration,
}

impl Default for TrialOptions {
    fn default() -> Self {
        Self {
            namespace: "regatta-playground".to_owned(),
            pod_security: "restricted".to_owned(),
            quota: Some(amounts(&[("pods", "12"), ("limits.cpu", "24"), ("limits.memory", "24Gi")])),
            service_account: true,
            runtime_classes: vec![
                TrialRuntimeClass::new("kata", "kata", &[("cpu", "250m"), ("memory", "320Mi")]),
                TrialRuntimeClass::new("gvisor", "runsc", &[]),
                TrialRuntimeClass::new("runc", "runc", &[]),
            ],
            node_labels: amounts(&[("katacontainers.io/kata-runtime", "true")]),
            images: vec![
                TrialImage::new(PORTAL_IMAGE, ImageContent::Runner),
                TrialImage::new(TOOLS_IMAGE, ImageContent::HostTools),
            ],
            timing: Timing::default(),
        }
    }
}

impl TrialRuntimeClass {
    fn new(name: &str, handler: &str, overhead: &[(&str, &str)]) -> Self {
        Self {
            name: name.to_owned(),
            handler: handler.to_owned(),
            overhead: amounts(overhead),
            node_selector: BTreeMap::new(),
        }
    }

    /// What it looks like when one of its pods has no more memory.
    pub fn oom_shape(&self) -> OomShape {
        match self.handler.as_str() {
            "runsc" | "gvisor" => OomShape::Gvisor,
            handler if handler.starts_with("kata") => OomShape::Kata,
            _ => OomShape::Runc,
        }
    }

    /// Whether volumes in memory are as small as pods want them.
    pub fn keeps_size_limits(&self) -> bool {
        !self.handler.starts_with("kata")
    }
}

impl TrialImage {
    /// An image that the node has.
    pub fn new(reference: &str, content: ImageContent) -> Self {
        Self { reference: reference.to_owned(), content, present: true }
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            schedule: Duration::from_millis(5),
            sandbox: Duration::from_millis(50),
            pull: Duration::from_millis(400),
            start: Duration::from_millis(20),
            node_given_up: Duration::from_secs(3),
            late_oom: Duration::from_secs(2),
        }
    }
}

/// Names and amounts as an owned map.
pub fn amounts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, amount)| ((*name).to_owned(), (*amount).to_owned())).collect()
}
