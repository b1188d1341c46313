//! What operators do to the playground in SQLite, each with its entry in the audit log.

use regatta_domain::ids::{RunId, ShareId};
use regatta_domain::switches::Switches;
use sqlx::{Sqlite, SqliteExecutor, Transaction, query, query_as};

use crate::StoreError;
use crate::records::AuditEntry;
use crate::rows::playground::SwitchesRow;
use crate::sqlite::records::audit;

/// Takes a run away from the public or gives it back.
pub async fn hide_run(
    tx: &mut Transaction<'_, Sqlite>,
    id: &RunId,
    hidden: bool,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let found = query("update runs set hidden = $2 where id = $1")
        .bind(id.as_str())
        .bind(hidden)
        .execute(&mut **tx)
        .await?;
    note_where(found.rows_affected() == 1, tx, entry).await
}

/// Takes a shared text away from the public or gives it back.
pub async fn hide_shared_text(
    tx: &mut Transaction<'_, Sqlite>,
    id: &ShareId,
    hidden: bool,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let found = query("update shared_texts set hidden = $2 where id = $1")
        .bind(id.as_str())
        .bind(hidden)
        .execute(&mut **tx)
        .await?;
    note_where(found.rows_affected() == 1, tx, entry).await
}

async fn note_where(
    found: bool,
    tx: &mut Transaction<'_, Sqlite>,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    if found {
        audit(&mut **tx, entry).await?;
    }
    Ok(found)
}

/// What was decided of the playground.
pub async fn switches(db: impl SqliteExecutor<'_>) -> Result<Option<Switches>, StoreError> {
    let row: Option<SwitchesRow> =
        query_as("select mode, edited_runs, reason from switches").fetch_optional(db).await?;
    row.map(Switches::try_from).transpose()
}

/// Keeps what is decided of the playground.
pub async fn set_switches(
    tx: &mut Transaction<'_, Sqlite>,
    switches: &Switches,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    query(
        "insert into switches (id, mode, edited_runs, reason) values (1, $1, $2, $3)
         on conflict (id) do update
         set mode = excluded.mode, edited_runs = excluded.edited_runs, reason = excluded.reason",
    )
    .bind(switches.mode.as_str())
    .bind(switches.edited_runs)
    .bind(switches.reason.as_deref())
    .execute(&mut **tx)
    .await?;
    audit(&mut **tx, entry).await
}
