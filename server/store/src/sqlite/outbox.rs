//! The outbox in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::ids::{MailId, RegistrationId};
use sqlx::{FromRow, SqliteExecutor, query, query_as, query_scalar};

use super::SqliteStore;
use super::rows::{RowName, count, micros};
use crate::StoreError;
use crate::outbox::{ClaimedMail, MailKind, NewMail, OutboxHealth, OutboxStore, Settlement};

#[derive(FromRow)]
struct MailRow {
    id: String,
    kind: String,
    registration: String,
    recipient: String,
    attempts: i64,
    created_at: i64,
}

impl TryFrom<MailRow> for ClaimedMail {
    type Error = StoreError;

    fn try_from(row: MailRow) -> Result<Self, StoreError> {
        let at = RowName { what: "mail", id: &row.id };
        let kind = MailKind::named(&row.kind)
            .ok_or_else(|| at.broken(format!("{:?} is no kind of mail", row.kind)))?;
        let mail = NewMail {
            id: at.parse(&row.id)?,
            kind,
            registration: at.parse(&row.registration)?,
            recipient: at.parse(&row.recipient)?,
            created_at: at.moment(row.created_at)?,
        };
        Ok(Self { mail, attempt: at.number(row.attempts)? })
    }
}

/// Stores a mail that is due at once.
pub async fn insert(db: impl SqliteExecutor<'_>, mail: &NewMail) -> Result<(), StoreError> {
    query(
        "insert into outbox (id, kind, registration, recipient, state, attempts, due_at, created_at)
         values ($1, $2, $3, $4, 'queued', 0, $5, $5)",
    )
    .bind(mail.id.as_str())
    .bind(mail.kind.as_str())
    .bind(mail.registration.as_str())
    .bind(mail.recipient.as_str())
    .bind(micros(mail.created_at))
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a mail of this kind was caused for this registration at `since` or later.
pub async fn caused_since(
    db: impl SqliteExecutor<'_>,
    registration: &RegistrationId,
    kind: MailKind,
    since: Timestamp,
) -> Result<bool, StoreError> {
    let found = query_scalar(
        "select exists (
             select 1 from outbox where registration = $1 and kind = $2 and created_at >= $3
         )",
    )
    .bind(registration.as_str())
    .bind(kind.as_str())
    .bind(micros(since))
    .fetch_one(db)
    .await?;
    Ok(found)
}

/// What a settlement writes: the state, when it is due again, and what was said.
fn outcome(settlement: &Settlement) -> (&'static str, Option<Timestamp>, Option<&str>) {
    match settlement {
        Settlement::Sent => ("sent", None, None),
        Settlement::Retry { at, why } => ("retrying", Some(*at), Some(why)),
        Settlement::Failed { why } => ("failed", None, Some(why)),
        Settlement::Unknown { why } => ("unknown", None, Some(why)),
        Settlement::Dropped { why } => ("dropped", None, Some(why)),
    }
}

#[async_trait]
impl OutboxStore for SqliteStore {
    async fn claim(&self, now: Timestamp) -> Result<Option<ClaimedMail>, StoreError> {
        let row: Option<MailRow> = query_as(
            "update outbox
             set state = 'sending', attempts = attempts + 1, claimed_at = $1
             where id = (
                 select id from outbox
                 where state in ('queued', 'retrying') and due_at <= $1
                 order by due_at, created_at
                 limit 1
             )
             returning id, kind, registration, recipient, attempts, created_at",
        )
        .bind(micros(now))
        .fetch_optional(&self.writer)
        .await?;
        row.map(ClaimedMail::try_from).transpose()
    }

    async fn settle(&self, id: &MailId, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
        let (state, due_at, why) = outcome(settlement);
        let settled = query(
            "update outbox
             set state = $2, due_at = coalesce($3, due_at), why = $4, claimed_at = null, settled_at = $5
             where id = $1 and state = 'sending'",
        )
        .bind(id.as_str())
        .bind(state)
        .bind(due_at.map(micros))
        .bind(why)
        .bind(micros(now))
        .execute(&self.writer)
        .await?;
        if settled.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale(format!("the mail {id}"))) }
    }

    async fn mark_interrupted(&self, before: Timestamp) -> Result<u64, StoreError> {
        let marked = query(
            "update outbox
             set state = 'unknown', why = 'interrupted while it was being sent'
             where state = 'sending' and claimed_at < $1",
        )
        .bind(micros(before))
        .execute(&self.writer)
        .await?;
        Ok(marked.rows_affected())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let due: Option<i64> =
            query_scalar("select min(due_at) from outbox where state in ('queued', 'retrying')")
                .fetch_one(&self.readers)
                .await?;
        due.map(|due| RowName { what: "outbox", id: "due_at" }.moment(due)).transpose()
    }

    async fn health(&self) -> Result<OutboxHealth, StoreError> {
        let (owed, failed, unknown, oldest): (i64, i64, i64, Option<i64>) = query_as(
            "select count(*) filter (where state in ('queued', 'retrying', 'sending')),
                    count(*) filter (where state = 'failed'),
                    count(*) filter (where state = 'unknown'),
                    min(created_at) filter (where state in ('queued', 'retrying', 'sending'))
             from outbox
             where state in ('queued', 'retrying', 'sending', 'failed', 'unknown')",
        )
        .fetch_one(&self.readers)
        .await?;
        let moment = |stored| RowName { what: "outbox", id: "created_at" }.moment(stored);
        Ok(OutboxHealth {
            owed: count(owed),
            failed: count(failed),
            unknown: count(unknown),
            oldest_owed: oldest.map(moment).transpose()?,
        })
    }
}
