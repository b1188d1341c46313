//! Logs of runs in SQLite.

use regatta_domain::ids::RunId;
use sqlx::{QueryBuilder, Sqlite, SqliteExecutor, Transaction, query_as, query_scalar};

use crate::StoreError;
use crate::rows::RowName;
use crate::rows::run::{EventRow, NewEvent, does_not_follow};
use crate::sqlite::several::batches;

/// Whether `first` is the next event of a run that is not over. Nobody else writes until the transaction ends.
pub async fn expect_end_before(
    tx: &mut Transaction<'_, Sqlite>,
    id: &RunId,
    first: &NewEvent,
) -> Result<(), StoreError> {
    let last: Option<i64> = query_scalar(
        "select coalesce((select max(seq) from run_events where run = $1), 0) from runs
         where id = $1 and ended_at is null",
    )
    .bind(id.as_str())
    .fetch_optional(&mut **tx)
    .await?;
    if last.is_some_and(|last| last + 1 == first.seq) { Ok(()) } else { Err(does_not_follow(id)) }
}

/// Appends events that follow the last one.
pub async fn append(
    tx: &mut Transaction<'_, Sqlite>,
    id: &RunId,
    new: &[NewEvent],
) -> Result<(), StoreError> {
    for batch in batches(new) {
        let mut insert = QueryBuilder::new("insert into run_events (run, seq, at_ms, fact) ");
        insert.push_values(batch, |mut row, event| {
            row.push_bind(id.as_str()).push_bind(event.seq).push_bind(event.at_ms).push_bind(&event.fact);
        });
        insert.build().execute(&mut **tx).await?;
    }
    Ok(())
}

/// What stands after the event number `after`.
pub async fn after(
    db: impl SqliteExecutor<'_>,
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
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// The number of the last event.
pub async fn last(db: impl SqliteExecutor<'_>, id: &RunId) -> Result<u64, StoreError> {
    let last = query_scalar("select coalesce(max(seq), 0) from run_events where run = $1")
        .bind(id.as_str())
        .fetch_one(db)
        .await?;
    RowName { what: "log of run", id: id.as_str() }.number(last)
}
