//! What is not kept for ever, in PostgreSQL. A few runs go in one statement, so that none takes longer than a session allows;
//! of two replicas each passes over those that the other is at.

use jiff::Timestamp;
use sqlx::query;

use crate::StoreError;
use crate::postgres::PostgresStore;
use crate::rows::micros;

/// How many runs go in one statement. A log has up to some ten thousand events.
const AT_A_TIME: i64 = 32;

/// Deletes logs and forgets visitors; the summaries stay.
pub async fn delete_logs(store: &PostgresStore, before: Timestamp) -> Result<u64, StoreError> {
    query("update shared_texts set visitor = '' where visitor <> '' and shared_at < $1")
        .bind(micros(before))
        .execute(&store.pool)
        .await?;
    let some = "
        with old as (
            select id from runs where ended_at is not null and not log_deleted and ended_at < $1
            order by ended_at, id limit $2 for update skip locked
        ),
        gone as (delete from run_events where run in (select id from old))
        update runs set log_deleted = true, visitor = '' where id in (select id from old)";
    until_none_is_left(store, some, before).await
}

/// Deletes runs of visitors' own texts, their logs with them, and shared texts.
pub async fn delete_edited(store: &PostgresStore, before: Timestamp) -> Result<u64, StoreError> {
    let texts = query("delete from shared_texts where shared_at < $1")
        .bind(micros(before))
        .execute(&store.pool)
        .await?;
    let some = "
        delete from runs
        where id in (
            select id from runs where ended_at is not null and edited and ended_at < $1
            order by ended_at, id limit $2 for update skip locked
        )";
    Ok(texts.rows_affected() + until_none_is_left(store, some, before).await?)
}

async fn until_none_is_left(
    store: &PostgresStore,
    some: &'static str,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let mut gone = 0;
    loop {
        let changed = query(some).bind(micros(before)).bind(AT_A_TIME).execute(&store.pool).await?;
        if changed.rows_affected() == 0 {
            return Ok(gone);
        }
        gone += changed.rows_affected();
    }
}
