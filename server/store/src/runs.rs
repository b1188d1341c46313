//! Runs of the playground and their event logs, texts that were shared, and what operators decided.
//!
//! A run belongs to the process that took it ([`RunStore::take_run`]), for as long as that keeps its hold. Whoever sees a
//! hold stand still for long, or given up, may take the run over: seen, not reckoned, so that it does not matter whose
//! clock is right. The order of the line is the domain's ([`regatta_domain::run::LineUp`]).

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::ids::{RunId, ShareId};
use regatta_domain::pipeline::{Arguments, Dialect, Pipeline};
use regatta_domain::run::{LineUp, RunEvent, RunState, RunTiming, RunView};
use regatta_domain::slug::Slug;
use regatta_domain::switches::Switches;

use crate::StoreError;
use crate::records::AuditEntry;

/// A run as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRun {
    /// Its identity.
    pub id: RunId,
    /// The demo it came from, also where the visitor edited it.
    pub demo: Option<Slug>,
    /// Whether the text is the visitor's own; such runs are never listed.
    pub edited: bool,
    /// Whether operators took it away from the public.
    pub hidden: bool,
    /// Its name on the page.
    pub title: String,
    /// What it is written in.
    pub dialect: Dialect,
    /// The text it was read from, at most 64 KiB.
    pub source: String,
    /// What the visitor chose.
    pub arguments: Arguments,
    /// What is run.
    pub pipeline: Pipeline,
    /// How it is isolated, in words, once it started.
    pub isolation: Option<String>,
    /// Who asked for it: a keyed digest of the network, for limits only; empty once its log is deleted.
    pub visitor: String,
    /// Where it stands.
    pub state: RunState,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What remains of its log for ever, once it ended: its view without lines.
    pub summary: Option<RunView>,
    /// Whether its log was deleted because its time was over.
    pub log_deleted: bool,
}

/// How many runs are allowed. Counted and stored in one step, so that no two take the last place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunQuota {
    /// How many runs may wait for their turn.
    pub waiting: u32,
    /// How many runs of one visitor may wait or be under way.
    pub unended_per_visitor: u32,
    /// How many runs one visitor may ask for since `since`.
    pub recent_per_visitor: u32,
    /// Since when that is counted.
    pub since: Timestamp,
}

/// What became of a run that was to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is stored and waits.
    Accepted,
    /// Too many wait already.
    QueueFull,
    /// The visitor's earlier runs have to end first.
    TooManyUnended,
    /// The visitor asked for as many as allowed; the oldest of those that count was accepted at this time.
    TooManyRecent {
        /// When the oldest of those that count was accepted.
        oldest: Timestamp,
    },
}

/// Somebody's hold on a run under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The run.
    pub run: RunId,
    /// Who holds it.
    pub holder: String,
    /// Until when, as its holder's clock counts; another moment each time that it is kept.
    pub until: Timestamp,
}

impl Hold {
    /// The name of whoever holds what is given up.
    pub(crate) const NOBODY: &'static str = "";

    /// Whether its holder gave it up: nobody will keep it.
    pub fn is_given_up(&self) -> bool {
        self.holder == Self::NOBODY
    }
}

/// A run's end.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEnd {
    /// The state, which is final.
    pub state: RunState,
    /// When.
    pub at: Timestamp,
    /// What remains of its log: its view without lines.
    pub summary: RunView,
    /// How long it took, where a step of it began.
    pub timing: Option<RunTiming>,
}

/// A run as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedRun {
    /// Its identity.
    pub id: RunId,
    /// The demo it came from.
    pub demo: Option<Slug>,
    /// Whether the text is the visitor's own.
    pub edited: bool,
    /// Whether operators took it away from the public.
    pub hidden: bool,
    /// Its name on the page.
    pub title: String,
    /// Where it stands.
    pub state: RunState,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How long it took, where a step of it began.
    pub timing: Option<RunTiming>,
}

/// Which runs are listed; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Only runs for the public: of unedited demos, not hidden, ended.
    pub public: bool,
    /// Only runs of this demo.
    pub demo: Option<Slug>,
    /// Only runs in this state.
    pub state: Option<RunState>,
    /// Only runs accepted since.
    pub since: Option<Timestamp>,
    /// At most so many.
    pub limit: u32,
}

/// A text that somebody shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedText {
    /// Its identity.
    pub id: ShareId,
    /// The demo it came from.
    pub demo: Option<Slug>,
    /// What it is written in.
    pub dialect: Dialect,
    /// The text, at most 64 KiB.
    pub source: String,
    /// Who shared it: a keyed digest of the network, for limits only.
    pub visitor: String,
    /// When.
    pub shared_at: Timestamp,
    /// Whether operators took it away from the public.
    pub hidden: bool,
}

