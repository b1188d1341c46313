//! One job's life: a pod for it, what is seen and heard of it, what became of it, and its pod's end.

use futures_util::future::BoxFuture;
use k8s_openapi::api::core::v1::Pod;
use regatta_domain::run::{Ending, Milestone};
use regatta_runner::FrameReader;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::aftermath::{Aftermath, Finish, explained};
use super::creation::Candidate;
use super::keeper::{Heard, Keeper, Times};
use super::logs::PodLog;
use super::pod;
use super::pods::Pods;
use super::removal;
use super::room::Turn;
use super::setup::Setup;
use super::watch::Sightings;
use crate::executor::{JobEvent, JobOutcome, JobSpec};
use crate::frames::conclusion::{Cut, Report};
use crate::frames::follower::{Follower, Progress};
use crate::frames::{Conclusion, FLUSH, specification};

/// Runs `job` in a pod until it is over or `cancel` is cancelled; then the pod is deleted. When the future is dropped the
/// pod goes on, and the next who runs the same job finds it and hears all of it. Without a place in the line for new pods
/// only one that is there will do.
pub async fn run(
    pods: &Pods,
    job: &JobSpec,
    turn: Option<Turn>,
    events: mpsc::Sender<JobEvent>,
    cancel: &CancellationToken,
) -> Conclusion {
    let name = pod::name(&job.run, job.job, job.attempt);
    let span = tracing::info_span!("pod", run = %job.run, job = job.job, attempt = job.attempt, pod = name);
    let sightings = pods.watch().follow(&name);
    let life = Life { pods, job, name, events, cancel, sightings, has_ended: false, is_heard: false };
    async {
        let conclusion = Box::pin(life.live(turn)).await;
        let JobOutcome { ending, reason, .. } = &conclusion.outcome;
        // Other reasons speak of steps by the names that their authors gave them.
        let reason = reason.as_ref().filter(|_| ending.is_infrastructure());
        let cluster = Some(&conclusion.complaint).filter(|said| !said.is_empty());
        tracing::info!(ending = ending.as_str(), reason, cluster, "a pod's job is over");
        conclusion
    }
    .instrument(span)
    .await
}

struct Life<'a> {
    pods: &'a Pods,
    job: &'a JobSpec,
    name: String,
    events: mpsc::Sender<JobEvent>,
    cancel: &'a CancellationToken,
    sightings: Sightings,
    /// Its runner has said that it is over.
    has_ended: bool,
    /// Its runner has said something.
    is_heard: bool,
}

impl Life<'_> {
    async fn live(mut self, turn: Option<Turn>) -> Conclusion {
        // Nobody who listens is noticed later.
        let _ = self.events.send(JobEvent::Reached(Milestone::Asked)).await;
        let Self { pods, job, name, events, .. } = &self;
        let candidate = Candidate { pods, job, name, events };
        let created = async {
            match turn {
                Some(turn) => candidate.create(turn).await,
                None => candidate.find().await,
            }
        };
        let created = tokio::select! {
            biased;
            () = self.cancel.cancelled() => None,
            created = created => Some(created),
        };
        let pod = match created {
            Some(Ok(pod)) => pod,
            Some(Err(explanation)) => return explained(explanation),
            None => {
                removal::forget(self.pods.cluster(), &self.name);
                return cancelled();
            }
        };
        let conclusion = self.follow(&pod).await;
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        let (cluster, name) = (self.pods.cluster(), &self.name);
        if conclusion.outcome.ending == Ending::Cancelled {
            removal::remove(cluster, name, uid).await;
        } else if self.has_ended || self.sightings.now().has_ended() {
            removal::remove_later(cluster, name, uid, removal::KEPT);
        } else if self.is_heard {
            removal::remove_later(cluster, name, uid, removal::KEPT_AT_WORK);
        } else {
            removal::remove(cluster, name, uid).await;
        }
        conclusion
    }

    /// Follows the pod until the job is over.
    async fn follow(&mut self, pod: &Pod) -> Conclusion {
        let times = Times {
            created: Instant::now(),
            setup: self.pods.cluster().settings().setup_time,
            limit: self.job.limits.time,
        };
        let (pods, name) = (self.pods, self.name.clone());
        let asks = Box::new(|| Box::pin(is_answered(pods, &name)) as BoxFuture<'_, bool>);
        let keeper = Keeper { asks, times, watch: pods.watch().link(), events: self.events.clone() };
        let events = self.events.clone();
        let mut setup = Setup::new(self.pods.cluster(), &events);
        setup.tell(pod).await;
        let early = tokio::select! {
            biased;
            () = self.cancel.cancelled() => return cancelled(),
            started = setup.until_started(&mut self.sightings) => match started {
                Ok(()) => None,
                Err(explanation) => return explained(explanation),
            },
            verdict = keeper.verdict(None, || false) => Some(verdict),
        };
        match early {
            Some(verdict) => {
                self.conclude(pod, Finish::Verdict(verdict), Report::default(), Progress::default()).await
            }
            None => self.listen(pod, &keeper, &mut setup).await,
        }
    }

    /// Hears the job out, whose container has been started.
    async fn listen(&mut self, pod: &Pod, keeper: &Keeper<'_>, setup: &mut Setup<'_>) -> Conclusion {
        let sights = self.sightings.subscribe();
        let mut log = PodLog::read(self.pods.cluster().pods(), &self.name, sights.clone());
        let identity = specification::identity(self.job);
        let key = self.pods.cluster().keys().run_key(&identity);
        let reader = FrameReader::new(key, identity, self.job.steps.len()).dropping_doubles();
        let mut follower = Follower::new(&self.job.limits, reader, self.events.clone()).stopping_at_end();
        let heard = Heard { progress: follower.progress(), log: log.link.clone() };
        let hear = async {
            if let Some((seen, _)) = self.sightings.now().last() {
                setup.tell_image(seen).await;
            }
            follower.follow(&mut log.frames).await
        };
        let finish = tokio::select! {
            biased;
            () = self.cancel.cancelled() => Finish::Cut(Cut::Stopped(Ending::Cancelled)),
            cut = hear => Finish::Cut(cut),
            verdict = keeper.verdict(Some(&heard), || sights.borrow().has_ended()) => Finish::Verdict(verdict),
        };
        if let Finish::Cut(Cut::Stopped(Ending::Cancelled)) = finish {
            return cancelled();
        }
        let progress = *heard.progress.borrow();
        let report = follower.report();
        self.has_ended = report.end.is_some();
        self.is_heard = progress.since.is_some();
        let (conclusion, flushed) =
            tokio::join!(self.conclude(pod, finish, report, progress), follower.flush(FLUSH));
        if !flushed {
            tracing::warn!("the last events of a job were not taken");
        }
        conclusion
    }

    async fn conclude(
        &mut self,
        pod: &Pod,
        finish: Finish,
        report: Report,
        progress: Progress,
    ) -> Conclusion {
        let files = pod::MAX_FILES;
        let (cluster, job, sightings) = (self.pods.cluster(), self.job, &mut self.sightings);
        Aftermath { cluster, job, files, pod, sightings }.conclude(finish, report, progress).await
    }
}

/// Whether the API server answers at this moment, whatever it says.
async fn is_answered(pods: &Pods, name: &str) -> bool {
    let cluster = pods.cluster();
    !cluster.call(cluster.pods().get(name)).await.is_err_and(|problem| problem.is_passing())
}

fn cancelled() -> Conclusion {
    JobOutcome::new(Ending::Cancelled, None).into()
}
