//! The playground as the rest of the portal uses it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream::BoxStream;
use jiff::SignedDuration;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::MAX_SOURCE_BYTES;
use regatta_domain::ports::{Clock, Entropy};
use regatta_domain::run::{RunEvent, RunState, RunView};
use regatta_store::StoreError;
use regatta_store::runs::{RunStore, StoredRun};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admission::{NewRun, SubmitError, check_images};
use crate::availability::Availability;
use crate::live::{self, LiveRuns};
use crate::queue::{Queue, Waiting};
use crate::recovery::RunEnd;
use crate::settings::PlaygroundSettings;
use crate::stop::StopCause;

/// How many events are folded into a view at once.
const PAGE: u32 = 1000;

/// What a playground is made of.
pub struct PlaygroundParts {
    /// Where runs and their logs are kept. One playground per store: what the store calls unfinished and this one does
    /// not conduct was interrupted.
    pub store: Arc<dyn RunStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for the identities of runs.
    pub entropy: Arc<dyn Entropy>,
    /// What is allowed.
    pub settings: PlaygroundSettings,
    /// Cancelled when the portal goes down: what is under way is stopped, what waits is kept for the next start.
    pub shutdown: CancellationToken,
    /// Counts the playground's tasks; they are over soon after `shutdown`.
    pub tasks: TaskTracker,
}

/// What became of the wish to cancel a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancellation {
    /// It waited and is over now.
    Over,
    /// It is under way and being stopped; its final event says so.
    Stopping,
    /// It was over before.
    TooLate,
    /// There is no such run.
    Unknown,
}

/// How busy the playground is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Runs that wait for their turn.
    pub waiting: usize,
    /// Runs under way.
    pub under_way: usize,
}

