//! Logs of runs in PostgreSQL.

use regatta_domain::ids::RunId;
use sqlx::{PgExecutor, query, query_as, query_scalar};

use crate::StoreError;
use crate::postgres::{column, overtaken};
use crate::rows::RowName;
use crate::rows::run::{EventRow, NewEvent, does_not_follow};

/// Appends events where the first of them is the next of a run that is not over. The run's row is locked against its end
/// until they are stored; of two who append at the same place the primary key refuses the later one.
pub async fn append(db: impl PgExecutor<'_>, id: &RunId, new: &[NewEvent]) -> Result<(), StoreError> {
    let appended = query(
        "with unended as (select id from runs where id = $1 and ended_at is null for share)
         insert into run_events (run, seq, at_ms, fact)
         select unended.id, new.seq, new.at_ms, new.fact
         from unended, unnest($2::bigint[], $3::bigint[], $4::text[]) as new (seq, at_ms, fact)
         where $5 = 1 + (select coalesce(max(seq), 0) from run_events where run = $1)",
    )
    .bind(id.as_str())
    .bind(column(new, |event| event.seq))
    .bind(column(new, |event| event.at_ms))
    .bind(column(new, |event| event.fact.as_str()))
    .bind(new.first().map(|first| first.seq))
    .execute(db)
    .await
    .map_err(|error| overtaken(error, || format!("the log of run {id}")))?;
    if appended.rows_affected() == new.len() as u64 { Ok(()) } else { Err(does_not_follow(id)) }
}

/// What stands after the event number `after`.
pub async fn after(
    db: impl PgExecutor<'_>,
    id: &RunId,
    after: u64,
    limit: u32,
) -> Result<Vec<EventRow>, StoreError> {
    // A reader may ask for anything; past the largest number there is nothing.
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let rows = query_as(
        "select run, seq, at_ms, fact from run_events where run = $1 and seq > $2 order by seq limit $3",
    )
    .bind(id.as_str())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// The number of the last event.
pub async fn last(db: impl PgExecutor<'_>, id: &RunId) -> Result<u64, StoreError> {
    let last = query_scalar("select coalesce(max(seq), 0) from run_events where run = $1")
        .bind(id.as_str())
        .fetch_one(db)
        .await?;
    RowName { what: "log of run", id: id.as_str() }.number(last)
}
