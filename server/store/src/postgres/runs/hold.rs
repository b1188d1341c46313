//! Who is at a run, and what they make of it, in PostgreSQL. Each step is one statement that changes the run only where it
//! still stands as expected.

use jiff::Timestamp;
use regatta_domain::ids::RunId;
use sqlx::{PgExecutor, query, query_as};

use crate::StoreError;
use crate::rows::run::{HoldRow, RunRow, TimingRow, asked_to_cancel};
use crate::rows::{RowName, micros};
use crate::runs::{Hold, RunEnd, StoredRun};

/// Takes a run that waits.
pub async fn take(
    db: impl PgExecutor<'_>,
    id: &RunId,
    holder: &str,
    until: Timestamp,
) -> Result<Option<StoredRun>, StoreError> {
    let row: Option<RunRow> = query_as(
        "update runs set state = 'starting', holder = $2, held_until = $3
         where id = $1 and state = 'queued'
         returning *",
    )
    .bind(id.as_str())
    .bind(holder)
    .bind(micros(until))
    .fetch_optional(db)
    .await?;
    row.map(StoredRun::try_from).transpose()
}

/// Takes a run from whoever has this hold on it.
pub async fn take_over(
    db: impl PgExecutor<'_>,
    hold: &Hold,
    holder: &str,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let taken = query(
        "update runs set holder = $3, held_until = $4 where id = $1 and holder = $2 and held_until = $5",
    )
    .bind(hold.run.as_str())
    .bind(&hold.holder)
    .bind(holder)
    .bind(micros(until))
    .bind(micros(hold.until))
    .execute(db)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Leaves a run to whoever comes first.
pub async fn give_up(db: impl PgExecutor<'_>, id: &RunId, holder: &str) -> Result<bool, StoreError> {
    let given_up = query("update runs set holder = $3, held_until = 0 where id = $1 and holder = $2")
        .bind(id.as_str())
        .bind(holder)
        .bind(Hold::NOBODY)
        .execute(db)
        .await?;
    Ok(given_up.rows_affected() == 1)
}

/// Keeps what `holder` holds; which of it is to be cancelled.
pub async fn keep(db: impl PgExecutor<'_>, holder: &str, until: Timestamp) -> Result<Vec<RunId>, StoreError> {
    let held = query_as("update runs set held_until = $2 where holder = $1 returning id, cancel_asked")
        .bind(holder)
        .bind(micros(until))
        .fetch_all(db)
        .await?;
    asked_to_cancel(held)
}

/// Which of what `holder` holds is to be cancelled.
pub async fn to_cancel(db: impl PgExecutor<'_>, holder: &str) -> Result<Vec<RunId>, StoreError> {
    let held =
        query_as("select id, cancel_asked from runs where holder = $1").bind(holder).fetch_all(db).await?;
    asked_to_cancel(held)
}

/// Who holds what, and until when.
pub async fn all(db: impl PgExecutor<'_>) -> Result<Vec<HoldRow>, StoreError> {
    Ok(query_as("select id, holder, held_until from runs where holder is not null order by holder, id")
        .fetch_all(db)
        .await?)
}

/// From starting to running.
pub async fn get_under_way(
    db: impl PgExecutor<'_>,
    id: &RunId,
    holder: &str,
    isolation: &str,
) -> Result<bool, StoreError> {
    let changed = query(
        "update runs set state = 'running', isolation = $3 where id = $1 and holder = $2 and state = 'starting'",
    )
    .bind(id.as_str())
    .bind(holder)
    .bind(isolation)
    .execute(db)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// To the end, with all that is kept of it. Whoever waits has no holder.
pub async fn end(
    db: impl PgExecutor<'_>,
    id: &RunId,
    holder: Option<&str>,
    end: &RunEnd,
) -> Result<bool, StoreError> {
    if !end.state.is_final() {
        return Ok(false);
    }
    let at = RowName { what: "run", id: id.as_str() };
    let timing = TimingRow::of(end.timing.as_ref(), at)?;
    let ended = query(
        "update runs
         set state = $3, ended_at = $4, summary = $5, executor = $6, level = $7, image_state = $8, queued_ms = $9,
             setup_ms = $10, total_ms = $11, phases = $12, holder = null, held_until = null
         where id = $1 and holder is not distinct from $2 and ended_at is null",
    )
    .bind(id.as_str())
    .bind(holder)
    .bind(end.state.as_str())
    .bind(micros(end.at))
    .bind(at.to_json(&end.summary)?)
    .bind(timing.executor)
    .bind(timing.level)
    .bind(timing.image_state)
    .bind(timing.queued_ms)
    .bind(timing.setup_ms)
    .bind(timing.total_ms)
    .bind(timing.phases)
    .execute(db)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Leaves a word for whoever holds the run.
pub async fn ask_to_cancel(db: impl PgExecutor<'_>, id: &RunId) -> Result<bool, StoreError> {
    let asked = query("update runs set cancel_asked = true where id = $1 and holder is not null")
        .bind(id.as_str())
        .execute(db)
        .await?;
    Ok(asked.rows_affected() == 1)
}
