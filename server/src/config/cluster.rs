//! `playground.kubernetes.*`

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use regatta_playground::kubernetes::settings::{
    Access, ClusterSettings, NetworkWall, PinnedImage, Toleration,
};

use super::sources::Reader;

/// What stands for the cluster's default runtime in place of a runtime class.
const DEFAULT_RUNTIME: &str = "default";

const SWITCH: [(&str, bool); 2] = [("true", true), ("false", false)];

const WALLS: [(&str, NetworkWall); 2] = [("policy", NetworkWall::Policy), ("runner", NetworkWall::Runner)];

/// Reads every key, so that each mistake is found; `None` where something is missing, which is a mistake where the cluster is
/// wanted.
pub(super) fn read(read: &mut Reader, wanted: bool) -> Option<ClusterSettings> {
    let images: Vec<Named> = read.list(
        "playground.kubernetes.images",
        "a list such as [\"host-tools = registry.example/regatta-tools@sha256:…\"], each pinned by its digest",
    );
    let runner_image = read.parsed("playground.kubernetes.runner_image", |text| {
        text.parse::<PinnedImage>().map_err(|error| error.to_string())
    });
    if wanted && images.is_empty() {
        let fix = "say what image each alias means in the cluster: [\"host-tools = registry.example/regatta-tools@sha256:…\"]";
        read.missing("playground.kubernetes.images", fix);
    }
    if wanted && runner_image.is_none() {
        let fix = "name the portal's own image, which brings the runner into pods, pinned by its digest: registry.example/regatta@sha256:…";
        read.missing("playground.kubernetes.runner_image", fix);
    }
    settings(read, images, runner_image)
}

fn settings(
    read: &mut Reader,
    images: Vec<Named>,
    runner_image: Option<PinnedImage>,
) -> Option<ClusterSettings> {
    let access = access(read);
    let namespace = name(read, "playground.kubernetes.namespace");
    let runtime_class = long_name(read, "playground.kubernetes.runtime_class");
    let shared_kernel = read.choice("playground.kubernetes.shared_kernel", &SWITCH, false);
    let network = read.choice("playground.kubernetes.network", &WALLS, NetworkWall::Policy);
    let cpu_limit_millis = processors(read, "playground.kubernetes.cpu_limit", 1000);
    let cpu_request_millis = processors(read, "playground.kubernetes.cpu_request", 250);
    let memory_request_bytes = mebibytes(read, "playground.kubernetes.memory_request_mib");
    let ephemeral_storage_bytes = mebibytes(read, "playground.kubernetes.ephemeral_storage_mib");
    let node_selector: Vec<Label> =
        read.list("playground.kubernetes.node_selector", "a list of labels such as [\"pool=playground\"]");
    let tolerations: Vec<Tolerated> = read.list(
        "playground.kubernetes.tolerations",
        "a list of taints such as [\"playground=true:NoSchedule\"]",
    );
    let priority_class = long_name(read, "playground.kubernetes.priority_class");
    let user_namespaces = read.choice("playground.kubernetes.user_namespaces", &SWITCH, false);
    let service_account = long_name(read, "playground.kubernetes.service_account");
    let setup_seconds =
        read.positive("playground.kubernetes.setup_seconds", 180, "a number of seconds above 0");
    let instance = name(read, "playground.kubernetes.instance");
    Some(ClusterSettings {
        access,
        namespace: namespace.unwrap_or_else(|| "regatta-playground".to_owned()),
        runtime_class: Some(runtime_class.unwrap_or_else(|| "kata".to_owned()))
            .filter(|name| name != DEFAULT_RUNTIME),
        shared_kernel,
        network,
        images: images.into_iter().map(|Named(alias, image)| (alias, image)).collect(),
        runner_image: runner_image?,
        cpu_limit_millis,
        cpu_request_millis: cpu_request_millis.min(cpu_limit_millis),
        memory_request_bytes,
        ephemeral_storage_bytes,
        node_selector: node_selector.into_iter().map(|Label(key, value)| (key, value)).collect(),
        tolerations: tolerations.into_iter().map(|Tolerated(toleration)| toleration).collect(),
        priority_class,
        user_namespaces,
        service_account: service_account.unwrap_or_else(|| "default".to_owned()),
        setup_time: Duration::from_secs(setup_seconds),
        instance,
    })
}

fn access(read: &mut Reader) -> Access {
    let kubeconfig = read.parsed("playground.kubernetes.kubeconfig", |text| Ok(PathBuf::from(text)));
    let context = read.parsed("playground.kubernetes.context", |text| Ok(text.to_owned()));
    match (kubeconfig, context) {
        (Some(path), context) => Access::Kubeconfig { path, context },
        (None, None) => Access::Auto,
        (None, Some(_)) => {
            let fix = "a context is one of a file: name that in playground.kubernetes.kubeconfig";
            read.missing("playground.kubernetes.kubeconfig", fix);
            Access::Auto
        }
    }
}

/// The name of an object in the cluster that may have dots in it (a DNS subdomain, RFC 1123).
fn long_name(read: &mut Reader, key: &str) -> Option<String> {
    read.parsed(key, |text| {
        if text.len() <= 253 && text.split('.').all(is_name) {
            Ok(text.to_owned())
        } else {
            Err("give a name of lower-case letters, digits, hyphens and dots, at most 253".to_owned())
        }
    })
}

