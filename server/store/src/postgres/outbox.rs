//! The outbox in PostgreSQL, as its workers and operators use it.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::ids::{MailId, RegistrationId};
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

use super::{PostgresStore, affected, column};
use crate::StoreError;
use crate::outbox::{
    ClaimedMail, MailFilter, MailState, OutboxHealth, OutboxStore, Rates, Settlement, StoredMail, Suppression,
};
use crate::rows::mail::{
    CLAIM_TERM, ClaimedRow, HealthRow, INTERRUPTED, Outcome, RATE_WINDOW, StoredMailRow, SuppressionRow,
    mail_state, may_be_aborted, may_be_retried, not_claimed,
};
use crate::rows::{RowName, micros, read_all};

/// The advisory lock under which workers count attempts and claim where a rate is kept: of two who count at the same time
/// neither would see the claim of the other.
const RATE_LOCK: i64 = 0x7265_6761_7474_6101;

async fn claim(
    db: impl PgExecutor<'_>,
    worker: &str,
    rates: Rates,
    now: Timestamp,
) -> Result<Option<ClaimedMail>, StoreError> {
    let row: Option<ClaimedRow> = query_as(
        "update outbox
         set state = 'sending', attempts = attempts + 1, claimed_by = $1, attempted_at = $2, handed_over_at = null
         where id = (
             select id from outbox
             where state in ('queued', 'retrying') and due_at <= $2
               and ($4::bigint is null or $4 > (select count(*) from outbox where attempted_at > $3 and attempted_at < $6))
               and ($5::bigint is null or domain not in (
                   select domain from outbox where attempted_at > $3 and attempted_at < $6
                   group by domain having count(*) >= $5
               ))
             order by due_at, created_at, id
             limit 1
             for update skip locked
         )
         returning *",
    )
    .bind(worker)
    .bind(micros(now))
    .bind(micros(now) - RATE_WINDOW)
    .bind(rates.per_minute.map(i64::from))
    .bind(rates.per_domain.map(i64::from))
    .bind(micros(now) + RATE_WINDOW)
    .fetch_optional(db)
    .await?;
    row.map(ClaimedMail::try_from).transpose()
}

/// The state and recipient of a mail, which nobody else changes until the end of the transaction.
async fn standing(tx: &mut PgConnection, id: &MailId) -> Result<Option<(MailState, String)>, StoreError> {
    let row: Option<(String, String)> =
        query_as("select state, recipient from outbox where id = $1 for update")
            .bind(id.as_str())
            .fetch_optional(tx)
            .await?;
    row.map(|(state, recipient)| Ok((mail_state(id, &state)?, recipient))).transpose()
}

#[async_trait]
impl OutboxStore for PostgresStore {
    async fn claim(
        &self,
        worker: &str,
        rates: Rates,
        now: Timestamp,
    ) -> Result<Option<ClaimedMail>, StoreError> {
        if rates == Rates::default() {
            return claim(&self.pool, worker, rates, now).await;
        }
        let mut tx = self.pool.begin().await?;
        query("select pg_advisory_xact_lock($1)").bind(RATE_LOCK).execute(&mut *tx).await?;
        let claimed = claim(&mut *tx, worker, rates, now).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    async fn hand_over(&self, worker: &str, id: &MailId, now: Timestamp) -> Result<(), StoreError> {
        let noted = query(
            "update outbox set handed_over_at = $3
             where id = $1 and state = 'sending' and claimed_by = $2 and handed_over_at is null",
        )
        .bind(id.as_str())
        .bind(worker)
        .bind(micros(now))
        .execute(&self.pool)
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
        .execute(&self.pool)
        .await?;
        if settled.rows_affected() == 1 { Ok(()) } else { Err(not_claimed(id)) }
    }

    async fn mark_interrupted(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.pool.begin().await?;
        let marked = query(
            "update outbox set state = 'unknown', why = $2, settled_at = $1, claimed_by = null
             where state = 'sending' and handed_over_at is not null
               and not exists (select 1 from leases where name = outbox.claimed_by and until > $1)",
        )
        .bind(micros(now))
        .bind(INTERRUPTED)
        .execute(&mut *tx)
        .await?;
        query(
            "update outbox
             set state = case attempts when 1 then 'queued' else 'retrying' end, attempts = attempts - 1,
                 claimed_by = null
             where state = 'sending' and handed_over_at is null
               and (attempted_at <= $2
                    or not exists (select 1 from leases where name = outbox.claimed_by and until > $1))",
        )
        .bind(micros(now))
        .bind(micros(now) - CLAIM_TERM)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(marked.rows_affected())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let due: Option<i64> =
            query_scalar("select min(due_at) from outbox where state in ('queued', 'retrying')")
                .fetch_one(&self.pool)
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
        .fetch_one(&self.pool)
        .await?;
        row.try_into()
    }

    async fn mails(&self, filter: &MailFilter) -> Result<Vec<StoredMail>, StoreError> {
        let rows: Vec<StoredMailRow> = query_as(
            "select * from outbox
             where (cardinality($1::text[]) = 0 or state = any($1))
               and ($2::text is null or registration = $2)
               and ($3::text is null or recipient_normalized = $3)
             order by created_at desc, id desc
             limit $4",
        )
        .bind(column(&filter.states, |state| state.as_str()))
        .bind(filter.registration.as_ref().map(RegistrationId::as_str))
        .bind(filter.recipient.as_deref())
        .bind(i64::from(filter.limit))
        .fetch_all(&self.pool)
        .await?;
        read_all(rows)
    }

    async fn retry(&self, id: &MailId, now: Timestamp) -> Result<Option<MailState>, StoreError> {
        let mut tx = self.pool.begin().await?;
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
        let mut tx = self.pool.begin().await?;
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
            .fetch_optional(&self.pool)
            .await?;
        row.map(StoredMail::try_from).transpose()
    }

    async fn suppress(&self, suppression: &Suppression) -> Result<(), StoreError> {
        query("insert into suppressions (address, since, why) values ($1, $2, $3) on conflict (address) do nothing")
            .bind(&suppression.address)
            .bind(micros(suppression.since))
            .bind(&suppression.why)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn suppression(&self, normalized: &str) -> Result<Option<Suppression>, StoreError> {
        let row: Option<SuppressionRow> = query_as("select * from suppressions where address = $1")
            .bind(normalized)
            .fetch_optional(&self.pool)
            .await?;
        row.map(Suppression::try_from).transpose()
    }

    async fn suppressions(&self) -> Result<Vec<Suppression>, StoreError> {
        let rows: Vec<SuppressionRow> =
            query_as("select * from suppressions order by address").fetch_all(&self.pool).await?;
        read_all(rows)
    }

    async fn unsuppress(&self, normalized: &str) -> Result<bool, StoreError> {
        let taken_back =
            query("delete from suppressions where address = $1").bind(normalized).execute(&self.pool).await?;
        Ok(taken_back.rows_affected() == 1)
    }

    async fn purge_settled(&self, before: Timestamp, forget_before: Timestamp) -> Result<u32, StoreError> {
        let mut tx = self.pool.begin().await?;
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
        Ok(affected(erased.rows_affected()))
    }
}
