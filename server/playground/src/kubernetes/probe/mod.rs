//! The probe: before a cluster is trusted, pods of the same kind as every job's show from the inside what they can do.
//!
//! One pod waits to be reached (`stage`); another tries from its container's own process, and a job from within a step, what
//! must not be possible (`targets`, `judge`); three jobs run into their limits (`trials`). Each becomes a [`Finding`], and the
//! cluster is trusted only where all are as they should be.

mod judge;
mod report;
mod stage;
mod subject;
mod targets;
#[cfg(test)]
mod tests;
mod trials;

use std::time::Duration;

use async_trait::async_trait;
use regatta_domain::ids::RunId;
use regatta_domain::run::IsolationLevel;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::judge::Seen;
use self::stage::Stage;
use self::subject::Subject;
use self::targets::{Surroundings, Targets};
use self::trials::Trials;
use super::cluster::{Capacity, Cluster};
use super::pod::PodError;
use super::problem::Problem;
use super::settings::PinnedImage;
use crate::executor::{JobEvent, JobOutcome, JobSpec};

pub use self::report::{Finding, ProbeFailure, ProbeReport};

/// Which pod of the probe's is which.
const NEIGHBOUR: usize = 0;
const OUTSIDE: usize = 1;
const ATTACK: usize = 2;
const MEMORY: usize = 3;
const DISK: usize = 4;
const TIME: usize = 5;
const PODS: std::ops::RangeInclusive<usize> = NEIGHBOUR..=TIME;

/// Where the neighbour waits to be reached: no port that anything else is known to have.
const PORT: u16 = 40_117;
/// The image that is preferred for trying things out, where there is one of this name.
const USUAL_IMAGE: &str = "host-tools";
/// How long the probe may take beside the time that its pods may take to start, twice: one after the other where the quota is
/// small.
const WORK: Duration = Duration::from_mins(2);

