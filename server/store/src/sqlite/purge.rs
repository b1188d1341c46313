//! Erasing people from SQLite, and keeping what counts.

use jiff::Timestamp;
use regatta_domain::ids::RegistrationId;
use sqlx::{QueryBuilder, Sqlite, SqliteExecutor, Transaction, query_scalar};

use super::several::{batches, push_among};
use crate::StoreError;
use crate::desk::Erased;
use crate::rows::{RowName, micros};

/// Registrations whose time is over at `now` and that no owed mail speaks of.
pub async fn due(
    db: impl SqliteExecutor<'_>,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<RegistrationId>, StoreError> {
    let ids: Vec<String> = query_scalar(
        "select id from registrations
         where erased_at is null and purge_at <= $1
           and not exists (
               select 1 from outbox
               where outbox.registration = registrations.id and outbox.state in ('queued', 'retrying', 'sending')
           )
         order by purge_at, id
         limit $2",
    )
    .bind(micros(now))
    .bind(limit)
    .fetch_all(db)
    .await?;
    ids.iter().map(|id| RowName { what: "registration", id }.parse(id)).collect()
}

/// Erases whatever tells of the owners of these registrations.
pub async fn erase(
    tx: &mut Transaction<'_, Sqlite>,
    ids: &[RegistrationId],
    now: Timestamp,
) -> Result<Erased, StoreError> {
    let mut erased = Erased::default();
    for batch in batches(ids) {
        let mut registrations = QueryBuilder::new("update registrations set erased_at = ");
        registrations.push_bind(micros(now)).push(
            ", name = '', email = '', email_normalized = null, answers = '{}', booking = null,
             version = version + 1
             where erased_at is null and id",
        );
        erased.registrations += change(tx, registrations, batch).await?;
        let history = QueryBuilder::new("delete from registration_history where registration");
        change(tx, history, batch).await?;
        let feedback = QueryBuilder::new("update feedback set comment = '' where registration");
        change(tx, feedback, batch).await?;
        let mails = QueryBuilder::new(
            "update outbox set recipient = '', recipient_normalized = '', domain = '', detail = null, why = null
             where settled_at is not null and recipient <> '' and registration",
        );
        erased.mails += change(tx, mails, batch).await?;
    }
    Ok(erased)
}

/// Executes a change that ends in a column, for those whose column is one of `ids`. Returns how many there were.
async fn change(
    tx: &mut Transaction<'_, Sqlite>,
    mut change: QueryBuilder<Sqlite>,
    ids: &[RegistrationId],
) -> Result<u32, StoreError> {
    let done =
        push_among(&mut change, ids.iter().map(RegistrationId::as_str)).build().execute(&mut **tx).await?;
    Ok(u32::try_from(done.rows_affected()).unwrap_or(u32::MAX))
}
