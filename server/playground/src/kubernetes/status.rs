//! What a pod's status says of its job.
//!
//! A status explains why a job ended without its runner saying so. It never says that a job succeeded: a virtual machine
//! that was killed may have left exit code 0 behind. Nor is any single sign of it relied on alone: the kernel's end of a
//! process that took too much memory looks different under every runtime, so it is put together with what the runner told.
//!
//! Names of reasons and conditions are Kubernetes' own (kubelet, scheduler, taint and node life cycle controllers).

use std::time::Duration;

use k8s_openapi::api::core::v1::{
    ContainerState, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus, Pod, PodCondition,
};
use regatta_domain::run::Ending;
use tokio::time::Instant;

use super::pod::{JOB, RUNNER};

/// The exit code of what the kernel killed: 128 + SIGKILL.
const KILLED: i32 = 137;
/// How the kubelet (of its own limit for calls) and containerd (of a call before that is still under way) say that a container
/// was not made in time.
const LATE: [&str; 3] = ["context deadline exceeded", "DeadlineExceeded", "is reserved for"];
/// How often, or for how long, an image is seen not to be had until that counts.
const PULL_SIGHTINGS: u32 = 2;
const PULL_PATIENCE: Duration = Duration::from_secs(20);

/// Why a job ended as it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The ending.
    pub ending: Ending,
    /// Why, in words for the visitor.
    pub words: String,
    /// What the cluster says, for operators only: it may name nodes and registries.
    pub raw: String,
}

/// What the runner told of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Whether it said anything.
    pub ready: bool,
    /// The most memory that the job was seen to use, in bytes.
    pub memory: u64,
    /// The most that it may use, in bytes.
    pub memory_limit: u64,
    /// What its kernel has in all, in bytes; 0 where that was not told. A virtual machine may be made as large as the job's
    /// limit, and its kernel takes a part of that.
    pub memory_total: u64,
    /// Whether its kernel said that it has killed for memory.
    pub memory_gone: bool,
}

impl Told {
    /// Whether the job was seen with three quarters of its memory or more: the rest is the runner's, the kernel's and the
    /// sandbox's own, and what was taken since the last look.
    pub fn memory_was_near(&self) -> bool {
        let total = if self.memory_total == 0 { u64::MAX } else { self.memory_total };
        let most = self.memory_limit.min(total);
        self.memory_gone || (most > 0 && self.memory >= most / 4 * 3)
    }
}

/// How far a pod has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No node has room for it. In the scheduler's words, for operators.
    Unscheduled(String),
    /// It is on its way.
    Starting,
    /// It cannot go on, which may pass.
    Doubtful(Explanation),
    /// It will never start.
    Hopeless(Explanation),
    /// Its job runs or has run: there is something to be heard of it, or was.
    Started,
}

impl Explanation {
    fn new(ending: Ending, words: impl Into<String>, raw: impl Into<String>) -> Self {
        Self { ending, words: words.into(), raw: raw.into() }
    }

    /// An explanation for which nobody in particular is to blame.
    pub fn infra(words: impl Into<String>, raw: impl Into<String>) -> Self {
        Self::new(Ending::InfraError, words, raw)
    }
}

/// Whether a pod is over: it takes no room, and nothing in it runs.
pub fn is_over(pod: &Pod) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

/// Whether the job's container has ended, or never will begin, because its pod is over.
pub fn has_ended(pod: &Pod) -> bool {
    is_over(pod) || terminated(pod, JOB).is_some()
}

/// How far a pod has come.
pub fn standing(pod: &Pod) -> Standing {
    let started = |state: &ContainerState| state.running.is_some() || state.terminated.is_some();
    if is_over(pod) || container(pod, JOB).and_then(|container| container.state.as_ref()).is_some_and(started)
    {
        return Standing::Started;
    }
    if let Some(explanation) = failed_to_install(pod) {
        return Standing::Hopeless(explanation);
    }
    let blocked = [RUNNER, JOB].iter().find_map(|name| blocked(container(pod, name)?));
    if let Some(blocked) = blocked {
        return blocked;
    }
    match condition(pod, "PodScheduled") {
        Some(scheduled) if scheduled.status == "False" => {
            Standing::Unscheduled(scheduled.message.clone().unwrap_or_default())
        }
        _ => Standing::Starting,
    }
}

