//! Statements that store any number of rows at once: one array for each column, so that the statement is the same for
//! all numbers of rows, and prepared once for each connection.

use regatta_domain::history::HistoryEntry;
use regatta_domain::ids::EventId;
use regatta_domain::registration::Registration;
use sqlx::{PgExecutor, query};

use super::{column, overtaken};
use crate::StoreError;
use crate::herald::Announced;
use crate::outbox::NewMail;
use crate::records::AuditEntry;
use crate::rows::announcement::AnnouncedRow;
use crate::rows::history::HistoryRow;
use crate::rows::mail::{MailRow, domain_of};
use crate::rows::micros;
use crate::rows::registration::RegistrationRow;

/// Stores new registrations.
pub async fn registrations(db: impl PgExecutor<'_>, new: &[Registration]) -> Result<(), StoreError> {
    let rows = new.iter().map(RegistrationRow::of).collect::<Result<Vec<_>, _>>()?;
    query(
        "insert into registrations
             (id, event, name, email, email_normalized, language, attendance, party, answers, state, place, booking,
              held_until, seated_at, purge_at, generation, sequence, version, created_at, updated_at)
         select * from unnest(
             $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
             $9::text[], $10::text[], $11::bigint[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[],
             $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[])",
    )
    .bind(column(&rows, |row| row.id.as_str()))
    .bind(column(&rows, |row| row.event.as_str()))
    .bind(column(&rows, |row| row.name.as_str()))
    .bind(column(&rows, |row| row.email.as_str()))
    .bind(column(&rows, |row| row.email_normalized.as_str()))
    .bind(column(&rows, |row| row.language.as_str()))
    .bind(column(&rows, |row| row.attendance.as_str()))
    .bind(column(&rows, |row| row.party))
    .bind(column(&rows, |row| row.answers.as_str()))
    .bind(column(&rows, |row| row.state.as_str()))
    .bind(column(&rows, |row| row.place))
    .bind(column(&rows, |row| row.booking.as_deref()))
    .bind(column(&rows, |row| row.held_until))
    .bind(column(&rows, |row| row.seated_at))
    .bind(column(&rows, |row| row.purge_at))
    .bind(column(&rows, |row| row.generation))
    .bind(column(&rows, |row| row.sequence))
    .bind(column(&rows, |row| row.version))
    .bind(column(&rows, |row| row.created_at))
    .bind(column(&rows, |row| row.updated_at))
    .execute(db)
    .await
    .map_err(|error| overtaken(error, || "one of the addresses or places".into()))?;
    Ok(())
}

/// Appends to the histories, in this order.
pub async fn history(db: impl PgExecutor<'_>, entries: &[HistoryEntry]) -> Result<(), StoreError> {
    let rows = entries.iter().map(HistoryRow::of).collect::<Result<Vec<_>, _>>()?;
    query(
        "insert into registration_history (registration, at, actor, what)
         select registration, at, actor, what
         from unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
              with ordinality as new (registration, at, actor, what, n)
         order by n",
    )
    .bind(column(&rows, |row| row.registration.as_str()))
    .bind(column(&rows, |row| row.at))
    .bind(column(&rows, |row| row.actor.as_str()))
    .bind(column(&rows, |row| row.what.as_str()))
    .execute(db)
    .await
    .map_err(|error| overtaken(error, || "a history".into()))?;
    Ok(())
}

/// Stores mails that are due at once, but none whose [`NewMail::once`] is there already. Returns how many it stored.
pub async fn mails(db: impl PgExecutor<'_>, new: &[NewMail]) -> Result<u64, StoreError> {
    let rows = new.iter().map(MailRow::of).collect::<Result<Vec<_>, _>>()?;
    let normalized = column(new, |mail| mail.recipient.normalized());
    let stored = query(
        "insert into outbox
             (id, kind, registration, follow, event, recipient, recipient_normalized, domain, language, detail, once,
              state, attempts, due_at, created_at)
         select id, kind, registration, follow, event, recipient, recipient_normalized, domain, language, detail, once,
                'queued', 0, created_at, created_at
         from unnest(
             $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
             $9::text[], $10::text[], $11::text[], $12::bigint[])
             as new (id, kind, registration, follow, event, recipient, recipient_normalized, domain, language, detail,
                     once, created_at)
         on conflict (once) do nothing",
    )
    .bind(column(&rows, |row| row.id.as_str()))
    .bind(column(&rows, |row| row.kind.as_str()))
    .bind(column(&rows, |row| row.registration.as_deref()))
    .bind(column(&rows, |row| row.follow.as_deref()))
    .bind(column(&rows, |row| row.event.as_deref()))
    .bind(column(&rows, |row| row.recipient.as_str()))
    .bind(column(&normalized, String::as_str))
    .bind(column(&normalized, |address| domain_of(address)))
    .bind(column(&rows, |row| row.language.as_str()))
    .bind(column(&rows, |row| row.detail.as_deref()))
    .bind(column(&rows, |row| row.once.as_deref()))
    .bind(column(&rows, |row| row.created_at))
    .execute(db)
    .await
    .map_err(|error| overtaken(error, || "the outbox".into()))?;
    Ok(stored.rows_affected())
}

/// Writes into the audit log.
pub async fn audit(db: impl PgExecutor<'_>, entry: &AuditEntry) -> Result<(), StoreError> {
    query("insert into audit (at, actor, action, subject, reason, detail) values ($1, $2, $3, $4, $5, $6)")
        .bind(micros(entry.at))
        .bind(&entry.actor)
        .bind(&entry.action)
        .bind(&entry.subject)
        .bind(&entry.reason)
        .bind(&entry.detail)
        .execute(db)
        .await?;
    Ok(())
}

/// Stores what people were told of `event`.
pub async fn announced(
    db: impl PgExecutor<'_>,
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
