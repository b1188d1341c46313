//! What became of a job, from what its runner vouches for and, where that is missing, from what its pod looks like.
//!
//! The runner's seal counts. An authentic end that tells of success is one, whatever becomes of the pod afterwards: all that
//! it vouches for had happened and was heard. An authentic end that tells of a failure may be explained by the pod: a step
//! that was killed for its memory failed for that reason, and a runner that was asked to end was asked by somebody. Without
//! an authentic end the job has not succeeded; then the pod explains why, and where it does not, the sandbox failed.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use regatta_domain::run::Ending;
use regatta_runner::{End, Stop};
use tokio::time::Instant;

use super::cluster::Cluster;
use super::keeper::Verdict;
use super::milestones;
use super::problem::Problem;
use super::setup;
use super::status::{self, Explanation, Told};
use super::watch::{Sight, Sightings};
use crate::executor::{JobOutcome, JobSpec};
use crate::frames::Conclusion;
use crate::frames::conclusion::{Conclusions, Cut, Report, infra};
use crate::frames::follower::Progress;

/// How long a status may lag behind what has happened.
const LAG: Duration = Duration::from_secs(5);
/// How often it is asked for meanwhile.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// How long an API server that is away is waited for, where it could only say why.
const AWAY: Duration = Duration::from_secs(30);
/// The exit code of a step that was killed: 128 + SIGKILL.
const KILLED: i32 = 137;

/// How following a job came to its end.
pub enum Finish {
    /// Its report did.
    Cut(Cut),
    /// Its time did.
    Verdict(Verdict),
}

/// A job that is over.
pub struct Aftermath<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The job.
    pub job: &'a JobSpec,
    /// How many files each of its file systems may hold.
    pub files: u64,
    /// Its pod as it was made.
    pub pod: &'a Pod,
    /// What is seen of it.
    pub sightings: &'a mut Sightings,
}

impl Aftermath<'_> {
    /// What became of the job.
    pub async fn conclude(&mut self, finish: Finish, report: Report, progress: Progress) -> Conclusion {
        let told = self.told(&report, progress);
        match finish {
            Finish::Verdict(verdict) => self.judged(verdict, told).await,
            Finish::Cut(Cut::Closed) if report.end.is_none() => match self.explain(told).await {
                Some(explanation) => explained(explanation),
                None => self.unexplained().await,
            },
            Finish::Cut(cut) => {
                let end = report.end.clone();
                let outcome = self.conclusions().of(cut, None, report);
                self.refine(outcome, end, told).await
            }
        }
    }

    fn conclusions(&self) -> Conclusions<'_> {
        Conclusions { job: self.job, files: self.files }
    }

    fn told(&self, report: &Report, progress: Progress) -> Told {
        let results = report.end.iter().flat_map(|end| &end.results);
        let peak = results.map(|result| result.peak_bytes).max().unwrap_or_default();
        Told {
            ready: progress.since.is_some(),
            memory: peak.saturating_add(progress.held).max(progress.memory),
            memory_limit: self.job.limits.memory_bytes,
            memory_total: progress.memory_total,
            memory_gone: progress.memory_gone,
        }
    }

    /// The outcome of a job whose report did not come to its end.
    async fn judged(&mut self, verdict: Verdict, told: Told) -> Conclusion {
        match verdict {
            Verdict::OutOfTime => {
                self.conclusions().of(Cut::Stopped(Ending::TimedOut), None, Report::default()).into()
            }
            Verdict::NotReady => {
                let pod = self.sightings.now();
                let setup = self.cluster.settings().setup_time;
                let mut explanation = setup::not_ready(pod.last().map(|(pod, _)| pod), setup);
                let noted = setup::events_of(self.cluster, self.pod).await;
                if let Some(complaint) = milestones::complaint(&noted) {
                    explanation.raw = complaint;
                }
                explained(explanation)
            }
            Verdict::Unheard => {
                let seen = self.sightings.now();
                let explanation = seen.last().and_then(|(pod, gone)| status::explain(pod, gone, told));
                explained(explanation.filter(|why| why.ending != Ending::InfraError).unwrap_or_else(|| {
                    Explanation {
                        ending: Ending::NodeLost,
                        words: "its node did not answer any more".to_owned(),
                        raw: "its log cannot be read, though the API server answers".to_owned(),
                    }
                }))
            }
        }
    }

    /// What the pod adds to an authentic end that tells of a failure.
    async fn refine(&mut self, outcome: JobOutcome, end: Option<End>, told: Told) -> Conclusion {
        let Some(end) = end else { return outcome.into() };
        let asked_to_end = end.stopped == Some(Stop::Signal);
        let failed = outcome.ending == Ending::Failed;
        let killed = failed && end.results.iter().any(|result| result.exit == KILLED);
        // The kernel itself says so, whatever the step made of it.
        if (failed && told.memory_gone) || (killed && told.memory_was_near()) {
            return self.conclusions().of(Cut::Closed, Some(Ending::OutOfMemory), Report::default()).into();
        }
        if !asked_to_end && !killed {
            return outcome.into();
        }
        match self.explain(told).await {
            Some(why) if killed && why.ending == Ending::OutOfMemory => explained(why),
            Some(why) if asked_to_end && why.ending != Ending::InfraError => explained(why),
            _ => outcome.into(),
        }
    }

    /// Why the job ended, as soon as its pod says so.
    async fn explain(&mut self, told: Told) -> Option<Explanation> {
        let (asked, mut lag) = (Instant::now(), LAG);
        let mut seen = self.sightings.now();
        loop {
            let explanation = seen.last().and_then(|(pod, gone)| status::explain(pod, gone, told));
            if explanation.is_some() || asked.elapsed() >= lag {
                return explanation;
            }
            tokio::time::sleep(ASK_EVERY).await;
            seen = match self.look().await {
                Ok(sight) => sight,
                Err(problem) => {
                    lag = if problem.is_passing() { AWAY } else { LAG };
                    self.sightings.now()
                }
            };
        }
    }

    /// The pod as the API server has it at this moment.
    async fn look(&mut self) -> Result<Sight, Problem> {
        let name = self.pod.metadata.name.as_deref().unwrap_or_default();
        match self.cluster.call(self.cluster.pods().get(name)).await {
            Ok(pod) if pod.metadata.uid == self.pod.metadata.uid => Ok(Sight::There(Arc::new(pod))),
            Ok(_) | Err(Problem::Missing(_)) => {
                let last = self.sightings.now();
                let last = last.last().map_or(self.pod, |(pod, _)| pod);
                Ok(Sight::Gone(Arc::new(last.clone())))
            }
            Err(problem) => Err(problem),
        }
    }

    /// The outcome of a job that ended without a word, and for no reason that anybody knows.
    async fn unexplained(&self) -> Conclusion {
        let noted = setup::events_of(self.cluster, self.pod).await;
        Conclusion {
            outcome: infra("the sandbox ended without an authentic report".to_owned()),
            complaint: milestones::complaint(&noted).unwrap_or_default(),
        }
    }
}

/// The conclusion that an explanation is.
pub fn explained(explanation: Explanation) -> Conclusion {
    let Explanation { ending, words, raw } = explanation;
    Conclusion { outcome: JobOutcome::new(ending, Some(words)), complaint: raw }
}
