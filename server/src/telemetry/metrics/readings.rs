//! What can only be read off the rooms: read when somebody asks, within a short time, and kept for a moment, so that those
//! who ask often cost nothing.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;
use regatta_domain::switches::PlaygroundMode;
use regatta_mail::Tally;
use regatta_playground::{Availability, Load};
use regatta_store::outbox::OutboxHealth;
use regatta_store::{LeaseHeld, PoolUse, Pulse};
use tokio::time::{Instant, timeout};

use super::collected::{Collected, Label};
use crate::opening::{Looked, Sighting};
use crate::web::Portal;

/// How long the rooms may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// For how long an answer is good enough.
const BELIEVED: Duration = Duration::from_secs(5);

/// What was read. What could not be, in time, is `None`.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    /// Whether and how fast the database answers.
    pub pulse: Option<Pulse>,
    /// Its connections.
    pub pools: Vec<PoolUse>,
    /// How the outbox stands.
    pub outbox: Option<OutboxHealth>,
    /// For how many seconds the oldest mail that is owed has waited; 0 where none is.
    pub oldest_owed_seconds: Option<i64>,
    /// What this process's mail worker did.
    pub tally: Tally,
    /// How busy the playground is.
    pub load: Option<Load>,
    /// Who holds which lease.
    pub leases: Option<Vec<LeaseHeld>>,
    /// Whether runs can be had.
    pub available: bool,
    /// What operators decided of runs.
    pub mode: PlaygroundMode,
    /// The cluster, where jobs run in one.
    pub cluster: Option<ClusterReading>,
    /// Live streams that are open.
    pub live_streams: usize,
    /// What is wrong with the content.
    pub content_problems: usize,
}

/// What is known of a cluster without asking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterReading {
    /// Pods of this portal there.
    pub pods: u32,
    /// How many there may be at once, where a quota says so.
    pub room: Option<u32>,
    /// Whether news of them arrives.
    pub current: bool,
}

impl ClusterReading {
    fn of(sightings: Vec<Sighting>) -> Option<Self> {
        let cluster = sightings.into_iter().find_map(|sighting| match sighting.looked {
            Looked::Found(found) => found.cluster,
            Looked::Missing(_) | Looked::Checking => None,
        })?;
        let watch = cluster.pods().watch();
        Some(Self {
            pods: u32::try_from(watch.all().len()).unwrap_or(u32::MAX),
            room: cluster.cluster().capacity().map(|room| room.pods),
            current: watch.is_current(),
        })
    }
}

/// The latest readings, shared by all who ask.
#[derive(Clone, Debug, Default)]
pub struct ReadingsKeeper {
    latest: Arc<Mutex<Readings>>,
    taken: Arc<tokio::sync::Mutex<Option<Instant>>>,
}

impl ReadingsKeeper {
    /// The readings, at most a few seconds old.
    pub async fn take(&self, portal: &Portal) -> Readings {
        // Who comes while somebody reads waits for that, and reads nothing.
        let mut taken = self.taken.lock().await;
        if taken.is_none_or(|taken| taken.elapsed() >= BELIEVED) {
            let readings = Readings::take(portal).await;
            *self.latest() = readings;
            *taken = Some(Instant::now());
        }
        self.latest().clone()
    }

    fn latest(&self) -> std::sync::MutexGuard<'_, Readings> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Readings {
    async fn take(portal: &Portal) -> Self {
        let store = &portal.store;
        let now = portal.clock.now();
        let (pulse, outbox, load, leases) = tokio::join!(
            timeout(PATIENCE, store.pulse()),
            timeout(PATIENCE, store.health()),
            timeout(PATIENCE, portal.playground.load()),
            timeout(PATIENCE, store.leases(now)),
        );
        let outbox = outbox.ok().and_then(Result::ok);
        Self {
            pulse: pulse.ok().and_then(Result::ok),
            pools: store.pools(),
            oldest_owed_seconds: outbox.as_ref().map(|health| age(health, now)),
            outbox,
            tally: portal.outbox.tally(),
            load: load.ok().and_then(Result::ok),
            leases: leases.ok().and_then(Result::ok),
            available: matches!(portal.playground.availability(), Availability::Ready(_)),
            mode: portal.playground.switches().mode,
            cluster: ClusterReading::of(portal.lookout.sightings()),
            live_streams: portal.viewers.taken(),
            content_problems: portal.shelf.library().problems().len(),
        }
    }
}

fn age(health: &OutboxHealth, now: Timestamp) -> i64 {
    health.oldest_owed.map_or(0, |since| now.duration_since(since).as_secs().max(0))
}

