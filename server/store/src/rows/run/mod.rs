//! Rows of `runs`, of the line they wait in, and of the lists that show them.

mod before;
mod event;
mod timing;

use regatta_domain::ids::RunId;
use regatta_domain::pipeline::Dialect;
use regatta_domain::run::{LineUp, RunState, Waiting};
use sqlx::FromRow;

use super::RowName;
use crate::StoreError;
use crate::runs::{Admission, Hold, ListedRun, RunQuota, StoredRun};

pub use event::{EventRow, NewEvent, does_not_follow, new_events};
pub use timing::TimingRow;

/// How many of those who wait are told at most.
pub const LONGEST_LINE: u32 = 1_000;

/// One run. Arguments, pipeline and summary are JSON.
#[derive(FromRow)]
pub struct RunRow {
    id: String,
    demo: Option<String>,
    edited: bool,
    hidden: bool,
    title: String,
    dialect: String,
    source: String,
    arguments: String,
    pipeline: String,
    isolation: Option<String>,
    visitor: String,
    state: String,
    accepted_at: i64,
    ended_at: Option<i64>,
    summary: Option<String>,
    log_deleted: bool,
}

impl TryFrom<RunRow> for StoredRun {
    type Error = StoreError;

    fn try_from(row: RunRow) -> Result<Self, StoreError> {
        let at = RowName { what: "run", id: &row.id };
        Ok(Self {
            id: at.parse(&row.id)?,
            demo: row.demo.as_deref().map(|demo| at.parse(demo)).transpose()?,
            dialect: at.named(&row.dialect, Dialect::named)?,
            arguments: at.json(&row.arguments)?,
            pipeline: before::pipeline(&row.pipeline).map_err(|why| at.broken(why))?,
            state: at.named(&row.state, RunState::named)?,
            accepted_at: at.moment(row.accepted_at)?,
            ended_at: at.moment_if_any(row.ended_at)?,
            summary: row.summary.as_deref().map(|summary| at.json(summary)).transpose()?,
            edited: row.edited,
            hidden: row.hidden,
            title: row.title,
            source: row.source,
            isolation: row.isolation,
            visitor: row.visitor,
            log_deleted: row.log_deleted,
        })
    }
}

/// A run without its texts.
#[derive(FromRow)]
pub struct ListedRow {
    id: String,
    demo: Option<String>,
    edited: bool,
    hidden: bool,
    title: String,
    state: String,
    accepted_at: i64,
    ended_at: Option<i64>,
    #[sqlx(flatten)]
    timing: TimingRow,
}

impl TryFrom<ListedRow> for ListedRun {
    type Error = StoreError;

    fn try_from(row: ListedRow) -> Result<Self, StoreError> {
        let at = RowName { what: "run", id: &row.id };
        Ok(Self {
            id: at.parse(&row.id)?,
            demo: row.demo.as_deref().map(|demo| at.parse(demo)).transpose()?,
            state: at.named(&row.state, RunState::named)?,
            accepted_at: at.moment(row.accepted_at)?,
            ended_at: at.moment_if_any(row.ended_at)?,
            timing: row.timing.read(at)?,
            edited: row.edited,
            hidden: row.hidden,
            title: row.title,
        })
    }
}

/// A run that waits, or how many runs of a visitor are under way.
#[derive(FromRow)]
pub struct LineUpRow {
    id: Option<String>,
    visitor: String,
    held: i64,
}

/// The line that these rows tell of; those who wait stand in its order.
pub fn line_up(rows: Vec<LineUpRow>) -> Result<LineUp, StoreError> {
    let mut line = LineUp::default();
    for LineUpRow { id, visitor, held } in rows {
        if let Some(id) = id {
            let id = RowName { what: "run", id: &id }.parse(&id)?;
            line.waiting.push(Waiting { id, visitor });
        } else {
            let held = RowName { what: "line of visitor", id: &visitor }.number(held)?;
            line.under_way.insert(visitor, held);
        }
    }
    Ok(line)
}

/// A run whose hold was kept.
#[derive(FromRow)]
pub struct HeldRow {
    id: String,
    cancel_asked: bool,
}

/// Those of these runs that somebody asked to cancel.
pub fn asked_to_cancel(held: Vec<HeldRow>) -> Result<Vec<RunId>, StoreError> {
    let asked = held.into_iter().filter(|run| run.cancel_asked);
    asked.map(|run| RowName { what: "run", id: &run.id }.parse(&run.id)).collect()
}

/// Somebody's hold on a run.
#[derive(FromRow)]
pub struct HoldRow {
    id: String,
    holder: String,
    held_until: i64,
}

impl TryFrom<HoldRow> for Hold {
    type Error = StoreError;

    fn try_from(row: HoldRow) -> Result<Self, StoreError> {
        let at = RowName { what: "run", id: &row.id };
        Ok(Self { run: at.parse(&row.id)?, until: at.moment(row.held_until)?, holder: row.holder })
    }
}

/// What a new run is admitted by.
#[derive(FromRow)]
pub struct QuotaRow {
    waiting: i64,
    unended: i64,
    recent: i64,
    oldest: Option<i64>,
}

impl QuotaRow {
    /// What becomes of `run`. What its visitor has to wait for is told before what everybody has to.
    pub fn admits(&self, run: &StoredRun, quota: &RunQuota) -> Result<Admission, StoreError> {
        if self.unended >= quota.unended_per_visitor.into() {
            return Ok(Admission::TooManyUnended);
        }
        if self.recent >= quota.recent_per_visitor.into() {
            let oldest = RowName { what: "run", id: run.id.as_str() }.moment_if_any(self.oldest)?;
            // Where none may be asked for at all, there is none to wait for.
            return Ok(Admission::TooManyRecent { oldest: oldest.unwrap_or(run.accepted_at) });
        }
        let full = self.waiting >= quota.waiting.into();
        Ok(if full { Admission::QueueFull } else { Admission::Accepted })
    }
}