/// Runs as the playground keeps them.
#[async_trait]
pub trait RunStore: Send + Sync {
    /// Stores a new run in state queued, where `quota` admits it. What only comes later (isolation, end, summary) is not
    /// read. Of several reasons to refuse it, the visitor's own come before a full queue.
    async fn add_run(&self, run: &StoredRun, quota: &RunQuota) -> Result<Admission, StoreError>;

    /// The run with this identity.
    async fn run(&self, id: &RunId) -> Result<Option<StoredRun>, StoreError>;

    /// Who waits, oldest first and at most 1,000, and who has how many under way.
    async fn line_up(&self) -> Result<LineUp, StoreError>;

    /// Takes a queued run for `holder` until `until`: it is starting from now on. `None` where it does not wait any more.
    async fn take_run(
        &self,
        id: &RunId,
        holder: &str,
        until: Timestamp,
    ) -> Result<Option<StoredRun>, StoreError>;

    /// Takes over a run under way from whoever has this `hold` on it; `false` where it was kept or given up since.
    async fn take_over_run(&self, hold: &Hold, holder: &str, until: Timestamp) -> Result<bool, StoreError>;

    /// Gives up a run under way that `holder` holds: it stays as it is, and whoever comes first may take it over. `false`
    /// where it is not `holder`'s any more.
    async fn give_up_run(&self, id: &RunId, holder: &str) -> Result<bool, StoreError>;

    /// Keeps the hold on all runs of `holder` until `until`. Returns those of them that somebody asked to cancel.
    async fn keep_hold(&self, holder: &str, until: Timestamp) -> Result<Vec<RunId>, StoreError>;

    /// The runs of `holder` that somebody asked to cancel, as [`RunStore::keep_hold`] returns them. Cheap: asked again and
    /// again while something is under way.
    async fn asked_to_cancel(&self, holder: &str) -> Result<Vec<RunId>, StoreError>;

    /// Every hold on a run under way, in the order of holders, then runs.
    async fn holds(&self) -> Result<Vec<Hold>, StoreError>;

    /// Takes a run that `holder` holds from starting to running, and keeps how it is isolated; `false` where it is not
    /// `holder`'s or not starting any more.
    async fn get_under_way(&self, id: &RunId, holder: &str, isolation: &str) -> Result<bool, StoreError>;

    /// Ends a run: one under way only for its `holder`, a queued one for anybody (`holder` is `None`). `false` where it is
    /// over already or somebody else's: an end is final. Also `false` where `end.state` is none.
    async fn end_run(&self, id: &RunId, holder: Option<&str>, end: &RunEnd) -> Result<bool, StoreError>;

    /// Asks whoever holds a run under way to cancel it; `false` where it is not under way.
    async fn ask_to_cancel(&self, id: &RunId) -> Result<bool, StoreError>;

    /// Appends events, all or none; [`StoreError::Stale`] where their sequence numbers do not follow the stored ones, or
    /// the run is over: its log is closed. Who appends is not asked: of two who think that they hold a run, the numbers
    /// refuse whoever comes second.
    async fn append_events(&self, id: &RunId, events: &[RunEvent]) -> Result<(), StoreError>;

    /// The events after `after`, in order, at most `limit`.
    async fn events_after(&self, id: &RunId, after: u64, limit: u32) -> Result<Vec<RunEvent>, StoreError>;

    /// The number of the last event of a run's log, 0 where it has none. Cheap: watchers ask it again and again.
    async fn last_event(&self, id: &RunId) -> Result<u64, StoreError>;

    /// Runs that pass `filter`, newest first.
    async fn list_runs(&self, filter: &RunFilter) -> Result<Vec<ListedRun>, StoreError>;

    /// Takes a run away from the public or gives it back, and writes down who did and why; `false` where there is none.
    async fn hide_run(&self, id: &RunId, hidden: bool, audit: &AuditEntry) -> Result<bool, StoreError>;

    /// Deletes the logs of runs that ended before `before`, and forgets who asked for them and who shared texts before it;
    /// summaries and texts stay. Returns how many logs.
    async fn delete_logs_before(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Deletes runs of visitors' own texts that ended before `before`, with all that is kept of them, and texts that were
    /// shared before it. Returns how many.
    async fn delete_edited_before(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Stores a text that somebody shares; `false` where the visitor shared `most` since `since` already.
    async fn share_text(&self, text: &SharedText, most: u32, since: Timestamp) -> Result<bool, StoreError>;

    /// The shared text with this identity.
    async fn shared_text(&self, id: &ShareId) -> Result<Option<SharedText>, StoreError>;

    /// Takes a shared text away from the public or gives it back; `false` where there is none.
    async fn hide_shared_text(
        &self,
        id: &ShareId,
        hidden: bool,
        audit: &AuditEntry,
    ) -> Result<bool, StoreError>;

    /// What operators decided; `None` where they never did.
    async fn switches(&self) -> Result<Option<Switches>, StoreError>;

    /// Keeps what operators decide, and writes down who did and why.
    async fn set_switches(&self, switches: &Switches, audit: &AuditEntry) -> Result<(), StoreError>;
}
