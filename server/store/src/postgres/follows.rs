//! Follows in PostgreSQL.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::follow::{Follow, Topic};
use regatta_domain::ids::FollowId;
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

use super::{PostgresStore, affected, column, overtaken, writing};
use crate::StoreError;
use crate::follows::FollowStore;
use crate::outbox::{MailSubject, NewMail};
use crate::rows::follow::{FollowRow, followed_in_between, one_per_address};
use crate::rows::{micros, read_all};

async fn insert(db: impl PgExecutor<'_>, follow: &Follow) -> Result<(), StoreError> {
    query(
        "insert into follows (id, email, email_normalized, language, topic, created_at, confirmed_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(follow.id.as_str())
    .bind(follow.email.as_str())
    .bind(follow.email.normalized())
    .bind(follow.language.tag())
    .bind(follow.topic.to_string())
    .bind(micros(follow.created_at))
    .bind(follow.confirmed_at.map(micros))
    .execute(db)
    .await
    .map_err(|error| overtaken(error, || followed_in_between(follow)))?;
    Ok(())
}

/// Whether a mail like this one was caused at `since` or later. Of several who ask for the same follow, one at a time gets
/// the answer and may cause one.
async fn reminded_since(
    tx: &mut PgConnection,
    follow: &FollowId,
    mail: &NewMail,
    since: Timestamp,
) -> Result<bool, StoreError> {
    query("select from follows where id = $1 for update").bind(follow.as_str()).execute(&mut *tx).await?;
    let reminded = query_scalar(
        "select exists (select 1 from outbox where follow = $1 and kind = $2 and created_at >= $3)",
    )
    .bind(follow.as_str())
    .bind(mail.kind.as_str())
    .bind(micros(since))
    .fetch_one(tx)
    .await?;
    Ok(reminded)
}

/// Forgets follows with the mail that is owed for them, and where other mail for them went.
async fn forget(tx: &mut PgConnection, ids: &[String]) -> Result<(), StoreError> {
    query("delete from outbox where follow = any($1) and state in ('queued', 'retrying')")
        .bind(ids)
        .execute(&mut *tx)
        .await?;
    query(
        "update outbox set recipient = '', recipient_normalized = '', domain = '', detail = null, why = null
         where follow = any($1) and settled_at is not null",
    )
    .bind(ids)
    .execute(&mut *tx)
    .await?;
    query("delete from follows where id = any($1)").bind(ids).execute(tx).await?;
    Ok(())
}

#[async_trait]
impl FollowStore for PostgresStore {
    async fn follow(&self, id: &FollowId) -> Result<Option<Follow>, StoreError> {
        let row: Option<FollowRow> = query_as("select * from follows where id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.map(Follow::try_from).transpose()
    }

    async fn follow_of(&self, normalized: &str, topic: &Topic) -> Result<Option<Follow>, StoreError> {
        let row: Option<FollowRow> =
            query_as("select * from follows where email_normalized = $1 and topic = $2")
                .bind(normalized)
                .bind(topic.to_string())
                .fetch_optional(&self.pool)
                .await?;
        row.map(Follow::try_from).transpose()
    }

    async fn follows_by_address(&self, normalized: &str) -> Result<Vec<Follow>, StoreError> {
        let rows: Vec<FollowRow> =
            query_as("select * from follows where email_normalized = $1 order by topic")
                .bind(normalized)
                .fetch_all(&self.pool)
                .await?;
        read_all(rows)
    }

    async fn add_follow(&self, follow: &Follow, mail: &NewMail) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        insert(&mut *tx, follow).await?;
        writing::mails(&mut *tx, std::slice::from_ref(mail)).await?;
        Ok(tx.commit().await?)
    }

    async fn remind_follow(&self, mail: &NewMail, since: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await?;
        if let MailSubject::Follow { follow, .. } = &mail.subject
            && reminded_since(&mut tx, follow, mail, since).await?
        {
            return Ok(false);
        }
        let put_in = writing::mails(&mut *tx, std::slice::from_ref(mail)).await?;
        tx.commit().await?;
        Ok(put_in == 1)
    }

    async fn confirm_follow(&self, id: &FollowId, now: Timestamp) -> Result<(), StoreError> {
        query("update follows set confirmed_at = $2 where id = $1 and confirmed_at is null")
            .bind(id.as_str())
            .bind(micros(now))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn unfollow(&self, id: &FollowId) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        forget(&mut tx, &[id.to_string()]).await?;
        Ok(tx.commit().await?)
    }

    async fn forget_unconfirmed(&self, before: Timestamp) -> Result<u32, StoreError> {
        let mut tx = self.pool.begin().await?;
        // Locked, so that nobody confirms one that is just being forgotten.
        let ids: Vec<String> = query_scalar(
            "select id from follows where confirmed_at is null and created_at < $1 order by id for update",
        )
        .bind(micros(before))
        .fetch_all(&mut *tx)
        .await?;
        forget(&mut tx, &ids).await?;
        tx.commit().await?;
        Ok(affected(ids.len() as u64))
    }

    async fn followers(&self, topics: &[Topic]) -> Result<Vec<Follow>, StoreError> {
        let rows: Vec<FollowRow> = query_as(
            "select * from follows where confirmed_at is not null and topic = any($1) order by created_at, id",
        )
        .bind(column(topics, Topic::to_string))
        .fetch_all(&self.pool)
        .await?;
        Ok(one_per_address(read_all(rows)?, topics))
    }
}
