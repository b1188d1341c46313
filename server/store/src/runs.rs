//! Runs of the playground and their event logs.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::Pipeline;
use regatta_domain::run::{RunEvent, RunState};
use regatta_domain::slug::Slug;

use crate::StoreError;

/// A run as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRun {
    /// Its identity.
    pub id: RunId,
    /// The demo it came from, also where the visitor edited it.
    pub demo: Option<Slug>,
    /// Whether the text was changed by the visitor; edited runs are never listed.
    pub edited: bool,
    /// Its name on the page.
    pub title: String,
    /// The text it was read from, at most 64 KiB.
    pub source: String,
    /// What is run.
    pub pipeline: Pipeline,
    /// How it is isolated, in words, once it started.
    pub isolation: Option<String>,
    /// Who asked for it: a keyed digest of the network, for limits only.
    pub visitor: String,
    /// Where it stands.
    pub state: RunState,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Runs as the playground keeps them.
#[async_trait]
pub trait RunStore: Send + Sync {
    /// Stores a new run in state queued.
    async fn add_run(&self, run: &StoredRun) -> Result<(), StoreError>;

    /// The run with this identity.
    async fn run(&self, id: &RunId) -> Result<Option<StoredRun>, StoreError>;

    /// The oldest queued runs, oldest first.
    async fn queued_runs(&self, limit: u32) -> Result<Vec<StoredRun>, StoreError>;

    /// Takes a run from `from` to `to`; `false` where it is not in `from` any more, or `to` does not come after `from`
    /// ([`RunState::may_become`]), so that an end is final. `at` is kept as the end where `to`
    /// is final.
    async fn change_run_state(
        &self,
        id: &RunId,
        from: RunState,
        to: RunState,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Keeps how a run is isolated.
    async fn set_run_isolation(&self, id: &RunId, isolation: &str) -> Result<(), StoreError>;

    /// Appends events, all or none; [`StoreError::Stale`] where their sequence numbers do not follow the stored ones.
    async fn append_events(&self, id: &RunId, events: &[RunEvent]) -> Result<(), StoreError>;

    /// The events after `after`, in order, at most `limit`.
    async fn events_after(&self, id: &RunId, after: u64, limit: u32) -> Result<Vec<RunEvent>, StoreError>;

    /// Runs that are neither queued nor ended: what a restart interrupted.
    async fn unfinished_runs(&self) -> Result<Vec<StoredRun>, StoreError>;

    /// The latest ended runs of unedited demos, newest first.
    async fn latest_demo_runs(&self, limit: u32) -> Result<Vec<StoredRun>, StoreError>;

    /// How many runs this visitor has that are not over.
    async fn unended_runs_of(&self, visitor: &str) -> Result<u32, StoreError>;

    /// How many runs this visitor asked for since `since`.
    async fn runs_of_since(&self, visitor: &str, since: Timestamp) -> Result<u32, StoreError>;

    /// How many runs wait for their turn.
    async fn queue_length(&self) -> Result<u32, StoreError>;

    /// Deletes ended runs that ended before `before`, with their logs. Returns how many.
    async fn delete_runs_before(&self, before: Timestamp) -> Result<u64, StoreError>;
}