/// Why a container cannot be started, where it cannot.
fn blocked(container: &ContainerStatus) -> Option<Standing> {
    let waiting = container.state.as_ref()?.waiting.as_ref()?;
    let reason = waiting.reason.as_deref()?;
    let raw = format!("{reason}: {}", waiting.message.as_deref().unwrap_or_default());
    let pull = |words: &str| Explanation::new(Ending::ImagePull, words, raw.clone());
    Some(match reason {
        "InvalidImageName" => Standing::Hopeless(pull("its image has a name that is none")),
        "ErrImageNeverPull" => {
            Standing::Hopeless(pull("its image is not on the node and may not be fetched"))
        }
        "ErrImagePull" | "ImagePullBackOff" | "ImageInspectError" | "RegistryUnavailable" => {
            Standing::Doubtful(pull("its image cannot be fetched"))
        }
        // The runtime was slow, or is still at it: the kubelet asks it again.
        "CreateContainerError" if is_late(waiting) => return None,
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" | "CrashLoopBackOff" => {
            Standing::Hopeless(Explanation::infra("its container cannot be made", raw))
        }
        _ => return None,
    })
}

/// Whether a container was only not made in time, so that it is tried again. Virtual machines whose processors are played by a
/// program are that slow.
pub fn is_late(waiting: &ContainerStateWaiting) -> bool {
    let message = waiting.message.as_deref().unwrap_or_default();
    waiting.reason.as_deref() == Some("CreateContainerError")
        && LATE.iter().any(|words| message.contains(words))
}

/// Counts how often a pod was seen in doubt, and since when.
#[derive(Clone, Debug, Default)]
pub struct Doubts {
    since: Option<Instant>,
    sightings: u32,
}

impl Doubts {
    /// Another sighting in doubt. Returns whether the doubt has become certain.
    pub fn sighted(&mut self, now: Instant) -> bool {
        self.since.get_or_insert(now);
        self.sightings += 1;
        self.sightings >= PULL_SIGHTINGS
    }

    /// Waits until the doubt has become certain by itself.
    pub async fn become_certain(&self) {
        match self.since {
            Some(since) => tokio::time::sleep_until(since + PULL_PATIENCE).await,
            None => std::future::pending().await,
        }
    }

    /// The pod has gone on.
    pub fn dispelled(&mut self) {
        *self = Self::default();
    }
}

/// Why a job ended without its runner saying so, or why it was asked to end; `None` where the status does not say (yet).
/// `gone` says whether the pod is no more, which nobody here wanted; `pod` is as it was last.
pub fn explain(pod: &Pod, gone: bool, told: Told) -> Option<Explanation> {
    out_of_memory(pod, told)
        .or_else(|| by_the_cluster(pod, told))
        .or_else(|| disrupted(pod))
        .or_else(|| failed_to_install(pod))
        .or_else(|| hopeless(pod))
        .or_else(|| killed(pod, told))
        .or_else(|| unreachable(pod))
        .or_else(|| vanished(pod, gone))
        .or_else(|| exited(pod))
}

/// The runtime says it outright: with 137 at once (runc), with 128 and late (gVisor).
fn out_of_memory(pod: &Pod, told: Told) -> Option<Explanation> {
    let end = terminated(pod, JOB)?;
    (end.reason.as_deref() == Some("OOMKilled")).then(|| too_much_memory(end, told))
}

fn too_much_memory(end: &ContainerStateTerminated, told: Told) -> Explanation {
    let words = format!("more than {} MiB of memory", told.memory_limit >> 20);
    Explanation::new(Ending::OutOfMemory, words, raw_end(end))
}

/// The pod's own reason: what the kubelet or a controller did to all of it.
fn by_the_cluster(pod: &Pod, told: Told) -> Option<Explanation> {
    let status = pod.status.as_ref()?;
    let reason = status.reason.as_deref()?;
    let raw = format!("{reason}: {}", status.message.as_deref().unwrap_or_default());
    Some(match reason {
        "Evicted" => Explanation::new(Ending::Evicted, "its node ran short of something", raw),
        "Preempting" | "Preempted" => {
            Explanation::new(Ending::Evicted, "something more important took its place", raw)
        }
        "DeadlineExceeded" if told.ready => {
            Explanation::new(Ending::TimedOut, "its pod's time was over", raw)
        }
        "DeadlineExceeded" => Explanation::infra("it was not ready within its pod's time", raw),
        "NodeLost" | "NodeShutdown" | "Shutdown" | "Terminated" => {
            Explanation::new(Ending::NodeLost, "its node went down", raw)
        }
        "NodeAffinity" | "UnexpectedAdmissionError" => Explanation::infra("its node would not take it", raw),
        reason if reason.starts_with("OutOf") => {
            Explanation::infra("its node had no room for it any more", raw)
        }
        _ => return None,
    })
}

/// The condition by which whoever takes a pod away says so beforehand.
fn disrupted(pod: &Pod) -> Option<Explanation> {
    let disruption = condition(pod, "DisruptionTarget").filter(|condition| condition.status == "True")?;
    let reason = disruption.reason.as_deref().unwrap_or_default();
    let raw = format!("{reason}: {}", disruption.message.as_deref().unwrap_or_default());
    let (ending, words) = match reason {
        "DeletionByTaintManager" | "DeletionByPodGC" => (Ending::NodeLost, "its node went down"),
        "PreemptionByScheduler" => (Ending::Evicted, "something more important took its place"),
        _ => (Ending::Evicted, "its node was needed for something else"),
    };
    Some(Explanation::new(ending, words, raw))
}

