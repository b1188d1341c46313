//! What people were told, leases, and what is kept for life, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::ids::EventId;
use sqlx::{SqliteExecutor, query, query_as, query_scalar};

use super::SqliteStore;
use crate::StoreError;
use crate::herald::{Announced, HeraldStore};
use crate::rows::announcement::AnnouncedRow;
use crate::rows::lease::{self, LeaseRow};
use crate::rows::micros;
use crate::vitals::LeaseHeld;

/// What people were last told of `event`.
pub async fn announced(
    db: impl SqliteExecutor<'_>,
    event: &EventId,
) -> Result<Option<Announced>, StoreError> {
    let row: Option<AnnouncedRow> = query_as("select * from announcements where event = $1")
        .bind(event.as_str())
        .fetch_optional(db)
        .await?;
    row.map(Announced::try_from).transpose()
}

/// Stores what people were told of `event`.
pub async fn set_announced(
    db: impl SqliteExecutor<'_>,
    event: &EventId,
    announced: &Announced,
) -> Result<(), StoreError> {
    let row = AnnouncedRow::of(event, announced)?;
    query(
        "insert into announcements
             (event, told, told_at, sequence, pending, pending_since, published_at, wrapped_up_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (event) do update
         set told = excluded.told, told_at = excluded.told_at, sequence = excluded.sequence,
             pending = excluded.pending, pending_since = excluded.pending_since,
             published_at = excluded.published_at, wrapped_up_at = excluded.wrapped_up_at",
    )
    .bind(row.event)
    .bind(row.told)
    .bind(row.told_at)
    .bind(row.sequence)
    .bind(row.pending)
    .bind(row.pending_since)
    .bind(row.published_at)
    .bind(row.wrapped_up_at)
    .execute(db)
    .await?;
    Ok(())
}

/// The leases that somebody holds at `now`, by name.
pub(super) async fn leases(
    db: impl SqliteExecutor<'_>,
    now: Timestamp,
) -> Result<Vec<LeaseHeld>, StoreError> {
    let rows: Vec<LeaseRow> =
        query_as("select name, holder, until from leases where until > $1 order by name")
            .bind(micros(now))
            .fetch_all(db)
            .await?;
    lease::read(rows)
}

#[async_trait]
impl HeraldStore for SqliteStore {
    async fn announced(&self, event: &EventId) -> Result<Option<Announced>, StoreError> {
        announced(&self.readers, event).await
    }

    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let taken = query(
            "insert into leases (name, holder, until) values ($1, $2, $4)
             on conflict (name) do update set holder = excluded.holder, until = excluded.until
             where leases.holder = excluded.holder or leases.until <= $3",
        )
        .bind(name)
        .bind(holder)
        .bind(micros(now))
        .bind(micros(until))
        .execute(&self.writer)
        .await?;
        Ok(taken.rows_affected() == 1)
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        query("delete from leases where name = $1 and holder = $2")
            .bind(name)
            .bind(holder)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn kept(&self, name: &str, first: &str) -> Result<String, StoreError> {
        let value = query_scalar(
            "insert into kept (name, value) values ($1, $2)
             on conflict (name) do update set value = kept.value
             returning value",
        )
        .bind(name)
        .bind(first)
        .fetch_one(&self.writer)
        .await?;
        Ok(value)
    }
}
