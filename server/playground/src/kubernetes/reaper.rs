//! Deletes the pods that nobody comes back for.
//!
//! One of several processes does it, under a lease in the database. It looks at what the watch has seen, so that it asks the
//! API server nothing while there is nothing to do, and deletes by UID, so that it never takes another pod than the one it
//! looked at. A pod whose run is under way but held by nobody is left alone: somebody may come back for it until its
//! deadline.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use regatta_domain::ids::RunId;
use regatta_store::StoreError;
use regatta_store::herald::HeraldStore;
use regatta_store::runs::RunStore;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::pod::Whose;
use super::pods::Pods;
use super::removal;
use crate::observer::Observer;

/// How often it looks. With the two that follow, no pod is there for 30 s beyond its deadline, also where the process that
/// had the lease is gone without giving it back.
const EVERY: Duration = Duration::from_secs(5);
/// The lease under which it does.
const LEASE: &str = "playground pods";
/// How long the lease lasts: another process takes over soon after one is gone.
const TERM: SignedDuration = SignedDuration::from_secs(16);
/// How long beyond its deadline a pod may be there.
const GRACE: SignedDuration = SignedDuration::from_secs(5);
/// How long a pod is left after its run is over: whoever ran it deletes it itself.
const COURTESY: SignedDuration = SignedDuration::from_secs(20);

/// Deletes pods that nobody comes back for.
pub struct Reaper {
    /// The pods.
    pub pods: Arc<Pods>,
    /// Says which runs are over.
    pub runs: Arc<dyn RunStore>,
    /// Says who of several processes does it.
    pub leases: Arc<dyn HeraldStore>,
    /// Counts.
    pub observer: Arc<dyn Observer>,
    /// This process, among those that share the database.
    pub holder: String,
}

/// What is known of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    /// The store knows nothing of it.
    Unknown,
    /// It waits or is under way.
    Unended,
    /// It ended at this time.
    Ended(Option<Timestamp>),
}

impl Reaper {
    /// Looks again and again until `shutdown`; then the lease is given back.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut look = tokio::time::interval(EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if shutdown.run_until_cancelled(look.tick()).await.is_none() {
                break;
            }
            if let Some(Err(error)) = shutdown.run_until_cancelled(self.look()).await {
                tracing::warn!(%error, "it cannot be looked for pods that nobody comes back for");
            }
        }
        if let Err(error) = self.leases.release(LEASE, &self.holder).await {
            tracing::debug!(%error, "the lease of the reaper ends by itself");
        }
    }

    /// Looks once, where this process has the lease.
    async fn look(&self) -> Result<(), StoreError> {
        let now = self.pods.cluster().now();
        let until = now.checked_add(TERM).unwrap_or(Timestamp::MAX);
        if !self.pods.watch().is_current() || !self.leases.lease(LEASE, &self.holder, now, until).await? {
            return Ok(());
        }
        let seen = self.pods.watch().all();
        let ours: Vec<_> = seen.iter().filter_map(|pod| Some((pod, self.whose(pod)?))).collect();
        let latest = latest(ours.iter().map(|(_, whose)| whose));
        let mut known = HashMap::new();
        for (pod, whose) in &ours {
            let run = match known.get(&whose.run) {
                Some(run) => *run,
                None => *known.entry(whose.run.clone()).or_insert(self.find(&whose.run).await?),
            };
            let last = latest.get(&(whose.run.clone(), whose.job)) == Some(&whose.attempt);
            if let Some(why) = doomed(whose, run, last, now) {
                self.reap(pod, whose, why).await;
            }
        }
        Ok(())
    }

    fn whose(&self, pod: &Pod) -> Option<Whose> {
        Whose::of(pod, self.pods.cluster().instance())
    }

    async fn find(&self, run: &RunId) -> Result<Run, StoreError> {
        Ok(match self.runs.run(run).await? {
            None => Run::Unknown,
            Some(run) if run.state.is_final() => Run::Ended(run.ended_at),
            Some(_) => Run::Unended,
        })
    }

    async fn reap(&self, pod: &Pod, whose: &Whose, why: &'static str) {
        let [name, uid] = [&pod.metadata.name, &pod.metadata.uid].map(|it| it.as_deref().unwrap_or_default());
        match removal::order(self.pods.cluster(), name, uid).await {
            Ok(there) => {
                if there {
                    tracing::warn!(run = %whose.run, job = whose.job, pod = name, why, "a pod is reaped");
                    self.observer.pods_reaped(1);
                }
            }
            Err(problem) => {
                tracing::warn!(run = %whose.run, job = whose.job, pod = name, %problem, "a pod cannot be reaped");
            }
        }
    }
}

/// The latest attempt of each job that has a pod.
fn latest<'a>(pods: impl Iterator<Item = &'a Whose>) -> HashMap<(RunId, usize), u32> {
    let mut latest = HashMap::new();
    for whose in pods {
        let attempt = latest.entry((whose.run.clone(), whose.job)).or_insert(whose.attempt);
        *attempt = whose.attempt.max(*attempt);
    }
    latest
}

/// Why a pod must go, where it must.
fn doomed(whose: &Whose, run: Run, is_latest: bool, now: Timestamp) -> Option<&'static str> {
    let past = |moment: Timestamp, grace| now.duration_since(moment) > grace;
    match (run, whose.deadline) {
        // A pod of ours has one; who took it away wants it to stay for ever.
        (_, None) => Some("it has no deadline"),
        (_, Some(deadline)) if past(deadline, GRACE) => Some("its time is over"),
        (Run::Ended(at), _) if at.is_none_or(|at| past(at, COURTESY)) => Some("its run is over"),
        // Whoever probes the cluster has runs of its own.
        (Run::Unknown, Some(deadline)) if past(deadline, SignedDuration::ZERO) => {
            Some("nobody knows its run")
        }
        _ if !is_latest => Some("its job was tried again"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn whose(attempt: u32, left: i64) -> Whose {
        Whose {
            run: "aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap(),
            job: 1,
            attempt,
            deadline: Some(ago(-left)),
        }
    }

    fn ago(seconds: i64) -> Timestamp {
        NOW.checked_sub(SignedDuration::from_secs(seconds)).unwrap()
    }

    fn is_doomed(left: i64, run: Run, is_latest: bool) -> bool {
        doomed(&whose(0, left), run, is_latest, NOW).is_some()
    }

    #[test]
    fn a_pod_that_somebody_may_come_back_for_stays_until_its_deadline() {
        assert!(!is_doomed(60, Run::Unended, true));
        assert!(!is_doomed(-5, Run::Unended, true));
        assert!(is_doomed(-6, Run::Unended, true));
    }

    #[test]
    fn the_pod_of_a_run_that_is_over_or_unknown_goes() {
        assert!(!is_doomed(60, Run::Ended(Some(ago(20))), true));
        assert!(is_doomed(60, Run::Ended(Some(ago(21))), true));
        assert!(is_doomed(60, Run::Ended(None), true));
        // It may be a probe's.
        assert!(!is_doomed(60, Run::Unknown, true));
        assert!(is_doomed(-1, Run::Unknown, true));
    }

    #[test]
    fn of_several_attempts_only_the_latest_stays() {
        assert!(is_doomed(60, Run::Unended, false));
        let pods = [whose(0, 60), whose(2, 60), whose(1, 60)];
        assert_eq!(latest(pods.iter()), [((pods[0].run.clone(), 1), 2)].into());
        assert!(doomed(&Whose { deadline: None, ..whose(0, 60) }, Run::Unended, true, NOW).is_some());
    }
}
