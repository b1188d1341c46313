//! The outbox in SQLite: what puts mails in, and what takes them out.
//!
//! What workers ask all the time names its index: left to itself, SQLite would read and sort everything that is owed.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::ids::{MailId, RegistrationId};
use sqlx::{QueryBuilder, Sqlite, Transaction, query, query_as, query_scalar};

use super::SqliteStore;
use super::several::{batches, insert_mails, push_among};
use crate::StoreError;
use crate::outbox::{
    ClaimedMail, MailFilter, MailKind, MailState, NewMail, OutboxHealth, OutboxStore, Rates, Settlement,
    StoredMail, Suppression,
};
use crate::rows::mail::{
    CLAIM_TERM, ClaimedRow, HealthRow, INTERRUPTED, Outcome, RATE_WINDOW, StoredMailRow, SuppressionRow,
    mail_state, may_be_aborted, may_be_retried, not_claimed,
};
use crate::rows::{RowName, micros, read_all};

/// Puts mails in, but for those there may only be one of and is. Returns how many were put in.
pub async fn enqueue(tx: &mut Transaction<'_, Sqlite>, mails: &[NewMail]) -> Result<u32, StoreError> {
    let mut put_in = 0;
    for batch in batches(mails) {
        put_in += insert_mails(batch)?.build().execute(&mut **tx).await?.rows_affected();
    }
    Ok(u32::try_from(put_in).unwrap_or(u32::MAX))
}

/// Which of these registrations a mail of this kind was caused for at `since` or later.
pub async fn mailed_since(
    tx: &mut Transaction<'_, Sqlite>,
    registrations: &[RegistrationId],
    kind: MailKind,
    since: Timestamp,
) -> Result<Vec<RegistrationId>, StoreError> {
    let mut mailed = Vec::new();
    for batch in batches(registrations) {
        let mut find = QueryBuilder::<Sqlite>::new("select distinct registration from outbox where kind = ");
        find.push_bind(kind.as_str()).push(" and created_at >= ").push_bind(micros(since));
        find.push(" and registration");
        push_among(&mut find, batch.iter().map(RegistrationId::as_str));
        let ids: Vec<String> = find.build_query_scalar().fetch_all(&mut **tx).await?;
        for id in ids {
            mailed.push(RowName { what: "mail of registration", id: &id }.parse(&id)?);
        }
    }
    Ok(mailed)
}

/// The state and recipient of a mail.
async fn standing(
    tx: &mut Transaction<'_, Sqlite>,
    id: &MailId,
) -> Result<Option<(MailState, String)>, StoreError> {
    let row: Option<(String, String)> = query_as("select state, recipient from outbox where id = $1")
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    row.map(|(state, recipient)| Ok((mail_state(id, &state)?, recipient))).transpose()
}

/// The query that lists what `filter` lets through.
fn listing(filter: &MailFilter) -> QueryBuilder<Sqlite> {
    let mut list = QueryBuilder::new("select * from outbox where true");
    if !filter.states.is_empty() {
        list.push(" and state");
        push_among(&mut list, filter.states.iter().map(|state| state.as_str()));
    }
    if let Some(registration) = &filter.registration {
        list.push(" and registration = ").push_bind(registration.to_string());
    }
    if let Some(recipient) = &filter.recipient {
        list.push(" and recipient_normalized = ").push_bind(recipient.clone());
    }
    list.push(" order by created_at desc, id desc limit ").push_bind(filter.limit);
    list
}

#[async_trait]
impl OutboxStore for SqliteStore {
    async fn claim(
        &self,
        worker: &str,
        rates: Rates,
        now: Timestamp,
    ) -> Result<Option<ClaimedMail>, StoreError> {
        let row: Option<ClaimedRow> = query_as(
            "update outbox
             set state = 'sending', attempts = attempts + 1, claimed_by = $1, attempted_at = $2,
                 handed_over_at = null
             where id = (
                 select id from outbox indexed by outbox_due
                 where state in ('queued', 'retrying') and due_at <= $2
                   and ($4 is null or $4 > (select count(*) from outbox where attempted_at > $3 and attempted_at < $6))
                   and ($5 is null or domain not in (
                       select domain from outbox where attempted_at > $3 and attempted_at < $6
                       group by domain having count(*) >= $5
                   ))
                 order by due_at, created_at, id
                 limit 1
             )
             returning *",
        )
        .bind(worker)
        .bind(micros(now))
        .bind(micros(now) - RATE_WINDOW)
        .bind(rates.per_minute)
        .bind(rates.per_domain)
        .bind(micros(now) + RATE_WINDOW)
        .fetch_optional(&self.writer)
        .await?;
        row.map(ClaimedMail::try_from).transpose()
    }

    async fn hand_over(&self, worker: &str, id: &MailId, now: Timestamp) -> Result<(), StoreError> {
        let noted = query(
            "update outbox set handed_over_at = $3
             where id = $1 and state = 'sending' and claimed_by = $2 and handed_over_at is null",
        )
        .bind(id.as_str())
        .bind(worker)
        .bind(micros(now))
        .execute(&self.writer)
        .await?;
        if noted.rows_affected() == 1 { Ok(()) } else { Err(not_claimed(id)) }
    }

