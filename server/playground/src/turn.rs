//! How long the line is, and when it is one's own turn.

use std::sync::PoisonError;
use std::time::Duration;

use jiff::SignedDuration;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::Arguments;
use regatta_domain::run::{Ending, LineUp, Percentiles, RunState, Turn};
use regatta_domain::slug::Slug;
use regatta_store::StoreError;
use regatta_store::runs::RunFilter;
use tokio::time::Instant;

use crate::service::Playground;
use crate::settings::Replay;

/// From how many of the latest runs it is told how long one takes.
const RECENT: u32 = 50;
/// For how long that is believed.
const BELIEVED: Duration = Duration::from_secs(30);
/// How many recent runs of a demo are looked through for one with the same parameters.
const ALIKE: u32 = 20;

/// How busy the playground is, all processes on its store together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Runs that wait for their turn.
    pub waiting: usize,
    /// Runs under way.
    pub under_way: usize,
    /// How many can be under way: in this process, and as many as are elsewhere.
    pub slots: usize,
}

impl Load {
    /// Whether a new run would have to wait.
    pub fn is_busy(&self) -> bool {
        self.waiting > 0 || self.under_way >= self.slots
    }
}

/// How long a run takes, as it was known at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Typical {
    as_of: Instant,
    ms: Option<u64>,
}

impl Playground {
    /// The place of a waiting run in the line, and about how long it still waits; `None` where it does not wait.
    pub async fn turn(&self, id: &RunId) -> Result<Option<Turn>, StoreError> {
        let line = self.store.line_up().await?;
        // While nothing starts, nobody knows when something will.
        let typical = if self.switches().mode.starts_runs() { self.typical_ms().await? } else { None };
        Ok(line.turn(id, self.slots(&line), typical))
    }

    /// How busy the playground is.
    pub async fn load(&self) -> Result<Load, StoreError> {
        let line = self.store.line_up().await?;
        let under_way = line.under_way.values().sum();
        Ok(Load { waiting: line.waiting.len(), under_way, slots: self.slots(&line) })
    }

    /// The recent run of an unedited demo that may be shown in place of a new one with the same text and parameters.
    pub async fn recent_same(
        &self,
        demo: &Slug,
        source: &str,
        arguments: &Arguments,
    ) -> Result<Option<RunId>, StoreError> {
        let wanted = match self.settings.replay {
            Replay::Never => false,
            Replay::Busy => self.load().await?.is_busy(),
            Replay::Always => true,
        };
        if !wanted {
            return Ok(None);
        }
        let age = SignedDuration::try_from(self.settings.replay_for).unwrap_or(SignedDuration::MAX);
        let filter = RunFilter {
            public: true,
            demo: Some(demo.clone()),
            state: Some(RunState::Ended(Ending::Succeeded)),
            since: self.clock.now().checked_sub(age).ok(),
            limit: ALIKE,
        };
        for listed in self.store.list_runs(&filter).await? {
            let run = self.store.run(&listed.id).await?;
            if run.is_some_and(|run| run.source == source && run.arguments == *arguments && !run.log_deleted)
            {
                return Ok(Some(listed.id));
            }
        }
        Ok(None)
    }

    /// How many runs can be under way: here, and as many as are elsewhere. How many slots other processes have is not
    /// known, but that they take none of this one's.
    pub(crate) fn slots(&self, line: &LineUp) -> usize {
        let under_way: usize = line.under_way.values().sum();
        under_way.saturating_sub(self.live.count()) + self.settings.concurrent_runs.max(1)
    }

    /// How long runs took of late, from their turn to their end, in milliseconds: half of them at most so long.
    pub(crate) async fn typical_ms(&self) -> Result<Option<u64>, StoreError> {
        // No code runs under this lock that could break off half-way.
        let known = *self.typical.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.filter(|known| known.as_of.elapsed() < BELIEVED) {
            return Ok(known.ms);
        }
        let latest = self.store.list_runs(&RunFilter { limit: RECENT, ..RunFilter::default() }).await?;
        let took = latest.into_iter().filter_map(|run| run.timing);
        let took = took.map(|timing| timing.total_ms.saturating_sub(timing.queued_ms)).collect();
        let ms = Percentiles::of(took).map(|percentiles| percentiles.p50_ms);
        let typical = Typical { as_of: Instant::now(), ms };
        *self.typical.lock().unwrap_or_else(PoisonError::into_inner) = Some(typical);
        Ok(ms)
    }
}
