//! Keeps looking for what can isolate jobs, and says what was seen.
//!
//! Every executor that is wanted is probed at start, all at the same time, and again whenever somebody asks. A cluster comes
//! and goes: it is looked for until it is there.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use regatta_domain::ids::RunId;
use regatta_domain::ports::{Clock, Entropy};
use regatta_playground::executor::Executor;
use regatta_playground::gvisor::GvisorExecutor;
use regatta_playground::kubernetes::probe::ProbeReport;
use regatta_playground::sandbox::{BubblewrapExecutor, DEFAULT_BASE, SandboxConfig, Unavailable};
use regatta_playground::{Availability, Exclusion, Observer, Router, StandIn};
use regatta_store::Store;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::cluster::{OpenCluster, Unfit};
use crate::config::{Config, ExecutorName, SecretKey};

/// After how long a cluster that was not there, or failed its probe, is looked for again; longer each time.
const LOOK_AGAIN: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(5),
];

/// The longest pause where no probe has shown anything: the API server did not answer, and that costs little to find out.
/// What runs there waits for somebody to come back for it.
const LOOK_SOON: Duration = Duration::from_secs(10);

/// As long as nobody asks.
const NEVER: Duration = Duration::MAX;

/// What the lookout needs of the rest of the portal.
#[derive(Clone)]
pub struct LookoutParts {
    /// What the operator decided.
    pub config: Arc<Config>,
    /// From which the keys of pods are made.
    pub secret_key: SecretKey,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Which runs are whose; `None` where nothing is cleared away, because another process does.
    pub store: Option<Arc<dyn Store>>,
    /// Who counts.
    pub observer: Arc<dyn Observer>,
}

/// Looks for executors.
pub struct Lookout {
    parts: LookoutParts,
    exclusions: Vec<Exclusion>,
    stand_ins: Vec<StandIn>,
    sightings: watch::Sender<Vec<Sighting>>,
    /// Counts how often somebody asked.
    asked: watch::Sender<u64>,
}

/// What is known of one executor.
#[derive(Clone)]
pub struct Sighting {
    /// Which.
    pub name: ExecutorName,
    /// What came of looking for it last.
    pub looked: Looked,
    /// Whether it is being looked at.
    pub under_way: bool,
}

/// What came of looking for an executor.
#[derive(Clone)]
pub enum Looked {
    /// It is being probed for the first time.
    Checking,
    /// It stood its probe.
    Found(Found),
    /// It is not to be had.
    Missing(Missing),
}

/// An executor that stood its probe.
#[derive(Clone)]
pub struct Found {
    /// The executor.
    pub executor: Arc<dyn Executor>,
    /// When it was probed.
    pub at: Timestamp,
    /// What lies behind it, where it is a cluster.
    pub cluster: Option<Arc<OpenCluster>>,
}

/// Why an executor is not to be had.
#[derive(Clone)]
pub struct Missing {
    /// In words for operators, with what they can do.
    pub reason: String,
    /// In words for visitors.
    pub told: String,
    /// When it was looked for.
    pub at: Timestamp,
    /// What its probe showed, where it came so far.
    pub report: Option<ProbeReport>,
}

impl Lookout {
    /// A lookout for what the configuration wants, who has seen nothing yet.
    pub fn new(parts: LookoutParts) -> Arc<Self> {
        let playground = &parts.config.playground;
        let checking = |name| Sighting { name, looked: Looked::Checking, under_way: false };
        let wanted = playground.wanted().into_iter().map(checking).collect();
        Arc::new(Self {
            exclusions: playground.exclude.clone(),
            stand_ins: playground.stand_ins.clone(),
            sightings: watch::Sender::new(wanted),
            asked: watch::Sender::new(0),
            parts,
        })
    }

    /// What is known of each executor that is wanted, the preferred one first.
    pub fn sightings(&self) -> Vec<Sighting> {
        self.sightings.borrow().clone()
    }

    /// Why what is wanted is not to be had, in words for operators.
    pub fn reasons(&self) -> Vec<String> {
        let reason = |sighting: Sighting| match sighting.looked {
            Looked::Missing(missing) => Some(missing.reason),
            Looked::Checking | Looked::Found(_) => None,
        };
        self.sightings().into_iter().filter_map(reason).collect()
    }

    /// Asks for everything to be probed again: at once, or as soon as the probe that is under way is done.
    pub fn look_again(&self) {
        self.asked.send_modify(|asked| *asked += 1);
    }

    /// Whether anything is being looked at.
    pub fn is_looking(&self) -> bool {
        self.sightings.borrow().iter().any(|sighting| sighting.under_way)
    }

    /// When something was looked at last.
    pub fn last(&self) -> Option<Timestamp> {
        let at = |sighting: &Sighting| match &sighting.looked {
            Looked::Checking => None,
            Looked::Found(found) => Some(found.at),
            Looked::Missing(missing) => Some(missing.at),
        };
        self.sightings.borrow().iter().filter_map(at).max()
    }

    /// Looks for everything once.
    pub async fn look_once(&self) -> Availability {
        let (tell, never) = (|_| {}, CancellationToken::new());
        let looks = self.sightings().into_iter().map(|sighting| self.look(sighting.name, &tell, &never));
        join_all(looks).await;
        self.availability()
    }

    /// Takes away at once what a run has left where it ran.
    pub async fn clear_away(&self, run: &RunId) {
        for sighting in self.sightings() {
            if let Looked::Found(Found { cluster: Some(cluster), .. }) = sighting.looked {
                cluster.pods().clear_away(run).await;
            }
        }
    }

