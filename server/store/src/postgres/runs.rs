//! Runs and their logs in PostgreSQL.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::ids::RunId;
use regatta_domain::run::{RunEvent, RunState};
use regatta_domain::slug::Slug;
use sqlx::{PgConnection, query, query_as, query_scalar};

use super::{PostgresStore, overtaken};
use crate::StoreError;
use crate::rows::run::{EventRow, RunRow};
use crate::rows::{RowName, count, micros, read_all};
use crate::runs::{RunStore, StoredRun};

fn stored_number(value: u64, at: RowName<'_>) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|why| at.broken(why))
}

/// Appends to a log. Of two who append at the same place the primary key refuses the later one.
async fn append(db: &mut PgConnection, id: &RunId, events: &[RunEvent]) -> Result<(), StoreError> {
    let at = RowName { what: "log of run", id: id.as_str() };
    let stale = || format!("the log of run {id}");
    let last: i64 = query_scalar("select coalesce(max(seq), 0) from run_events where run = $1")
        .bind(id.as_str())
        .fetch_one(&mut *db)
        .await?;
    let numbers = events.iter().map(|event| stored_number(event.seq, at)).collect::<Result<Vec<_>, _>>()?;
    if (last + 1..).zip(&numbers).any(|(expected, seq)| *seq != expected) {
        return Err(StoreError::Stale(stale()));
    }
    let times = events.iter().map(|event| stored_number(event.at_ms, at)).collect::<Result<Vec<_>, _>>()?;
    let facts = events.iter().map(|event| at.to_json(&event.what)).collect::<Result<Vec<_>, _>>()?;
    query(
        "insert into run_events (run, seq, at_ms, fact)
         select $1, seq, at_ms, fact
         from unnest($2::bigint[], $3::bigint[], $4::text[]) as new (seq, at_ms, fact)",
    )
    .bind(id.as_str())
    .bind(numbers)
    .bind(times)
    .bind(facts)
    .execute(db)
    .await
    .map_err(|error| overtaken(error, stale))?;
    Ok(())
}

#[async_trait]
impl RunStore for PostgresStore {
    async fn add_run(&self, run: &StoredRun) -> Result<(), StoreError> {
        let at = RowName { what: "run", id: run.id.as_str() };
        query(
            "insert into runs
                 (id, demo, edited, title, source, pipeline, isolation, visitor, state, accepted_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9)",
        )
        .bind(run.id.as_str())
        .bind(run.demo.as_ref().map(Slug::as_str))
        .bind(run.edited)
        .bind(&run.title)
        .bind(&run.source)
        .bind(at.to_json(&run.pipeline)?)
        .bind(run.isolation.as_deref())
        .bind(&run.visitor)
        .bind(micros(run.accepted_at))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn run(&self, id: &RunId) -> Result<Option<StoredRun>, StoreError> {
        let row: Option<RunRow> =
            query_as("select * from runs where id = $1").bind(id.as_str()).fetch_optional(&self.pool).await?;
        row.map(StoredRun::try_from).transpose()
    }

    async fn queued_runs(&self, limit: u32) -> Result<Vec<StoredRun>, StoreError> {
        let rows: Vec<RunRow> = query_as(
            "select * from runs where state = 'queued' and ended_at is null order by accepted_at, id limit $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        read_all(rows)
    }

    async fn change_run_state(
        &self,
        id: &RunId,
        from: RunState,
        to: RunState,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        if !from.may_become(to) {
            return Ok(false);
        }
        let changed = query("update runs set state = $3, ended_at = $4 where id = $1 and state = $2")
            .bind(id.as_str())
            .bind(from.as_str())
            .bind(to.as_str())
            .bind(to.is_final().then(|| micros(at)))
            .execute(&self.pool)
            .await?;
        Ok(changed.rows_affected() == 1)
    }

    async fn set_run_isolation(&self, id: &RunId, isolation: &str) -> Result<(), StoreError> {
        query("update runs set isolation = $2 where id = $1")
            .bind(id.as_str())
            .bind(isolation)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn append_events(&self, id: &RunId, events: &[RunEvent]) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        append(&mut tx, id, events).await?;
        Ok(tx.commit().await?)
    }

    async fn events_after(&self, id: &RunId, after: u64, limit: u32) -> Result<Vec<RunEvent>, StoreError> {
        // A reader may ask for anything; past the largest number there is nothing.
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows: Vec<EventRow> = query_as(
            "select run, seq, at_ms, fact from run_events where run = $1 and seq > $2 order by seq limit $3",
        )
        .bind(id.as_str())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        read_all(rows)
    }

    async fn unfinished_runs(&self) -> Result<Vec<StoredRun>, StoreError> {
        let rows: Vec<RunRow> = query_as(
            "select * from runs
             where state in ('starting', 'running') and ended_at is null
             order by accepted_at, id",
        )
        .fetch_all(&self.pool)
        .await?;
        read_all(rows)
    }

    async fn latest_demo_runs(&self, limit: u32) -> Result<Vec<StoredRun>, StoreError> {
        let rows: Vec<RunRow> = query_as(
            "select * from runs
             where ended_at is not null and demo is not null and not edited
             order by ended_at desc, id
             limit $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        read_all(rows)
    }

    async fn unended_runs_of(&self, visitor: &str) -> Result<u32, StoreError> {
        let unended = query_scalar("select count(*) from runs where visitor = $1 and ended_at is null")
            .bind(visitor)
            .fetch_one(&self.pool)
            .await?;
        Ok(count(unended))
    }

    async fn runs_of_since(&self, visitor: &str, since: Timestamp) -> Result<u32, StoreError> {
        let asked = query_scalar("select count(*) from runs where visitor = $1 and accepted_at >= $2")
            .bind(visitor)
            .bind(micros(since))
            .fetch_one(&self.pool)
            .await?;
        Ok(count(asked))
    }

    async fn queue_length(&self) -> Result<u32, StoreError> {
        let waiting = query_scalar("select count(*) from runs where state = 'queued' and ended_at is null")
            .fetch_one(&self.pool)
            .await?;
        Ok(count(waiting))
    }

    async fn delete_runs_before(&self, before: Timestamp) -> Result<u64, StoreError> {
        let deleted =
            query("delete from runs where ended_at < $1").bind(micros(before)).execute(&self.pool).await?;
        Ok(deleted.rows_affected())
    }
}
