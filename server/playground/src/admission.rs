//! Who may run what, decided before anything is stored.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::{Arguments, Dialect, MAX_SOURCE_BYTES, Pipeline};
use regatta_domain::run::RunState;
use regatta_domain::slug::Slug;
use regatta_store::StoreError;
use regatta_store::runs::{Admission, RunQuota, StoredRun};

use crate::availability::Availability;
use crate::router::NoRoute;
use crate::service::Playground;

/// Over what time runs of a visitor are counted.
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// How long a run takes where none has been seen yet.
const FIRST_GUESS_MS: u64 = 30_000;

/// A run as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// The demo it comes from, also where the visitor edited it.
    pub demo: Option<Slug>,
    /// Whether the text is the visitor's own; edited runs are never listed.
    pub edited: bool,
    /// Its name on the page.
    pub title: String,
    /// What it is written in.
    pub dialect: Dialect,
    /// The text it was read from, at most [`MAX_SOURCE_BYTES`].
    pub source: String,
    /// What to run.
    pub pipeline: Pipeline,
    /// What the visitor chose.
    pub arguments: Arguments,
    /// Who asks: a keyed digest of the network, for limits only.
    pub visitor: String,
}

/// Why a run was not accepted. Its text is for the visitor, save for [`SubmitError::Store`].
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// Nothing runs here at the moment.
    #[error("nothing can be run here: {reason}")]
    Unavailable {
        /// Why not.
        reason: String,
    },
    /// Operators take no runs at the moment.
    #[error("{words}")]
    Closed {
        /// What they decided, and why where they say so; whole sentences.
        words: String,
    },
    /// Operators let visitors run no texts of their own at the moment.
    #[error(
        "texts of visitors' own are not run at the moment; the demos are, with parameters of your choice"
    )]
    EditedOff,
    /// A job asks for an image that is not to be had.
    #[error(transparent)]
    Image(#[from] NoRoute),
    /// The text is longer than [`MAX_SOURCE_BYTES`].
    #[error("a pipeline has at most {} KiB of text", MAX_SOURCE_BYTES >> 10)]
    SourceTooLong,
    /// The visitor's earlier runs have to end first.
    #[error("{}; wait for one to end, or cancel one", runs_under_way(*limit))]
    TooManyUnended {
        /// How many are allowed.
        limit: u32,
        /// About how long until one of them ends.
        again_in: Duration,
    },
    /// The visitor asked for as many runs as an hour allows.
    #[error("you have started {} within an hour, which is as many as one visitor may", runs(*limit))]
    HourlyQuota {
        /// How many are allowed.
        limit: u32,
        /// How long until the oldest of them counts no longer.
        again_in: Duration,
    },
    /// Too many runs wait already.
    #[error("too many runs are waiting already; try again in a little while")]
    QueueFull {
        /// About how long until one of them has its turn.
        again_in: Duration,
    },
    /// The store failed; the visitor is not to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn runs(count: u32) -> String {
    if count == 1 { "one run".to_owned() } else { format!("{count} runs") }
}

fn runs_under_way(count: u32) -> String {
    if count == 1 {
        "one of your runs is waiting or under way".to_owned()
    } else {
        format!("{count} of your runs are waiting or under way")
    }
}

impl SubmitError {
    /// When it is worth asking again, where waiting helps: the value of `Retry-After`, in whole seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyUnended { again_in, .. }
            | Self::HourlyQuota { again_in, .. }
            | Self::QueueFull { again_in } => Some(*again_in),
            Self::Unavailable { .. }
            | Self::Closed { .. }
            | Self::EditedOff
            | Self::Image(_)
            | Self::SourceTooLong
            | Self::Store(_) => None,
        }
    }
}

impl Playground {
    /// Accepts a run, or says why not; then nothing is stored.
    pub async fn submit(&self, new: NewRun) -> Result<RunId, SubmitError> {
        self.check(&new).await?;
        let run = self.accepted(new);
        let quota = self.quota(run.accepted_at);
        match self.store.add_run(&run, &quota).await? {
            Admission::Accepted => {}
            Admission::QueueFull => {
                let slots = self.settings.concurrent_runs.max(1) as u64;
                let again_in = whole_seconds(self.guess_ms().await? / slots);
                return Err(SubmitError::QueueFull { again_in });
            }
            Admission::TooManyUnended => {
                let again_in = whole_seconds(self.guess_ms().await?);
                return Err(SubmitError::TooManyUnended { limit: quota.unended_per_visitor, again_in });
            }
            Admission::TooManyRecent { oldest } => {
                let counts_for = oldest.duration_since(quota.since).as_millis();
                let again_in = whole_seconds(u64::try_from(counts_for).unwrap_or(0));
                return Err(SubmitError::HourlyQuota { limit: quota.recent_per_visitor, again_in });
            }
        }
        self.spans.accept(&run.id);
        if matches!(self.availability(), Availability::Checking) {
            self.note_unchecked(run.id.clone());
        }
        self.turn.notify_one();
        Ok(run.id)
    }

    /// Refuses what is not run here, whoever asks.
    async fn check(&self, new: &NewRun) -> Result<(), SubmitError> {
        if new.source.len() > MAX_SOURCE_BYTES {
            return Err(SubmitError::SourceTooLong);
        }
        if self.shutdown.is_cancelled() {
            return Err(SubmitError::Unavailable { reason: "the portal is being restarted".to_owned() });
        }
        match self.availability() {
            Availability::Off { reason } => return Err(SubmitError::Unavailable { reason }),
            Availability::Ready(router) => router.check(&new.pipeline)?,
            Availability::Checking => {}
        }
        let switches = self.switches_once_known().await?;
        if !switches.mode.takes_runs() {
            let words = [Some(switches.mode.words()), switches.reason.as_deref()];
            let words = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
            return Err(SubmitError::Closed { words });
        }
        if new.edited && !switches.edited_runs {
            return Err(SubmitError::EditedOff);
        }
        Ok(())
    }

    fn accepted(&self, new: NewRun) -> StoredRun {
        let NewRun { demo, edited, title, dialect, source, pipeline, arguments, visitor } = new;
        StoredRun {
            id: RunId::random(&*self.entropy),
            demo,
            edited,
            hidden: false,
            title,
            dialect,
            source,
            arguments,
            pipeline,
            isolation: None,
            visitor,
            state: RunState::Queued,
            accepted_at: self.clock.now(),
            ended_at: None,
            summary: None,
            log_deleted: false,
        }
    }

    fn quota(&self, now: Timestamp) -> RunQuota {
        RunQuota {
            waiting: u32::try_from(self.settings.max_queued).unwrap_or(u32::MAX),
            unended_per_visitor: self.settings.unended_per_visitor,
            recent_per_visitor: self.settings.hourly_per_visitor,
            since: now.checked_sub(HOUR).unwrap_or(Timestamp::MIN),
        }
    }

    /// About how long a run takes.
    async fn guess_ms(&self) -> Result<u64, StoreError> {
        Ok(self.typical_ms().await?.unwrap_or(FIRST_GUESS_MS))
    }
}

/// Milliseconds rounded up to whole seconds, at least one.
fn whole_seconds(ms: u64) -> Duration {
    Duration::from_secs(ms.div_ceil(1000).max(1))
}