    async fn settle(
        &self,
        worker: &str,
        id: &MailId,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let outcome = Outcome::of(settlement, now);
        let settled = query(
            "update outbox
             set state = $3, due_at = coalesce($4, due_at), settled_at = $5, why = $6, claimed_by = null
             where id = $1 and state = 'sending' and claimed_by = $2",
        )
        .bind(id.as_str())
        .bind(worker)
        .bind(outcome.state.as_str())
        .bind(outcome.due_at)
        .bind(outcome.settled_at)
        .bind(outcome.why)
        .execute(&self.writer)
        .await?;
        if settled.rows_affected() == 1 { Ok(()) } else { Err(not_claimed(id)) }
    }

    async fn mark_interrupted(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        query(
            "update outbox
             set state = case when attempts > 1 then 'retrying' else 'queued' end, attempts = attempts - 1,
                 claimed_by = null
             where state = 'sending' and handed_over_at is null
               and (attempted_at <= $2
                    or not exists (select 1 from leases where name = outbox.claimed_by and until > $1))",
        )
        .bind(micros(now))
        .bind(micros(now) - CLAIM_TERM)
        .execute(&mut *tx)
        .await?;
        let marked = query(
            "update outbox set state = 'unknown', why = $2, settled_at = $1, claimed_by = null
             where state = 'sending'
               and not exists (select 1 from leases where name = outbox.claimed_by and until > $1)",
        )
        .bind(micros(now))
        .bind(INTERRUPTED)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(marked.rows_affected())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let due: Option<i64> = query_scalar(
            "select due_at from outbox indexed by outbox_due
             where state in ('queued', 'retrying')
             order by due_at
             limit 1",
        )
        .fetch_optional(&self.readers)
        .await?;
        RowName { what: "outbox", id: "due_at" }.moment_if_any(due)
    }

    async fn health(&self) -> Result<OutboxHealth, StoreError> {
        let row: HealthRow = query_as(
            "select count(*) filter (where state in ('queued', 'retrying', 'sending')) as owed,
                    count(*) filter (where state = 'failed') as failed,
                    count(*) filter (where state = 'unknown') as unknown,
                    min(created_at) filter (where state in ('queued', 'retrying', 'sending')) as oldest_owed
             from outbox
             where state in ('queued', 'retrying', 'sending', 'failed', 'unknown')",
        )
        .fetch_one(&self.readers)
        .await?;
        row.try_into()
    }

    async fn mails(&self, filter: &MailFilter) -> Result<Vec<StoredMail>, StoreError> {
        let rows: Vec<StoredMailRow> = listing(filter).build_query_as().fetch_all(&self.readers).await?;
        read_all(rows)
    }

    async fn retry(&self, id: &MailId, now: Timestamp) -> Result<Option<MailState>, StoreError> {
        let mut tx = self.write().await?;
        let Some((state, recipient)) = standing(&mut tx, id).await? else { return Ok(None) };
        if may_be_retried(state, &recipient) {
            query(
                "update outbox set state = 'queued', attempts = 0, due_at = $2, settled_at = null, why = null
                 where id = $1",
            )
            .bind(id.as_str())
            .bind(micros(now))
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(Some(state))
    }

    async fn abort(&self, id: &MailId, why: &str, now: Timestamp) -> Result<Option<MailState>, StoreError> {
        let mut tx = self.write().await?;
        let Some((state, _)) = standing(&mut tx, id).await? else { return Ok(None) };
        if may_be_aborted(state) {
            query("update outbox set state = 'aborted', settled_at = $2, why = $3 where id = $1")
                .bind(id.as_str())
                .bind(micros(now))
                .bind(why)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(Some(state))
    }

    async fn mail(&self, id: &MailId) -> Result<Option<StoredMail>, StoreError> {
        let row: Option<StoredMailRow> = query_as("select * from outbox where id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await?;
        row.map(StoredMail::try_from).transpose()
    }

    async fn suppress(&self, suppression: &Suppression) -> Result<(), StoreError> {
        query("insert into suppressions (address, since, why) values ($1, $2, $3) on conflict (address) do nothing")
            .bind(&suppression.address)
            .bind(micros(suppression.since))
            .bind(&suppression.why)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn suppression(&self, normalized: &str) -> Result<Option<Suppression>, StoreError> {
        let row: Option<SuppressionRow> = query_as("select * from suppressions where address = $1")
            .bind(normalized)
            .fetch_optional(&self.readers)
            .await?;
        row.map(Suppression::try_from).transpose()
    }

    async fn suppressions(&self) -> Result<Vec<Suppression>, StoreError> {
        let rows: Vec<SuppressionRow> =
            query_as("select * from suppressions order by address").fetch_all(&self.readers).await?;
        read_all(rows)
    }

    async fn unsuppress(&self, normalized: &str) -> Result<bool, StoreError> {
        let taken_back = query("delete from suppressions where address = $1")
            .bind(normalized)
            .execute(&self.writer)
            .await?;
        Ok(taken_back.rows_affected() == 1)
    }

    async fn purge_settled(&self, before: Timestamp, forget_before: Timestamp) -> Result<u32, StoreError> {
        let mut tx = self.write().await?;
        let erased = query(
            "update outbox set recipient = '', recipient_normalized = '', domain = '', detail = null, why = null
             where settled_at < $1 and recipient <> ''",
        )
        .bind(micros(before))
        .execute(&mut *tx)
        .await?;
        query("delete from outbox where settled_at < $1")
            .bind(micros(forget_before))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(u32::try_from(erased.rows_affected()).unwrap_or(u32::MAX))
    }
}