impl Collector for ReadingsKeeper {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let readings = self.latest().clone();
        let mut told = Collected::new(encoder);
        readings.tell_of_the_database(&mut told)?;
        readings.tell_of_mail(&mut told)?;
        readings.tell_of_the_playground(&mut told)?;
        let problems = Some(readings.content_problems as u64);
        told.gauge("content_problems", "What is wrong with the content folder", None, problems)
    }
}

impl Readings {
    fn tell_of_the_database(&self, told: &mut Collected<'_>) -> fmt::Result {
        let answers = Some(u64::from(self.pulse.is_some()));
        told.gauge("database_up", "1 where the database answers", None, answers)?;
        let waited = self.pulse.map(|pulse| pulse.waited.as_secs_f64());
        let help = "How long a connection had to be waited for, when it was last tried";
        told.gauge("database_connection_wait", help, Some(&Unit::Seconds), waited)?;
        let answered = self.pulse.map(|pulse| pulse.answered.as_secs_f64());
        let help = "How long the database took to answer, when it was last tried";
        told.gauge("database_latency", help, Some(&Unit::Seconds), answered)?;
        let of_pools = |read: fn(&PoolUse) -> u32| {
            self.pools.iter().map(move |pool| (Label("pool", pool.name), read(pool))).collect::<Vec<_>>()
        };
        told.gauges("database_connections_open", "Connections to the database", of_pools(|pool| pool.open))?;
        told.gauges(
            "database_connections_in_use",
            "Connections to the database that are in use",
            of_pools(|pool| pool.in_use),
        )?;
        told.gauges("database_connections_max", "Connections there may be", of_pools(|pool| pool.most))
    }

    fn tell_of_mail(&self, told: &mut Collected<'_>) -> fmt::Result {
        let outbox = self.outbox.as_ref();
        let states = |health: &OutboxHealth| {
            [("owed", health.owed), ("failed", health.failed), ("unknown", health.unknown)]
                .map(|(state, count)| (Label("state", state), count))
        };
        told.gauges(
            "mails",
            "Mails in the outbox, of all processes: still to be sent, never to be sent, perhaps arrived",
            outbox.map(states).into_iter().flatten(),
        )?;
        let help = "How long the oldest mail that is still to be sent has waited";
        told.gauge("mail_oldest_owed", help, Some(&Unit::Seconds), self.oldest_owed_seconds)?;
        let Tally { sent, retried, failed, unknown, dropped } = self.tally;
        let ends = [
            ("sent", sent),
            ("retried", retried),
            ("failed", failed),
            ("unknown", unknown),
            ("dropped", dropped),
        ];
        told.counters(
            "mail_attempts",
            "Attempts of this process to send a mail, by what came of them",
            ends.map(|(end, count)| (Label("outcome", end), count)),
        )
    }

    fn tell_of_the_cluster(&self, told: &mut Collected<'_>) -> fmt::Result {
        let cluster = self.cluster.as_ref();
        let pods = cluster.map(|cluster| cluster.pods);
        told.gauge("playground_cluster_pods", "Pods of this portal in the cluster", None, pods)?;
        let room = cluster.and_then(|cluster| cluster.room);
        let help = "How many pods of this portal the cluster's quota has room for";
        told.gauge("playground_cluster_pods_max", help, None, room)?;
        let current = cluster.map(|cluster| u32::from(cluster.current));
        told.gauge("playground_cluster_watch_up", "1 where news of pods arrive", None, current)
    }

    fn tell_of_the_playground(&self, told: &mut Collected<'_>) -> fmt::Result {
        let help = "1 where runs can be had at this process";
        told.gauge("playground_available", help, None, Some(u64::from(self.available)))?;
        let load = self.load.as_ref();
        let waiting = load.map(|load| load.waiting as u64);
        told.gauge("playground_runs_queued", "Runs that wait, of all processes", None, waiting)?;
        let under_way = load.map(|load| load.under_way as u64);
        told.gauge("playground_runs_under_way", "Runs under way, of all processes", None, under_way)?;
        let slots = load.map(|load| load.slots as u64);
        let help = "How many runs can be under way: here, and as many as are elsewhere";
        told.gauge("playground_slots", help, None, slots)?;
        let modes =
            PlaygroundMode::ALL.map(|mode| (Label("mode", mode.as_str()), u32::from(mode == self.mode)));
        told.gauges("playground_mode", "1 for what operators decided of runs", modes)?;
        self.tell_of_the_cluster(told)?;
        let streams = Some(self.live_streams as u64);
        told.gauge("live_streams_open", "Live streams of runs that are open at this process", None, streams)
    }
}
