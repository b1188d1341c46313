//! Rows of `runs` and `run_events`.

use regatta_domain::run::{RunEvent, RunState};
use sqlx::FromRow;

use super::RowName;
use crate::StoreError;
use crate::runs::StoredRun;

/// One run. The pipeline is JSON.
#[derive(FromRow)]
pub struct RunRow {
    id: String,
    demo: Option<String>,
    edited: bool,
    title: String,
    source: String,
    pipeline: String,
    isolation: Option<String>,
    visitor: String,
    state: String,
    accepted_at: i64,
    ended_at: Option<i64>,
}

impl TryFrom<RunRow> for StoredRun {
    type Error = StoreError;

    fn try_from(row: RunRow) -> Result<Self, StoreError> {
        let at = RowName { what: "run", id: &row.id };
        Ok(Self {
            id: at.parse(&row.id)?,
            demo: row.demo.as_deref().map(|demo| at.parse(demo)).transpose()?,
            pipeline: at.json(&row.pipeline)?,
            state: at.named(&row.state, RunState::named)?,
            accepted_at: at.moment(row.accepted_at)?,
            ended_at: at.moment_if_any(row.ended_at)?,
            edited: row.edited,
            title: row.title,
            source: row.source,
            isolation: row.isolation,
            visitor: row.visitor,
        })
    }
}

/// One event of a run's log. The fact is JSON.
#[derive(FromRow)]
pub struct EventRow {
    run: String,
    seq: i64,
    at_ms: i64,
    fact: String,
}

impl TryFrom<EventRow> for RunEvent {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        let at = RowName { what: "log of run", id: &row.run };
        Ok(Self { seq: at.number(row.seq)?, at_ms: at.number(row.at_ms)?, what: at.json(&row.fact)? })
    }
}
