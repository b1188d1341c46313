//! What is not kept for ever, in SQLite. A few runs go at a time, so that other writers have their turns in between.

use jiff::Timestamp;
use sqlx::{QueryBuilder, query, query_scalar};

use crate::StoreError;
use crate::rows::micros;
use crate::sqlite::SqliteStore;
use crate::sqlite::several::push_among;

/// How many runs go in one transaction. A log has up to some ten thousand events.
const AT_A_TIME: u32 = 8;

/// Deletes logs and forgets visitors; the summaries stay.
pub async fn delete_logs(store: &SqliteStore, before: Timestamp) -> Result<u64, StoreError> {
    query("update shared_texts set visitor = '' where visitor <> '' and shared_at < $1")
        .bind(micros(before))
        .execute(&store.writer)
        .await?;
    let mut deleted = 0;
    loop {
        match delete_some_logs(store, before).await? {
            0 => return Ok(deleted),
            some => deleted += some,
        }
    }
}

async fn delete_some_logs(store: &SqliteStore, before: Timestamp) -> Result<u64, StoreError> {
    let mut tx = store.write().await?;
    let runs: Vec<String> = query_scalar(
        "update runs set log_deleted = 1, visitor = ''
         where id in (
             select id from runs where ended_at is not null and log_deleted = 0 and ended_at < $1
             order by ended_at limit $2
         )
         returning id",
    )
    .bind(micros(before))
    .bind(AT_A_TIME)
    .fetch_all(&mut *tx)
    .await?;
    let mut events = QueryBuilder::new("delete from run_events where run");
    push_among(&mut events, runs.iter().map(String::as_str)).build().execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(runs.len() as u64)
}

/// Deletes runs of visitors' own texts, their logs with them, and shared texts.
pub async fn delete_edited(store: &SqliteStore, before: Timestamp) -> Result<u64, StoreError> {
    let texts = query("delete from shared_texts where shared_at < $1")
        .bind(micros(before))
        .execute(&store.writer)
        .await?;
    let mut deleted = texts.rows_affected();
    loop {
        let runs = query(
            "delete from runs
             where id in (
                 select id from runs where ended_at is not null and edited = 1 and ended_at < $1
                 order by ended_at limit $2
             )",
        )
        .bind(micros(before))
        .bind(AT_A_TIME)
        .execute(&store.writer)
        .await?;
        if runs.rows_affected() == 0 {
            return Ok(deleted);
        }
        deleted += runs.rows_affected();
    }
}