    /// Looks for everything, again whenever somebody asks, and for a cluster until it is there; all until `stop`. `tell` hears
    /// what is to be had whenever that may have changed.
    pub async fn keep(self: Arc<Self>, tell: impl Fn(Availability), stop: CancellationToken) {
        tell(self.availability());
        let keep = |sighting: Sighting| self.keep_looking(sighting.name, &tell, &stop);
        let looks = self.sightings().into_iter().map(keep);
        stop.run_until_cancelled(join_all(looks)).await;
    }

    async fn keep_looking(&self, name: ExecutorName, tell: &impl Fn(Availability), stop: &CancellationToken) {
        let mut asked = self.asked.subscribe();
        let mut pauses = LOOK_AGAIN.iter();
        loop {
            asked.mark_unchanged();
            // What keeps a cluster clear does so until it is looked at anew.
            let clearing = stop.child_token();
            let found = self.look(name, tell, &clearing).await;
            let pause = match name {
                ExecutorName::Kubernetes if !found => pauses.next().or(LOOK_AGAIN.last()).copied(),
                _ => None,
            };
            let most = if self.was_probed(name) { NEVER } else { LOOK_SOON };
            let pause = pause.map(|pause| pause.min(most));
            if found {
                pauses = LOOK_AGAIN.iter();
            }
            let until = pause.unwrap_or(NEVER);
            // Somebody asks, or it is time; the sender is a part of this lookout.
            let _ = tokio::time::timeout(until, asked.changed()).await;
            clearing.cancel();
        }
    }

    /// Whether a probe has shown anything of an executor, the last time that it was looked at.
    fn was_probed(&self, name: ExecutorName) -> bool {
        let shows = |sighting: &Sighting| match &sighting.looked {
            Looked::Checking => false,
            Looked::Found(_) => true,
            Looked::Missing(missing) => missing.report.is_some(),
        };
        self.sightings.borrow().iter().any(|sighting| sighting.name == name && shows(sighting))
    }

    /// Looks for one executor and tells what changed; whether it is to be had.
    async fn look(&self, name: ExecutorName, tell: &impl Fn(Availability), stop: &CancellationToken) -> bool {
        self.note(name, |sighting| sighting.under_way = true);
        let looked = match name {
            ExecutorName::Bubblewrap | ExecutorName::Gvisor => self.look_at_machine(name).await,
            ExecutorName::Kubernetes => self.look_at_cluster(stop).await,
        };
        if let Err(missing) = &looked {
            tracing::warn!(executor = name.as_str(), reason = missing.reason, "an executor is not to be had");
        }
        let found = looked.is_ok();
        self.note(name, |sighting| {
            sighting.looked = looked.map_or_else(Looked::Missing, Looked::Found);
            sighting.under_way = false;
        });
        tell(self.availability());
        found
    }

    fn note(&self, name: ExecutorName, note: impl FnOnce(&mut Sighting)) {
        self.sightings.send_modify(|sightings| {
            if let Some(sighting) = sightings.iter_mut().find(|sighting| sighting.name == name) {
                note(sighting);
            }
        });
    }

    async fn look_at_machine(&self, name: ExecutorName) -> Result<Found, Missing> {
        let entropy = Arc::clone(&self.parts.entropy);
        let config =
            SandboxConfig { program: None, first_user_id: DEFAULT_BASE, control_groups: true, entropy };
        let probed: Result<Arc<dyn Executor>, Unavailable> = match name {
            ExecutorName::Gvisor => GvisorExecutor::probe(config).await.map(|it| Arc::new(it) as _),
            _ => BubblewrapExecutor::probe(config).await.map(|it| Arc::new(it) as _),
        };
        let at = self.parts.clock.now();
        match probed {
            Ok(executor) => Ok(Found { executor, at, cluster: None }),
            Err(unavailable) => {
                let reason = unavailable.to_string();
                Err(Missing { told: reason.clone(), reason, at, report: None })
            }
        }
    }

    /// Connects to the cluster anew, probes it, and clears away there until `stop`.
    async fn look_at_cluster(&self, stop: &CancellationToken) -> Result<Found, Missing> {
        let opened = OpenCluster::open(&self.parts).await;
        let at = self.parts.clock.now();
        match opened {
            Ok((cluster, executor)) => {
                cluster.keep_clear(&self.parts, stop.clone());
                Ok(Found { executor, at, cluster: Some(Arc::new(cluster)) })
            }
            Err(Unfit { reason, report, cluster }) => {
                if let Some(cluster) = cluster {
                    // What was left behind is cleared away, whether anything new may run or not.
                    cluster.keep_clear(&self.parts, stop.clone());
                }
                let told = "the cluster that runs pipelines is not to be had at the moment".to_owned();
                Err(Missing { reason, told, at, report })
            }
        }
    }

    /// What can be had, as far as it is known: nothing is said before the preferred of what there is has been found.
    fn availability(&self) -> Availability {
        let sightings = self.sightings.borrow();
        let (mut executors, mut reasons) = (Vec::new(), Vec::new());
        for sighting in sightings.iter() {
            match &sighting.looked {
                Looked::Checking if executors.is_empty() => return Availability::Checking,
                Looked::Checking => {}
                Looked::Found(found) => executors.push(Arc::clone(&found.executor)),
                Looked::Missing(missing) => reasons.push(missing.told.as_str()),
            }
        }
        if sightings.is_empty() {
            let reason = "the operator of this portal has switched the playground off".to_owned();
            return Availability::Off { reason };
        }
        if executors.is_empty() {
            return Availability::Off { reason: reasons.join(" ") };
        }
        let router = Router::new(executors, self.exclusions.clone(), self.stand_ins.clone());
        Availability::Ready(Arc::new(router))
    }
}
