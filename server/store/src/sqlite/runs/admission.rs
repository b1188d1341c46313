//! New runs and the line they wait in, in SQLite.

use regatta_domain::run::LineUp;
use regatta_domain::slug::Slug;
use sqlx::{Sqlite, SqliteExecutor, Transaction, query, query_as};

use crate::StoreError;
use crate::rows::run::{self, LONGEST_LINE, LineUpRow, QuotaRow};
use crate::rows::{RowName, micros};
use crate::runs::{Admission, RunQuota, StoredRun};

/// What a run of the visitor $1 is admitted by, with those since $2.
const COUNT: &str = "
    select (select count(*) from runs where state = 'queued' and ended_at is null) waiting,
           (select count(*) from runs where visitor = $1 and ended_at is null) unended,
           (select count(*) from runs where visitor = $1 and accepted_at >= $2) recent,
           (select min(accepted_at) from runs where visitor = $1 and accepted_at >= $2) oldest";

/// At most $1 who wait, oldest first, and all who have something under way.
const LINE_UP: &str = "
    select id, visitor, 0 held, accepted_at from (
        select id, visitor, accepted_at from runs
        where state = 'queued' and ended_at is null
        order by accepted_at, id
        limit $1
    ) oldest
    union all
    select null, visitor, count(*), null from runs
    where state in ('starting', 'running') and ended_at is null
    group by visitor
    order by accepted_at, id";

/// What becomes of `run`. Nobody else adds one until the transaction ends.
pub async fn admit(
    tx: &mut Transaction<'_, Sqlite>,
    run: &StoredRun,
    quota: &RunQuota,
) -> Result<Admission, StoreError> {
    let row: QuotaRow =
        query_as(COUNT).bind(&run.visitor).bind(micros(quota.since)).fetch_one(&mut **tx).await?;
    row.admits(run, quota)
}

/// Stores a run that waits.
pub async fn insert(tx: &mut Transaction<'_, Sqlite>, run: &StoredRun) -> Result<(), StoreError> {
    let at = RowName { what: "run", id: run.id.as_str() };
    query(
        "insert into runs
             (id, demo, edited, hidden, title, dialect, source, arguments, pipeline, visitor, state, accepted_at,
              log_deleted, cancel_asked)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'queued', $11, 0, 0)",
    )
    .bind(run.id.as_str())
    .bind(run.demo.as_ref().map(Slug::as_str))
    .bind(run.edited)
    .bind(run.hidden)
    .bind(&run.title)
    .bind(run.dialect.as_str())
    .bind(&run.source)
    .bind(at.to_json(&run.arguments)?)
    .bind(at.to_json(&run.pipeline)?)
    .bind(&run.visitor)
    .bind(micros(run.accepted_at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Who waits and who has how many under way, as of one moment: one statement reads one commit.
pub async fn line_up(db: impl SqliteExecutor<'_>) -> Result<LineUp, StoreError> {
    let rows: Vec<LineUpRow> = query_as(LINE_UP).bind(LONGEST_LINE).fetch_all(db).await?;
    run::line_up(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::runs::plans::steps;

    /// Whoever waits may have brought 64 KiB of text each.
    #[tokio::test]
    async fn no_text_of_a_run_is_read_to_count_runs_or_to_line_them_up() {
        for statement in [COUNT, LINE_UP] {
            let steps = steps(statement).await;
            let reads: Vec<_> = steps.iter().filter(|step| step.contains(" runs")).collect();
            assert!(!reads.is_empty());
            assert!(reads.iter().all(|step| step.contains("COVERING INDEX")), "{steps:#?}");
        }
    }
}