/// Runs jobs in pods, as the executor does for visitors.
#[async_trait]
pub trait RunsJobs: Send + Sync {
    /// Runs a job to its end, as [`crate::executor::Executor::run`] does.
    async fn run(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome;
}

/// Why the probe could not be brought to its end.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the cluster does not take the probe's pod: {0}")]
    NotMade(Problem),
    #[error("the probe's pod cannot be described: {0}")]
    NotDescribed(#[from] PodError),
    #[error("the probe's pod does not start: {0}")]
    NotStarted(String),
    #[error("the probe's pod cannot be followed: {0}")]
    NotFollowed(Problem),
    #[error("the probe's pod did not say what it found")]
    Silent,
    #[error("the probe's job ended otherwise than it had to: {0}")]
    Job(String),
    #[error("the node {node} cannot be asked for its kernel: {problem}")]
    Node { node: String, problem: Problem },
    #[error("there is no image to try things out in")]
    NoImage,
    #[error("the probe's pods were not done after {} s", after.as_secs())]
    Late { after: Duration },
}

/// Tries out what pods of `cluster` can do. `jobs` runs them as it does for visitors.
pub async fn run(cluster: &Cluster, jobs: &impl RunsJobs) -> Result<ProbeReport, ProbeFailure> {
    let run = RunId::random(cluster.entropy());
    let (alias, image) = image(cluster).map_err(|broken| unfinished(&broken))?;
    let stage = Stage::new(cluster, &run, image);
    let trials = Trials { jobs, run: &run, image: alias, limits: cluster.limits() };
    let patience = cluster.settings().setup_time * 2 + WORK;
    let done = tokio::time::timeout(patience, all(cluster, &stage, &trials)).await;
    stage.clear(PODS).await;
    let findings =
        done.unwrap_or(Err(Broken::Late { after: patience })).map_err(|broken| unfinished(&broken))?;
    let report = ProbeReport { findings, at: cluster.now() };
    let Some(first) = report.findings.iter().find(|finding| !finding.held) else { return Ok(report) };
    let (reason, fix) = (format!("{}: {}", first.what, first.words), Subject::fix(first).to_owned());
    Err(ProbeFailure { reason, fix, report: Some(report) })
}

fn image(cluster: &Cluster) -> Result<(&str, &PinnedImage), Broken> {
    let images = &cluster.settings().images;
    let usual = images.get_key_value(USUAL_IMAGE).or_else(|| images.first_key_value());
    usual.map(|(alias, image)| (alias.as_str(), image)).ok_or(Broken::NoImage)
}

async fn all(
    cluster: &Cluster,
    stage: &Stage<'_>,
    trials: &Trials<'_, impl RunsJobs>,
) -> Result<Vec<Finding>, Broken> {
    let targets = targets(cluster, stage).await?;
    let (outside, inside, memory, disk, time) = tokio::join!(
        outside(cluster, stage, &targets),
        trials.attack(ATTACK, &targets),
        trials.memory(MEMORY),
        trials.disk(DISK),
        trials.time(TIME),
    );
    let mut findings = outside?;
    findings.extend(judge::of_step(&inside?, &targets));
    findings.extend([memory, disk, time]);
    Ok(findings)
}

/// Whom to try, with a neighbour that is seen to be there. It comes first, so that a pod that cannot be made at all is
/// explained once; where the quota has room for one pod alone there is no neighbour.
async fn targets(cluster: &Cluster, stage: &Stage<'_>) -> Result<Targets, Broken> {
    let around = Surroundings::own();
    if matches!(cluster.capacity(), Some(Capacity { pods: 0..=1 })) {
        return Ok(Targets::find(cluster.address(), &around, None).await);
    }
    let name = stage.put_up(NEIGHBOUR, vec!["listen".to_owned(), PORT.to_string()]).await?;
    let neighbour = stage.until(&name, stage::is_running).await?;
    stage.printed(&name, |text| text.lines().any(|line| line == "listening").then_some(())).await?;
    Ok(Targets::find(cluster.address(), &around, Some((&neighbour, PORT))).await)
}

/// What a container's own process finds, outside of the runner's wall.
async fn outside(cluster: &Cluster, stage: &Stage<'_>, targets: &Targets) -> Result<Vec<Finding>, Broken> {
    let mut arguments = vec!["attempt".to_owned(), "--pod".to_owned()];
    arguments.extend(targets.arguments());
    let name = stage.put_up(OUTSIDE, arguments).await?;
    let pod = stage.until(&name, stage::is_over).await?;
    let whole = |text: &str| Seen::read(text).filter(|seen| seen.has_tried(targets));
    let seen = stage.printed(&name, whole).await?;
    let node = pod.spec.and_then(|spec| spec.node_name).unwrap_or_default();
    let kernel = kernel_of(cluster, node).await?;
    let mut findings = vec![judge::of_kernel(&seen, &kernel, cluster.level())];
    findings.extend(judge::of_pod(&seen, cluster.settings().network, targets));
    Ok(findings)
}

/// The release of a node's kernel, as its kubelet tells it. Nobody needs to know where pods share it anyway.
async fn kernel_of(cluster: &Cluster, node: String) -> Result<String, Broken> {
    match cluster.call(cluster.nodes().get(&node)).await {
        Ok(found) => {
            let told = found.status.and_then(|status| status.node_info);
            Ok(told.map(|info| info.kernel_version).unwrap_or_default())
        }
        Err(_) if cluster.level() == IsolationLevel::Process => Ok(String::new()),
        Err(problem) => Err(Broken::Node { node, problem }),
    }
}

/// A probe that shows nothing, neither that pods hold nor that they do not.
fn unfinished(broken: &Broken) -> ProbeFailure {
    let fix = match broken {
        Broken::NotMade(Problem::Refused(_)) => {
            "See what the namespace demands of pods (its labels, limit ranges and policies), and that the images of \
             playground.kubernetes.images and runner_image are those that its policy lists"
        }
        Broken::NotMade(Problem::Forbidden(_)) | Broken::NotFollowed(Problem::Forbidden(_)) => {
            "Grant the portal's service account create, get, list, watch and delete on pods and get on pods/log in the \
             playground's namespace"
        }
        Broken::Node { .. } => "Grant the portal's service account get on nodes in the whole cluster",
        Broken::NotStarted(_) | Broken::Late { .. } => {
            "See the namespace's pods and events (kubectl describe pods), whether the nodes have the images and the runtime \
             class, and whether the quota has room; playground.kubernetes.setup_seconds says how long a pod may take"
        }
        Broken::NoImage => "Name one in playground.kubernetes.images",
        _ => "See the log of the portal, and probe again",
    };
    ProbeFailure { reason: broken.to_string(), fix: fix.to_owned(), report: None }
}
