//! The playground as the rest of the portal uses it: how it is started, and what it heeds.
//!
//! What else it does stands with its matter: submitting ([`crate::admission`]), cancelling (`cancel`), reading and
//! watching ([`crate::reading`]), waiting (`turn`), sweeping (`recovery`).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use regatta_domain::ids::RunId;
use regatta_domain::ports::{Clock, Entropy};
use regatta_domain::switches::Switches;
use regatta_store::StoreError;
use regatta_store::records::AuditEntry;
use regatta_store::runs::RunStore;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::availability::Availability;
use crate::channel::Channels;
use crate::finished::Finished;
use crate::holding::{Holder, LiveRuns};
use crate::lapse::Sightings;
use crate::observer::Observer;
use crate::settings::PlaygroundSettings;
use crate::spans::RunSpans;
use crate::turn::Typical;

/// How often the store is asked what operators decided.
const HEED_SWITCHES: Duration = Duration::from_millis(900);

/// What a playground is made of.
pub struct PlaygroundParts {
    /// Where runs and their logs are kept. Any number of playgrounds may share it, each in a process of its own.
    pub store: Arc<dyn RunStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for the identities of runs and of this process.
    pub entropy: Arc<dyn Entropy>,
    /// What is allowed.
    pub settings: PlaygroundSettings,
    /// Cancelled when the portal goes down: what is under way is left to the next process where it lives on by itself, and
    /// stopped where it does not; what waits is kept in the store.
    pub shutdown: CancellationToken,
    /// Counts the playground's tasks; they are over soon after `shutdown`.
    pub tasks: TaskTracker,
    /// Who counts what happens here; [`crate::observer::Unobserved`] where nobody does.
    pub observer: Arc<dyn Observer>,
}

/// Takes runs, lets them wait for their turn, conducts them and shows them.
pub struct Playground {
    pub(crate) store: Arc<dyn RunStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Arc<PlaygroundSettings>,
    pub(crate) holder: Holder,
    pub(crate) live: LiveRuns,
    pub(crate) sightings: Sightings,
    pub(crate) channels: Channels,
    pub(crate) finished: Finished,
    pub(crate) spans: RunSpans,
    pub(crate) typical: Mutex<Option<Typical>>,
    availability: watch::Sender<Availability>,
    /// What operators decided, once that is known.
    switches: watch::Sender<Option<Switches>>,
    /// Runs that were accepted here before it was known whether anything runs.
    unchecked: Mutex<Vec<RunId>>,
    /// It may be somebody's turn.
    pub(crate) turn: Notify,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) observer: Arc<dyn Observer>,
}

impl Playground {
    /// Starts the playground, which takes up what waits in the store. Its executors come with
    /// [`Playground::set_availability`]; until then runs are accepted and wait.
    pub fn start(parts: PlaygroundParts) -> Arc<Self> {
        let PlaygroundParts { store, clock, entropy, settings, shutdown, tasks, observer } = parts;
        let playground = Arc::new(Self {
            holder: Holder::new(Arc::clone(&entropy)),
            live: LiveRuns::default(),
            sightings: Sightings::default(),
            channels: Channels::new(
                Arc::clone(&store),
                Arc::clone(&observer),
                shutdown.clone(),
                tasks.clone(),
            ),
            finished: Finished::default(),
            spans: RunSpans::default(),
            typical: Mutex::default(),
            availability: watch::Sender::new(Availability::Checking),
            switches: watch::Sender::new(None),
            unchecked: Mutex::default(),
            turn: Notify::new(),
            settings: Arc::new(settings),
            store,
            clock,
            entropy,
            shutdown,
            tasks,
            observer,
        });
        playground.tasks.spawn(Arc::clone(&playground).dispatch());
        playground.tasks.spawn(Arc::clone(&playground).keep_holding());
        playground.tasks.spawn(Arc::clone(&playground).heed_switches());
        playground.tasks.spawn(Arc::clone(&playground).keep_tidy());
        playground
    }

    /// Whether runs can be had at this moment.
    pub fn availability(&self) -> Availability {
        self.availability.borrow().clone()
    }

    /// Whether runs can be had, once the start-up probe is done.
    pub async fn availability_once_checked(&self) -> Availability {
        let mut changes = self.availability.subscribe();
        let checked = changes.wait_for(|availability| !matches!(availability, Availability::Checking)).await;
        // Its sender is a part of the playground: it lives as long as anybody can ask.
        checked.map_or(Availability::Checking, |availability| availability.clone())
    }

    /// Says whether runs can be had from now on, and where; as often as that changes. What is under way is not touched and
    /// keeps its executors; what was accepted before it was known is run, or ended with the reason where nothing runs; what
    /// another process left is taken up where its executors are there.
    pub fn set_availability(&self, availability: Availability) {
        self.availability.send_replace(availability);
        self.turn.notify_one();
    }

    /// Changes when it changes whether runs can be had.
    pub(crate) fn availability_changes(&self) -> watch::Receiver<Availability> {
        self.availability.subscribe()
    }

    /// What is allowed.
    pub fn settings(&self) -> &PlaygroundSettings {
        &self.settings
    }

    /// What operators decided, as this process heard last: at most a second ago.
    pub fn switches(&self) -> Switches {
        self.switches.borrow().clone().unwrap_or_else(|| self.settings.switches.clone())
    }

    /// Keeps what operators decide, and heeds it here from now on.
    pub async fn set_switches(&self, switches: &Switches, audit: &AuditEntry) -> Result<(), StoreError> {
        self.store.set_switches(switches, audit).await?;
        self.take_to_heart(switches.clone());
        Ok(())
    }

    /// What operators decided, asked of the store where this process has not heard yet.
    pub(crate) async fn switches_once_known(&self) -> Result<Switches, StoreError> {
        let known = self.switches.borrow().clone();
        match known {
            Some(known) => Ok(known),
            None => self.ask_for_switches().await,
        }
    }

    /// Whether waiting runs are started at this moment; not before it is known what operators decided.
    pub(crate) fn starts_runs(&self) -> bool {
        self.switches.borrow().as_ref().is_some_and(|switches| switches.mode.starts_runs())
    }

    pub(crate) fn note_unchecked(&self, id: RunId) {
        self.unchecked.lock().unwrap_or_else(PoisonError::into_inner).push(id);
    }

    pub(crate) fn take_unchecked(&self) -> Vec<RunId> {
        std::mem::take(&mut *self.unchecked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn ask_for_switches(&self) -> Result<Switches, StoreError> {
        let decided = self.store.switches().await?;
        let switches = decided.unwrap_or_else(|| self.settings.switches.clone());
        self.take_to_heart(switches.clone());
        Ok(switches)
    }

    fn take_to_heart(&self, switches: Switches) {
        let changed = self.switches.send_if_modified(|known| {
            let changed = known.as_ref() != Some(&switches);
            *known = Some(switches);
            changed
        });
        if changed {
            self.turn.notify_one();
        }
    }

    /// Asks the store again and again what operators decided, until the portal goes down.
    async fn heed_switches(self: Arc<Self>) {
        loop {
            if let Err(error) = self.ask_for_switches().await {
                tracing::warn!(%error, "it cannot be read what operators decided of the playground");
            }
            let pause = tokio::time::sleep(HEED_SWITCHES);
            if self.shutdown.run_until_cancelled(pause).await.is_none() {
                return;
            }
        }
    }
}
