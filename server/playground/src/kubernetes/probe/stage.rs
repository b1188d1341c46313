//! The probe's own pods: the same as every job's, but that the runner's program does something else in them.

use std::time::Duration;

use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, Pod};
use kube::api::{DeleteParams, LogParams, PostParams};
use regatta_domain::ids::RunId;
use tokio::time::{Instant, sleep};

use super::Broken;
use crate::executor::Limits;
use crate::kubernetes::cluster::Cluster;
use crate::kubernetes::pod::{self, JOB, LEAST_MACHINE_MEMORY, Plan, Work};
use crate::kubernetes::problem::Problem;
use crate::kubernetes::settings::PinnedImage;
use crate::kubernetes::{milestones, setup, status};

/// How often a pod is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How often the cluster is asked again for what it could not do at the moment.
const AGAIN: Duration = Duration::from_secs(2);
/// How often a pod's events are looked at while it does not start.
const EVENTS: Duration = Duration::from_secs(5);
/// The most that is read of a pod's log, in bytes.
const MAX_LOG: i64 = 256 << 10;
/// How often a log that is not all there is read again: a short container's last lines can come late, and the first ones of
/// one in a slow machine.
const LOG_READINGS: u32 = 60;
/// How long the probe's own pods may be there once they have started.
const LIFE: Duration = Duration::from_mins(1);
/// What is said of a container that will not start, however long one waits.
const HOPELESS: [&str; 7] = [
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "CrashLoopBackOff",
];

/// Where the probe's pods are put up.
pub struct Stage<'a> {
    cluster: &'a Cluster,
    /// What all of the probe's pods belong to.
    run: &'a RunId,
    image: &'a PinnedImage,
}

impl<'a> Stage<'a> {
    /// A stage for pods of `run` in this image.
    pub fn new(cluster: &'a Cluster, run: &'a RunId, image: &'a PinnedImage) -> Self {
        Self { cluster, run, image }
    }

    /// Makes the pod with this number, whose container runs the runner's program with these arguments.
    pub async fn put_up(&self, number: usize, arguments: Vec<String>) -> Result<String, Broken> {
        let limits = Limits {
            time: LIFE,
            memory_bytes: LEAST_MACHINE_MEMORY.min(self.cluster.limits().memory_bytes),
            ..self.cluster.limits().clone()
        };
        let (work, since) = (Work::Program(arguments), self.cluster.now());
        let plan =
            Plan { run: self.run, job: number, attempt: 0, image: self.image, work, limits: &limits, since };
        let pod = pod::build(&self.cluster.shape(), &plan)?;
        let pods = self.cluster.pods();
        loop {
            match self.cluster.call(pods.create(&PostParams::default(), &pod)).await {
                Ok(_) | Err(Problem::Exists) => return Ok(pod::name(self.run, number, 0)),
                Err(Problem::OverQuota(_) | Problem::Conflict(_)) => sleep(AGAIN).await,
                Err(problem) if problem.is_passing() => sleep(AGAIN).await,
                Err(problem) => return Err(Broken::NotMade(problem)),
            }
        }
    }

    /// Waits until the pod is as `wanted`, and returns it as it is then.
    pub async fn until(&self, name: &str, wanted: impl Fn(&Pod) -> bool) -> Result<Pod, Broken> {
        let (since, mut asked) = (Instant::now(), Instant::now());
        loop {
            match self.cluster.call(self.cluster.pods().get(name)).await {
                Ok(pod) if wanted(&pod) => return Ok(pod),
                Ok(pod) => {
                    let mut why = stuck(&pod);
                    if why.is_none() && asked.elapsed() >= EVENTS {
                        asked = Instant::now();
                        why = self.complaint(&pod, since.elapsed()).await;
                    }
                    match why {
                        Some(why) => return Err(Broken::NotStarted(why)),
                        None => sleep(LOOK).await,
                    }
                }
                Err(problem) if problem.is_passing() => sleep(AGAIN).await,
                Err(problem) => return Err(Broken::NotFollowed(problem)),
            }
        }
    }

    /// What the cluster complains of, where that keeps a pod from starting for good, or has for too long.
    async fn complaint(&self, pod: &Pod, waited: Duration) -> Option<String> {
        let noted = setup::events_of(self.cluster, pod).await;
        let most = self.cluster.settings().setup_time + LIFE;
        let late = || {
            let last =
                milestones::complaint(&noted).unwrap_or_else(|| "the cluster does not say why".to_owned());
            format!("nothing after {} s; {last}", most.as_secs())
        };
        milestones::no_runtime(&noted).or_else(|| (waited >= most).then(late))
    }

