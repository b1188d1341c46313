//! `playground.*`

use std::str::FromStr;
use std::time::Duration;

use regatta_domain::switches::PlaygroundMode;
use regatta_playground::kubernetes::settings::ClusterSettings;
use regatta_playground::settings::Replay;
use regatta_playground::{Exclusion, StandIn};
use regex::Regex;

use super::cluster;
use super::sources::Reader;

/// What runs pipelines, and for whom.
#[derive(Clone, Debug)]
pub struct Playground {
    /// `playground.executor`
    pub executor: ExecutorChoice,
    /// `playground.prefer`: the executors that `auto` looks for, the preferred one first.
    pub prefer: Vec<ExecutorName>,
    /// `playground.kubernetes.*`, where that is an executor to be looked for.
    pub cluster: Option<ClusterSettings>,
    /// `playground.exclude`: images that an executor is never asked for.
    pub exclude: Vec<Exclusion>,
    /// `playground.stand_ins`: images that are run as another one.
    pub stand_ins: Vec<StandIn>,
    /// `playground.mode`: what it does until an operator decides otherwise.
    pub mode: PlaygroundMode,
    /// `playground.edited_runs`: whether visitors may run texts of their own, until an operator decides otherwise.
    pub edited_runs: bool,
    /// `playground.replay`: when a recent run of the same demo is shown in place of a new one.
    pub replay: Replay,
    /// `playground.replay_minutes`: how old that run may be.
    pub replay_for: Duration,
    /// `playground.log_days`: how long logs are kept.
    pub keep_logs: Duration,
    /// `playground.edited_days`: how long runs of visitors' own texts, and shared texts, are kept.
    pub keep_edited: Duration,
}

/// `playground.executor`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutorChoice {
    /// All of `playground.prefer` that are found.
    Auto,
    /// One alone.
    Only(ExecutorName),
    /// No runs at all.
    Off,
}

/// An executor that is built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutorName {
    /// Linux namespaces, a system call filter and control groups, by bubblewrap.
    Bubblewrap,
    /// gVisor's kernel in user space.
    Gvisor,
    /// Pods on Kubernetes.
    Kubernetes,
}

impl ExecutorName {
    /// Its name in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bubblewrap => "bubblewrap",
            Self::Gvisor => "gvisor",
            Self::Kubernetes => "kubernetes",
        }
    }
}

impl FromStr for ExecutorName {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "bubblewrap" => Ok(Self::Bubblewrap),
            "gvisor" => Ok(Self::Gvisor),
            "kubernetes" => Ok(Self::Kubernetes),
            _ => Err(()),
        }
    }
}

const CHOICES: [(&str, ExecutorChoice); 5] = [
    ("auto", ExecutorChoice::Auto),
    ("bubblewrap", ExecutorChoice::Only(ExecutorName::Bubblewrap)),
    ("gvisor", ExecutorChoice::Only(ExecutorName::Gvisor)),
    ("kubernetes", ExecutorChoice::Only(ExecutorName::Kubernetes)),
    ("off", ExecutorChoice::Off),
];

const REPLAYS: [(&str, Replay); 3] =
    [("never", Replay::Never), ("busy", Replay::Busy), ("always", Replay::Always)];

const SWITCH: [(&str, bool); 2] = [("true", true), ("false", false)];

/// Images with a shell and the usual tools and little else: scripts for them mostly run with the host's tools too.
const PLAIN_IMAGES: &str = concat!(
    r"^((docker\.io|mirror\.gcr\.io|public\.ecr\.aws/docker)/)?(library/)?",
    r"(alpine|bash|busybox|debian|ubuntu)(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$"
);

/// What is known not to run in Kata's virtual machines, by what such images are usually called.
const UNFIT_FOR_KATA: [&str; 2] = [
    r"kubernetes (^|/)(i386|i686|linux-386)/|[:_-](i386|i686|x86)([._-]|$): Kata's guest kernel runs no 32-bit (IA32) programs",
    r"kubernetes (^|/)(centos|rhel|oraclelinux|scientificlinux|sl|cloudlinux)(/[a-z]+)?(:|-)?6([._-]|$)|(^|/)rhel6/|[._-]el6([._-]|$): images of the generation of RHEL 6 do not start under a kernel as new as Kata's",
];

impl Playground {
    /// The executors that are looked for, the preferred one first.
    pub fn wanted(&self) -> Vec<ExecutorName> {
        wanted(self.executor, &self.prefer)
    }

    pub(super) fn read(read: &mut Reader) -> Self {
        let executor = read.choice("playground.executor", &CHOICES, ExecutorChoice::Auto);
        let prefer = prefer(read);
        let days = |days: u64| Duration::from_hours(days.saturating_mul(24));
        let modes = PlaygroundMode::ALL.map(|mode| (mode.as_str(), mode));
        Self {
            cluster: cluster::read(read, wanted(executor, &prefer).contains(&ExecutorName::Kubernetes)),
            executor,
            prefer,
            exclude: exclusions(read),
            stand_ins: stand_ins(read),
            mode: read.choice("playground.mode", &modes, PlaygroundMode::Open),
            edited_runs: read.choice("playground.edited_runs", &SWITCH, true),
            replay: read.choice("playground.replay", &REPLAYS, Replay::Busy),
            replay_for: read.minutes("playground.replay_minutes", 10),
            keep_logs: days(read.positive("playground.log_days", 30, "a number of days above 0")),
            keep_edited: days(read.positive("playground.edited_days", 365, "a number of days above 0")),
        }
    }
}

