//! Erasing people from PostgreSQL, and keeping what counts.

use jiff::Timestamp;
use regatta_domain::ids::RegistrationId;
use sqlx::{PgConnection, PgExecutor, query, query_scalar};

use super::{affected, column, overtaken};
use crate::StoreError;
use crate::desk::Erased;
use crate::rows::{RowName, micros};

/// Registrations whose time is over at `now` and that no owed mail speaks of.
pub async fn due(
    db: impl PgExecutor<'_>,
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
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    ids.iter().map(|id| RowName { what: "registration", id }.parse(id)).collect()
}

/// Erases whatever tells of the owners of these registrations. A desk that read one of them before is stale then, so that
/// it cannot write back what was erased.
pub async fn erase(
    tx: &mut PgConnection,
    ids: &[RegistrationId],
    now: Timestamp,
) -> Result<Erased, StoreError> {
    let ids = column(ids, RegistrationId::as_str);
    let registrations = query(
        "update registrations
         set erased_at = $2, name = '', email = '', email_normalized = null, answers = '{}', booking = null,
             version = version + 1
         where erased_at is null and id = any($1)",
    )
    .bind(&ids)
    .bind(micros(now))
    .execute(&mut *tx)
    .await
    .map_err(|error| overtaken(error, || "one of the registrations to erase".into()))?;
    query("delete from registration_history where registration = any($1)")
        .bind(&ids)
        .execute(&mut *tx)
        .await?;
    query("update feedback set comment = '' where registration = any($1)")
        .bind(&ids)
        .execute(&mut *tx)
        .await?;
    let mails = query(
        "update outbox set recipient = '', recipient_normalized = '', domain = '', detail = null, why = null
         where settled_at is not null and recipient <> '' and registration = any($1)",
    )
    .bind(&ids)
    .execute(&mut *tx)
    .await?;
    Ok(Erased {
        registrations: affected(registrations.rows_affected()),
        mails: affected(mails.rows_affected()),
    })
}