    /// What the container has printed, as soon as it is `whole`.
    pub async fn printed<T>(&self, name: &str, whole: impl Fn(&str) -> Option<T>) -> Result<T, Broken> {
        let (pods, what) = (self.cluster.pods(), what_to_read());
        for _ in 0..LOG_READINGS {
            match self.cluster.call(pods.logs(name, &what)).await {
                Ok(text) => {
                    if let Some(read) = whole(&text) {
                        return Ok(read);
                    }
                }
                Err(problem @ (Problem::Forbidden(_) | Problem::Unauthorized(_))) => {
                    return Err(Broken::NotFollowed(problem));
                }
                // The node may not have it yet.
                Err(problem) => tracing::debug!(%problem, name, "a log cannot be read yet"),
            }
            sleep(LOOK).await;
        }
        Err(Broken::Silent)
    }

    /// Takes away the pods with these numbers, whatever they do.
    pub async fn clear(&self, numbers: impl IntoIterator<Item = usize>) {
        let at_once = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
        let pods = self.cluster.pods();
        for number in numbers {
            let name = pod::name(self.run, number, 0);
            match self.cluster.call(pods.delete(&name, &at_once)).await {
                Ok(_) | Err(Problem::Missing(_)) => {}
                // It has a deadline, by which it is taken away.
                Err(problem) => tracing::warn!(%problem, name, "a pod of the probe is left"),
            }
        }
    }
}

fn what_to_read() -> LogParams {
    LogParams { container: Some(JOB.to_owned()), limit_bytes: Some(MAX_LOG), ..LogParams::default() }
}

/// Whether the container runs, and the pod has an address.
pub fn is_running(pod: &Pod) -> bool {
    let has_address = pod.status.as_ref().is_some_and(|status| status.pod_ip.is_some());
    has_address && state(pod).is_some_and(|state| state.running.is_some())
}

/// Whether the container has come to its end.
pub fn is_over(pod: &Pod) -> bool {
    state(pod).is_some_and(|state| state.terminated.is_some())
}

fn state(pod: &Pod) -> Option<&ContainerState> {
    let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
    statuses.iter().find(|status| status.name == JOB)?.state.as_ref()
}

/// Why a pod will not come to what is waited for, if it will not.
fn stuck(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let lists = [&status.init_container_statuses, &status.container_statuses];
    let mut containers = lists.into_iter().flatten().flatten();
    if let Some(why) = containers.find_map(hopeless) {
        return Some(why);
    }
    if status.phase.as_deref() != Some("Failed") {
        return None;
    }
    let told = [&status.reason, &status.message].into_iter().flatten().cloned().collect::<Vec<_>>();
    let ends = lists.into_iter().flatten().flatten().filter_map(end);
    Some(told.into_iter().chain(ends).collect::<Vec<_>>().join("; "))
}

fn hopeless(container: &ContainerStatus) -> Option<String> {
    let waiting = container.state.as_ref()?.waiting.as_ref()?;
    let reason = waiting.reason.as_deref()?;
    if status::is_late(waiting) {
        return None;
    }
    let words = || {
        format!(
            "its container {} waits: {reason}: {}",
            container.name,
            waiting.message.as_deref().unwrap_or("no more is told")
        )
    };
    HOPELESS.contains(&reason).then(words)
}

fn end(container: &ContainerStatus) -> Option<String> {
    let end = container.state.as_ref()?.terminated.as_ref()?;
    let (name, reason) = (&container.name, end.reason.as_deref().unwrap_or("no reason told"));
    Some(format!("its container {name} ended with exit code {} ({reason})", end.exit_code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(status: &serde_json::Value) -> Pod {
        serde_json::from_value(serde_json::json!({ "status": status })).unwrap()
    }

    #[test]
    fn a_pod_that_will_not_start_is_told_from_one_that_may() {
        let waiting = |reason: &str| {
            let state = serde_json::json!({ "waiting": { "reason": reason, "message": "not found" } });
            let status = serde_json::json!({ "name": JOB, "state": state, "image": "", "imageID": "", "ready": false, "restartCount": 0 });
            pod(&serde_json::json!({ "phase": "Pending", "containerStatuses": [status] }))
        };
        assert_eq!(stuck(&waiting("ContainerCreating")), None);
        assert_eq!(stuck(&waiting("ErrImagePull")), None);
        let why = stuck(&waiting("ImagePullBackOff")).unwrap();
        assert_eq!(why, "its container job waits: ImagePullBackOff: not found");
    }

    #[test]
    fn what_the_cluster_says_of_a_pod_that_failed_is_told() {
        let state = serde_json::json!({ "terminated": { "exitCode": 2, "reason": "Error" } });
        let status = serde_json::json!({ "name": "runner", "state": state, "image": "", "imageID": "", "ready": false, "restartCount": 0 });
        let failed = pod(
            &serde_json::json!({ "phase": "Failed", "reason": "Evicted", "initContainerStatuses": [status] }),
        );
        assert_eq!(stuck(&failed).unwrap(), "Evicted; its container runner ended with exit code 2 (Error)");
        assert!(!is_running(&failed) && !is_over(&failed));
    }
}