/// The name of an object in the cluster, which is fit for a label's value too (RFC 1123, as Kubernetes has it).
fn name(read: &mut Reader, key: &str) -> Option<String> {
    read.parsed(key, |text| {
        if is_name(text) {
            Ok(text.to_owned())
        } else {
            Err("give a name of lower-case letters, digits and hyphens, at most 63".to_owned())
        }
    })
}

fn is_name(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inside)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Processors as Kubernetes writes them: `2`, `0.5` or `500m`.
fn processors(read: &mut Reader, key: &str, default: u32) -> u32 {
    read.parsed(key, |text| millis(text).ok_or_else(|| "give processors, such as 1, 0.5 or 500m".to_owned()))
        .unwrap_or(default)
}

fn millis(text: &str) -> Option<u32> {
    let millis = text.strip_suffix('m').map_or_else(|| decimal(text), |millis| millis.parse().ok())?;
    (millis > 0).then_some(millis)
}

/// Thousandths of a number with at most three decimals.
fn decimal(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_part = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let part: u32 = format!("{part:0<3}").parse().ok().filter(|_| is_part)?;
    whole.parse::<u32>().ok()?.checked_mul(1000)?.checked_add(part)
}

fn mebibytes(read: &mut Reader, key: &str) -> u64 {
    read.positive::<u64>(key, 256, "mebibytes, above 0").saturating_mul(1 << 20)
}

/// `ALIAS = IMAGE`
struct Named(String, PinnedImage);

impl FromStr for Named {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (alias, image) = text.split_once('=').ok_or(())?;
        let alias = alias.trim();
        let image = image.trim().parse().map_err(drop)?;
        if alias.is_empty() || alias.contains(char::is_whitespace) {
            return Err(());
        }
        Ok(Self(alias.to_owned(), image))
    }
}

/// `KEY=VALUE`
struct Label(String, String);

impl FromStr for Label {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (key, value) = text.trim().split_once('=').ok_or(())?;
        if is_label_key(key) && (value.is_empty() || is_label_part(value)) {
            Ok(Self(key.to_owned(), value.to_owned()))
        } else {
            Err(())
        }
    }
}

fn is_label_key(key: &str) -> bool {
    let (prefix, name) = key.rsplit_once('/').unwrap_or(("a", key));
    let subdomain = prefix.len() <= 253 && prefix.split('.').all(is_name);
    subdomain && is_label_part(name)
}

/// A label's value, or its key without the prefix.
fn is_label_part(text: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let bytes = text.as_bytes();
    text.len() <= 63 && text.bytes().all(inside) && edge(bytes.first()) && edge(bytes.last())
}

/// `KEY[=VALUE][:EFFECT]`
struct Tolerated(Toleration);

impl FromStr for Tolerated {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (taint, effect) = match text.trim().split_once(':') {
            Some((taint, effect @ ("NoSchedule" | "PreferNoSchedule" | "NoExecute"))) => {
                (taint, Some(effect.to_owned()))
            }
            Some(_) => return Err(()),
            None => (text.trim(), None),
        };
        let (key, value) =
            taint.split_once('=').map_or((taint, None), |(key, value)| (key, Some(value.to_owned())));
        let fine = is_label_key(key) && value.as_deref().is_none_or(|v| v.is_empty() || is_label_part(v));
        if fine { Ok(Self(Toleration { key: key.to_owned(), value, effect })) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_written_as_in_kubernetes() {
        let read = ["1", "0.5", "500m", "2.25", "0", "0m", "1.0000", "-1", "1e3", "m", ""].map(millis);
        let none = None;
        assert_eq!(
            read,
            [Some(1000), Some(500), Some(500), Some(2250), none, none, none, none, none, none, none]
        );
    }

    #[test]
    fn taints_and_labels_are_written_as_kubectl_writes_them() {
        let toleration = |text: &str| text.parse::<Tolerated>().map(|Tolerated(toleration)| toleration);
        let all = Toleration { key: "playground".to_owned(), value: None, effect: None };
        assert_eq!(toleration("playground"), Ok(all.clone()));
        let exact = Toleration {
            key: "example.org/playground".to_owned(),
            value: Some("true".to_owned()),
            effect: Some("NoSchedule".to_owned()),
        };
        assert_eq!(toleration("example.org/playground=true:NoSchedule"), Ok(exact));
        assert!(toleration("a:Never").is_err() && toleration("").is_err() && toleration("a b").is_err());
        let label = |text: &str| text.parse::<Label>().map(|Label(key, value)| (key, value));
        let kata = ("katacontainers.io/kata-runtime".to_owned(), "true".to_owned());
        assert_eq!(label("katacontainers.io/kata-runtime=true"), Ok(kata));
        assert!(label("pool").is_err() && label("=x").is_err() && label("a=b c").is_err());
    }

    #[test]
    fn an_alias_means_a_pinned_image() {
        let digest = "0123456789abcdef".repeat(4);
        let Named(alias, image) =
            format!("host-tools = registry.example/tools@sha256:{digest}").parse().ok().unwrap();
        assert_eq!((alias.as_str(), image.digest().len()), ("host-tools", 71));
        assert!("host-tools = registry.example/tools:1".parse::<Named>().is_err());
    }
}
