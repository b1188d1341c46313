//! What people were told of events, leases and what is kept for life, in PostgreSQL.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::ids::EventId;
use sqlx::{PgExecutor, query, query_as, query_scalar};

use super::{PostgresStore, reading};
use crate::StoreError;
use crate::herald::{Announced, HeraldStore};
use crate::rows::lease::{self, LeaseRow};
use crate::rows::micros;
use crate::vitals::LeaseHeld;

/// The leases that somebody holds at `now`, by name.
pub(super) async fn leases(db: impl PgExecutor<'_>, now: Timestamp) -> Result<Vec<LeaseHeld>, StoreError> {
    let rows: Vec<LeaseRow> =
        query_as("select name, holder, until from leases where until > $1 order by name")
            .bind(micros(now))
            .fetch_all(db)
            .await?;
    lease::read(rows)
}

#[async_trait]
impl HeraldStore for PostgresStore {
    async fn announced(&self, event: &EventId) -> Result<Option<Announced>, StoreError> {
        reading::announced(&self.pool, event).await
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
             on conflict (name) do update
             set holder = excluded.holder, until = excluded.until
             where leases.holder = excluded.holder or leases.until <= $3",
        )
        .bind(name)
        .bind(holder)
        .bind(micros(now))
        .bind(micros(until))
        .execute(&self.pool)
        .await?;
        Ok(taken.rows_affected() == 1)
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        query("delete from leases where name = $1 and holder = $2")
            .bind(name)
            .bind(holder)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn kept(&self, name: &str, first: &str) -> Result<String, StoreError> {
        // Two statements: the second sees what another replica kept while the first waited for it.
        query("insert into kept (name, value) values ($1, $2) on conflict (name) do nothing")
            .bind(name)
            .bind(first)
            .execute(&self.pool)
            .await?;
        Ok(query_scalar("select value from kept where name = $1").bind(name).fetch_one(&self.pool).await?)
    }
}
