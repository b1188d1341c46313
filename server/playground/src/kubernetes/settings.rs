//! Where the cluster is, and what pods there may look like.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Everything an operator can say of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSettings {
    /// How the API server is reached.
    pub access: Access,
    /// The namespace of the playground's pods. The portal itself lives in another one.
    pub namespace: String,
    /// The runtime class of every pod; `None` is the cluster's default runtime, which needs `shared_kernel`.
    pub runtime_class: Option<String>,
    /// Whether pods may run on the node's own kernel. For trying out on a laptop.
    pub shared_kernel: bool,
    /// What must keep steps from the network.
    pub network: NetworkWall,
    /// What each alias means here.
    pub images: BTreeMap<String, PinnedImage>,
    /// The portal's own image, from which an init container brings the runner.
    pub runner_image: PinnedImage,
    /// The processors of a pod, in thousandths: what it may use.
    pub cpu_limit_millis: u32,
    /// The processors of a pod, in thousandths: what is kept free for it.
    pub cpu_request_millis: u32,
    /// The memory that is kept free for a pod, in bytes; never more than a job may use.
    pub memory_request_bytes: u64,
    /// The node's disk that a pod may use for its log and its image's writable layer, in bytes.
    pub ephemeral_storage_bytes: u64,
    /// The labels that a pod's node must have.
    pub node_selector: BTreeMap<String, String>,
    /// The taints that pods put up with.
    pub tolerations: Vec<Toleration>,
    /// The priority class of pods.
    pub priority_class: Option<String>,
    /// Whether pods have a user namespace of their own (`hostUsers: false`). Needs Kubernetes 1.33 and a runtime class that
    /// can; Kata is not known to.
    pub user_namespaces: bool,
    /// The service account of pods. Its token is never mounted.
    pub service_account: String,
    /// How long a pod may take until its runner is ready, the wait for room in the quota left out.
    pub setup_time: Duration,
    /// What tells this portal's pods from those of others in the same namespace: a label's value. `None` is one made from
    /// the portal's secret.
    pub instance: Option<String>,
}

/// How an API server is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// From inside of the cluster where there is a service account, else by the usual kubeconfig.
    #[default]
    Auto,
    /// By a kubeconfig.
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// The context in it; `None` is its current one.
        context: Option<String>,
    },
}

/// What must keep steps from the network. The runner's own wall stands in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NetworkWall {
    /// The cluster must enforce network policies: the probe pod reaches nobody even outside of the runner's wall.
    #[default]
    Policy,
    /// The runner's own wall is enough.
    Runner,
}

/// A taint that pods put up with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toleration {
    /// The taint's key.
    pub key: String,
    /// Its value; `None` puts up with any.
    pub value: Option<String>,
    /// Its effect, `NoSchedule` for example; `None` puts up with all.
    pub effect: Option<String>,
}

/// An image that cannot change: `registry/name@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedImage(String);

/// Why a text names no pinned image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an image is pinned by its digest: registry.example/name@sha256:… with 64 hexadecimal digits")]
pub struct NotPinned;

impl PinnedImage {
    /// The whole reference.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its digest: `sha256:…`.
    pub fn digest(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, digest)| digest)
    }
}

impl fmt::Display for PinnedImage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for PinnedImage {
    type Err = NotPinned;

    fn from_str(text: &str) -> Result<Self, NotPinned> {
        let (name, digest) = text.split_once("@sha256:").ok_or(NotPinned)?;
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"./:_-".contains(&byte);
        let is_name = !name.is_empty() && name.len() <= 255 && name.bytes().all(fine);
        let is_digest =
            digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_name && is_digest { Ok(Self(text.to_owned())) } else { Err(NotPinned) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_digest_pins() {
        let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
        let image: PinnedImage = format!("registry.example:5000/a/b:1@{digest}").parse().unwrap();
        assert_eq!(image.digest(), digest);
        for loose in ["a/b:1", "a/b@sha256:12", "@sha256:", "a b@sha256:0", ""] {
            assert_eq!(loose.parse::<PinnedImage>(), Err(NotPinned), "{loose}");
        }
        assert!(format!("a@{}", digest.to_uppercase()).parse::<PinnedImage>().is_err());
    }
}