/// The init container ended otherwise than well: there is no runner for the job.
fn failed_to_install(pod: &Pod) -> Option<Explanation> {
    let end = terminated(pod, RUNNER).filter(|end| end.exit_code != 0)?;
    let raw = in_short(end, end.message.as_deref());
    Some(Explanation::infra("the runner could not be brought into its pod", raw))
}

/// It never started, and will not.
fn hopeless(pod: &Pod) -> Option<Explanation> {
    match standing(pod) {
        Standing::Hopeless(explanation) | Standing::Doubtful(explanation) => Some(explanation),
        Standing::Unscheduled(_) | Standing::Starting | Standing::Started => None,
    }
}

/// Killed, and nobody says why: under Kata the kernel that does so is inside of the virtual machine, and all that comes out
/// is 137 and `Error`. It was the memory where the runner last told of much.
fn killed(pod: &Pod, told: Told) -> Option<Explanation> {
    let end = terminated(pod, JOB)?;
    let unlocated = end.reason.as_deref() == Some("ContainerStatusUnknown");
    if end.exit_code != KILLED || unlocated {
        return None;
    }
    told.memory_was_near().then(|| too_much_memory(end, told))
}

/// Its node has not been heard of for so long that the cluster no longer knows how the pod is, or lost its container.
fn unreachable(pod: &Pod) -> Option<Explanation> {
    let unknown = |condition: &&PodCondition| condition.status == "Unknown";
    let ready = condition(pod, "Ready").filter(unknown);
    let lost = terminated(pod, JOB).filter(|end| end.reason.as_deref() == Some("ContainerStatusUnknown"));
    let raw = match (ready, lost) {
        (Some(ready), _) => format!("Ready is unknown: {}", ready.reason.as_deref().unwrap_or_default()),
        (None, Some(end)) => raw_end(end),
        (None, None) if phase(pod) == "Unknown" => "the phase is unknown".to_owned(),
        (None, None) => return None,
    };
    Some(Explanation::new(Ending::NodeLost, "its node was not heard of any more", raw))
}

/// Somebody deleted it.
fn vanished(pod: &Pod, gone: bool) -> Option<Explanation> {
    let deleted = pod.metadata.deletion_timestamp.is_some();
    let raw = if deleted { "somebody deleted the pod" } else { "the pod is gone" };
    (gone || deleted).then(|| Explanation::new(Ending::Vanished, "somebody took it out of the cluster", raw))
}

/// Its container has ended, with nothing to say for it.
fn exited(pod: &Pod) -> Option<Explanation> {
    let end = terminated(pod, JOB)?;
    let words = match end.reason.as_deref() {
        Some("StartError" | "ContainerCannotRun") => "its container could not be started".to_owned(),
        _ if end.exit_code == KILLED => {
            "its container was killed, perhaps for its memory, though it was not seen to use much".to_owned()
        }
        _ => format!("its container ended with exit code {} and without an authentic report", end.exit_code),
    };
    Some(Explanation::infra(words, raw_end(end)))
}

/// How the job's container ended, for operators. The message of one that ran is what it left in a file of its own, which
/// steps can write to: it is left out. Only that of one which never ran is the runtime's.
fn raw_end(end: &ContainerStateTerminated) -> String {
    let by_the_runtime = ["StartError", "ContainerCannotRun", "ContainerStatusUnknown"];
    let ran = !end.reason.as_deref().is_some_and(|reason| by_the_runtime.contains(&reason));
    in_short(end, end.message.as_deref().filter(|_| !ran))
}

fn in_short(end: &ContainerStateTerminated, message: Option<&str>) -> String {
    let reason = end.reason.as_deref().unwrap_or("no reason");
    format!("{reason}, exit code {} {}", end.exit_code, message.unwrap_or_default()).trim_end().to_owned()
}

fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

fn condition<'a>(pod: &'a Pod, kind: &str) -> Option<&'a PodCondition> {
    pod.status.as_ref()?.conditions.as_ref()?.iter().find(|condition| condition.type_ == kind)
}

/// The status of the container of this name, be it an init container.
pub fn container<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStatus> {
    let status = pod.status.as_ref()?;
    let all = status.container_statuses.iter().chain(&status.init_container_statuses).flatten();
    all.into_iter().find(|container| container.name == name)
}

fn terminated<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStateTerminated> {
    container(pod, name)?.state.as_ref()?.terminated.as_ref()
}

#[cfg(test)]
mod tests;