/// Takes runs, lets them wait for their turn, conducts them and shows them.
pub struct Playground {
    pub(crate) store: Arc<dyn RunStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Arc<PlaygroundSettings>,
    pub(crate) live: LiveRuns,
    entropy: Arc<dyn Entropy>,
    pub(crate) availability: watch::Sender<Availability>,
    queue: Mutex<Queue>,
    pub(crate) turn: Notify,
    /// Held while a run is admitted, so that two at once do not both take the last place.
    admission: tokio::sync::Mutex<()>,
    /// Held while it is swept, so that whoever sweeps finds a swept place afterwards.
    pub(crate) sweeping: tokio::sync::Mutex<()>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Playground {
    /// Starts the playground, which takes up what the last one left. Its executor comes with
    /// [`Playground::set_availability`]; until then runs are accepted and wait.
    pub fn start(parts: PlaygroundParts) -> Arc<Self> {
        let PlaygroundParts { store, clock, entropy, settings, shutdown, tasks } = parts;
        let playground = Arc::new(Self {
            store,
            clock,
            entropy,
            live: LiveRuns::default(),
            availability: watch::Sender::new(Availability::Checking),
            queue: Mutex::new(Queue::new(settings.concurrent_runs)),
            turn: Notify::new(),
            admission: tokio::sync::Mutex::new(()),
            sweeping: tokio::sync::Mutex::new(()),
            settings: Arc::new(settings),
            shutdown,
            tasks,
        });
        playground.tasks.spawn(Arc::clone(&playground).dispatch());
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

    /// Says whether runs can be had from now on. What is under way is not touched; what waits is run, or ended with
    /// the reason where nothing runs any more.
    pub fn set_availability(&self, availability: Availability) {
        self.availability.send_replace(availability);
        self.turn.notify_one();
    }

    /// Accepts a run, or says why not; then nothing is stored.
    pub async fn submit(&self, new: NewRun) -> Result<RunId, SubmitError> {
        if new.source.len() > MAX_SOURCE_BYTES {
            return Err(SubmitError::SourceTooLong);
        }
        match self.availability() {
            Availability::Off { reason } => return Err(SubmitError::Unavailable { reason }),
            Availability::Ready(executor) => check_images(&new.pipeline, &*executor)?,
            Availability::Checking => {}
        }
        let _admission = self.admission.lock().await;
        if self.shutdown.is_cancelled() {
            let reason = "the portal is being restarted".to_owned();
            return Err(SubmitError::Unavailable { reason });
        }
        self.check_limits(&new.visitor).await?;
        let run = self.accepted(new);
        self.live.open(&run.id);
        if let Err(error) = self.store.add_run(&run).await {
            self.live.close(&run.id);
            return Err(error.into());
        }
        self.enqueue(Waiting { id: run.id.clone(), visitor: run.visitor });
        Ok(run.id)
    }

    /// Cancels a run that waits or is under way.
    pub async fn cancel(&self, id: &RunId) -> Result<Cancellation, StoreError> {
        let waited = self.queue().leave(id);
        if waited {
            let ended = self.end_waiting(id, RunEnd::stopped(StopCause::Cancelled)).await;
            return ended.map(|()| Cancellation::Over);
        }
        if let Some(live) = self.live.find(id) {
            live.stop.pull(StopCause::Cancelled);
            return Ok(Cancellation::Stopping);
        }
        let known = self.store.run(id).await?.is_some();
        Ok(if known { Cancellation::TooLate } else { Cancellation::Unknown })
    }

    /// A run as it stands, with everything it told so far.
    pub async fn view(&self, id: &RunId) -> Result<Option<(StoredRun, RunView)>, StoreError> {
        let Some(run) = self.store.run(id).await? else { return Ok(None) };
        let mut view = RunView::queued(&run.pipeline.plan());
        loop {
            let events = self.store.events_after(id, view.seq, PAGE).await?;
            if events.is_empty() {
                return Ok(Some((run, view)));
            }
            for event in &events {
                view.apply(event);
            }
        }
    }

    /// The events of a run after number `after` (0 for all), in order and without gaps, in batches of at least one
    /// event, at most some 20 a second. Ends after the final event; an end before it means: come back with the last number.
    /// Of an unknown run there are none.
    pub fn subscribe(&self, id: &RunId, after: u64) -> BoxStream<'static, Vec<RunEvent>> {
        let live = self.live.find(id);
        live::watch(Arc::clone(&self.store), live.as_deref(), id.clone(), after)
    }

    /// The place of a waiting run in the queue, from 1.
    pub fn position(&self, id: &RunId) -> Option<usize> {
        self.queue().position(id)
    }

    /// How busy the playground is.
    pub fn load(&self) -> Load {
        let queue = self.queue();
        Load { waiting: queue.waiting(), under_way: queue.under_way() }
    }

    /// The latest ended runs of unedited demos, newest first.
    pub async fn latest_demo_runs(&self, limit: u32) -> Result<Vec<StoredRun>, StoreError> {
        self.store.latest_demo_runs(limit).await
    }

    /// What is allowed.
    pub fn settings(&self) -> &PlaygroundSettings {
        &self.settings
    }

    /// Lets an open run wait for its turn; once the portal goes down, only in the store.
    pub(crate) fn enqueue(&self, run: Waiting) {
        // Under the lock: `go_down` empties the queue after `shutdown` and so finds whatever was put into it before.
        let mut queue = self.queue();
        if self.shutdown.is_cancelled() {
            self.live.close(&run.id);
        } else {
            queue.join(run);
            self.turn.notify_one();
        }
    }

    async fn check_limits(&self, visitor: &str) -> Result<(), SubmitError> {
        let PlaygroundSettings { max_queued, unended_per_visitor, hourly_per_visitor, .. } = *self.settings;
        if self.queue().waiting() >= max_queued {
            return Err(SubmitError::QueueFull);
        }
        if self.store.unended_runs_of(visitor).await? >= unended_per_visitor {
            return Err(SubmitError::TooManyUnended { limit: unended_per_visitor });
        }
        let now = self.clock.now();
        let since = now.checked_sub(SignedDuration::from_hours(1)).unwrap_or(now);
        if self.store.runs_of_since(visitor, since).await? >= hourly_per_visitor {
            return Err(SubmitError::HourlyQuota { limit: hourly_per_visitor });
        }
        Ok(())
    }

    fn accepted(&self, new: NewRun) -> StoredRun {
        let NewRun { demo, edited, title, source, pipeline, visitor } = new;
        StoredRun {
            id: RunId::random(&*self.entropy),
            demo,
            edited,
            title,
            source,
            pipeline,
            isolation: None,
            visitor,
            state: RunState::Queued,
            accepted_at: self.clock.now(),
            ended_at: None,
        }
    }

    pub(crate) fn queue(&self) -> MutexGuard<'_, Queue> {
        // No code runs under this lock that could break off half-way.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