/// The executors that `auto` looks for; a cluster only where it is named.
fn prefer(read: &mut Reader) -> Vec<ExecutorName> {
    let wanted = "a list of bubblewrap, gvisor and kubernetes, the preferred one first";
    let prefer: Vec<ExecutorName> = read.list("playground.prefer", wanted);
    if prefer.is_empty() { vec![ExecutorName::Bubblewrap, ExecutorName::Gvisor] } else { prefer }
}

fn wanted(executor: ExecutorChoice, prefer: &[ExecutorName]) -> Vec<ExecutorName> {
    match executor {
        ExecutorChoice::Auto => prefer.to_vec(),
        ExecutorChoice::Only(name) => vec![name],
        ExecutorChoice::Off => Vec::new(),
    }
}

fn exclusions(read: &mut Reader) -> Vec<Exclusion> {
    let wanted = "a list of rules such as \"gvisor ^legacy/: why not\"";
    match read.list_or_none::<ExclusionRule>("playground.exclude", wanted) {
        Some(rules) => rules.into_iter().map(|rule| rule.0).collect(),
        None => {
            UNFIT_FOR_KATA.iter().filter_map(|rule| rule.parse().ok()).map(|ExclusionRule(it)| it).collect()
        }
    }
}

fn stand_ins(read: &mut Reader) -> Vec<StandIn> {
    let key = "playground.stand_ins";
    let given =
        read.list_or_none::<StandInRule>(key, "a list of rules such as \"^alpine(:.*)?$ = host-tools\"");
    match given {
        Some(rules) => rules.into_iter().map(|rule| rule.0).collect(),
        None => PLAIN_IMAGES
            .parse::<Regex>()
            .map(|image| StandIn { image, alias: regatta_playground::sandbox::HOST_TOOLS.to_owned() })
            .into_iter()
            .collect(),
    }
}

/// `EXECUTOR REGEX: REASON`
struct ExclusionRule(Exclusion);

impl FromStr for ExclusionRule {
    type Err = ();

    fn from_str(rule: &str) -> Result<Self, ()> {
        let (executor, rest) = rule.trim().split_once(' ').ok_or(())?;
        let (image, reason) = rest.split_once(": ").ok_or(())?;
        let known = executor.parse::<ExecutorName>().is_ok();
        let image = image.trim().parse().map_err(drop)?;
        let (executor, reason) = (executor.to_owned(), reason.trim().trim_end_matches('.').to_owned());
        if known && !reason.is_empty() { Ok(Self(Exclusion { executor, image, reason })) } else { Err(()) }
    }
}

/// `REGEX = ALIAS`
struct StandInRule(StandIn);

impl FromStr for StandInRule {
    type Err = ();

    fn from_str(rule: &str) -> Result<Self, ()> {
        let (image, alias) = rule.rsplit_once(" = ").ok_or(())?;
        let image = image.trim().parse().map_err(drop)?;
        let alias = alias.trim().to_owned();
        if alias.is_empty() { Err(()) } else { Ok(Self(StandIn { image, alias })) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_say_what_they_are_about_and_why() {
        let rule = "gvisor ^rhel6/: it does not start there.".parse::<ExclusionRule>().ok().unwrap().0;
        assert_eq!((rule.executor.as_str(), rule.reason.as_str()), ("gvisor", "it does not start there"));
        assert!(rule.image.is_match("rhel6/base"));
        for wrong in ["gvisor ^x", "docker ^x: no", "gvisor (: no", "gvisor ^x: ", ""] {
            assert!(wrong.parse::<ExclusionRule>().is_err(), "{wrong}");
        }
        let rule = "^node(:.*)?$ = host-tools".parse::<StandInRule>().ok().unwrap().0;
        assert!(rule.alias == "host-tools" && rule.image.is_match("node:22"));
        assert!("host-tools".parse::<StandInRule>().is_err());
    }

    #[test]
    fn images_that_kata_cannot_run_are_known_by_their_names() {
        let rules: Vec<Exclusion> =
            UNFIT_FOR_KATA.iter().map(|rule| rule.parse::<ExclusionRule>().ok().unwrap().0).collect();
        let excluded = |image: &str| rules.iter().any(|rule| rule.image.is_match(image));
        for image in [
            "i386/debian:12",
            "docker.io/i386/alpine",
            "debian:12-i386",
            "centos:6",
            "centos:6.10",
            "registry.example/rhel6/base:1",
            "library/centos6",
            "oraclelinux:6-slim",
            "build-el6",
        ] {
            assert!(excluded(image), "{image}");
        }
        for image in
            ["host-tools", "debian:12", "centos:7", "rhel:8.6", "node:16", "alpine:3.16", "amd64/debian"]
        {
            assert!(!excluded(image), "{image}");
        }
    }

    #[test]
    fn plain_images_are_those_with_nothing_of_their_own() {
        let plain: Regex = PLAIN_IMAGES.parse().unwrap();
        for image in ["alpine", "alpine:3.22", "docker.io/library/debian:12-slim", "ubuntu:24.04"] {
            assert!(plain.is_match(image), "{image}");
        }
        let digest = format!("@sha256:{}", "0123456789abcdef".repeat(4));
        for image in
            ["mirror.gcr.io/ubuntu", "public.ecr.aws/docker/library/alpine:3", "mirror.gcr.io/busybox:1"]
        {
            assert!(plain.is_match(image) && plain.is_match(&format!("{image}{digest}")), "{image}");
        }
        for image in
            ["node:22", "alpine/git", "registry.example/alpine", "alpine:3 x", "golang", "alpine@sha256:12"]
        {
            assert!(!plain.is_match(image), "{image}");
        }
    }
}
