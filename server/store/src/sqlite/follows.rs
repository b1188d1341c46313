//! Follows in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::follow::{Follow, Topic};
use regatta_domain::ids::FollowId;
use sqlx::{QueryBuilder, Sqlite, Transaction, query, query_as, query_scalar};

use super::several::push_among;
use super::{SqliteStore, outbox};
use crate::StoreError;
use crate::follows::FollowStore;
use crate::outbox::{MailSubject, NewMail};
use crate::rows::follow::{FollowRow, followed_in_between, one_per_address};
use crate::rows::registration::taken_in_between;
use crate::rows::{micros, read_all};

async fn insert(tx: &mut Transaction<'_, Sqlite>, follow: &Follow) -> Result<(), StoreError> {
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
    .execute(&mut **tx)
    .await
    .map_err(|error| taken_in_between(error, || followed_in_between(follow)))?;
    Ok(())
}

/// Whether a mail like this one was caused at `since` or later.
async fn reminded_since(
    tx: &mut Transaction<'_, Sqlite>,
    follow: &FollowId,
    mail: &NewMail,
    since: Timestamp,
) -> Result<bool, StoreError> {
    let reminded = query_scalar(
        "select exists (select 1 from outbox where follow = $1 and kind = $2 and created_at >= $3)",
    )
    .bind(follow.as_str())
    .bind(mail.kind.as_str())
    .bind(micros(since))
    .fetch_one(&mut **tx)
    .await?;
    Ok(reminded)
}

/// Forgets follows with the mail that is owed for them, and where other mail for them went.
async fn forget(tx: &mut Transaction<'_, Sqlite>, ids: &[String]) -> Result<(), StoreError> {
    for id in ids {
        query("delete from outbox where follow = $1 and state in ('queued', 'retrying')")
            .bind(id)
            .execute(&mut **tx)
            .await?;
        query(
            "update outbox set recipient = '', recipient_normalized = '', domain = '', detail = null, why = null
             where follow = $1 and settled_at is not null",
        )
        .bind(id)
        .execute(&mut **tx)
        .await?;
        query("delete from follows where id = $1").bind(id).execute(&mut **tx).await?;
    }
    Ok(())
}

#[async_trait]
impl FollowStore for SqliteStore {
    async fn follow(&self, id: &FollowId) -> Result<Option<Follow>, StoreError> {
        let row: Option<FollowRow> = query_as("select * from follows where id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await?;
        row.map(Follow::try_from).transpose()
    }

    async fn follow_of(&self, normalized: &str, topic: &Topic) -> Result<Option<Follow>, StoreError> {
        let row: Option<FollowRow> =
            query_as("select * from follows where email_normalized = $1 and topic = $2")
                .bind(normalized)
                .bind(topic.to_string())
                .fetch_optional(&self.readers)
                .await?;
        row.map(Follow::try_from).transpose()
    }

    async fn follows_by_address(&self, normalized: &str) -> Result<Vec<Follow>, StoreError> {
        let rows: Vec<FollowRow> =
            query_as("select * from follows where email_normalized = $1 order by topic")
                .bind(normalized)
                .fetch_all(&self.readers)
                .await?;
        read_all(rows)
    }

    async fn add_follow(&self, follow: &Follow, mail: &NewMail) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        insert(&mut tx, follow).await?;
        outbox::enqueue(&mut tx, std::slice::from_ref(mail)).await?;
        Ok(tx.commit().await?)
    }

    async fn remind_follow(&self, mail: &NewMail, since: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        if let MailSubject::Follow { follow, .. } = &mail.subject
            && reminded_since(&mut tx, follow, mail, since).await?
        {
            return Ok(false);
        }
        let put_in = outbox::enqueue(&mut tx, std::slice::from_ref(mail)).await?;
        tx.commit().await?;
        Ok(put_in == 1)
    }

    async fn confirm_follow(&self, id: &FollowId, now: Timestamp) -> Result<(), StoreError> {
        query("update follows set confirmed_at = $2 where id = $1 and confirmed_at is null")
            .bind(id.as_str())
            .bind(micros(now))
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn unfollow(&self, id: &FollowId) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        forget(&mut tx, &[id.to_string()]).await?;
        Ok(tx.commit().await?)
    }

    async fn forget_unconfirmed(&self, before: Timestamp) -> Result<u32, StoreError> {
        let mut tx = self.write().await?;
        let ids: Vec<String> =
            query_scalar("select id from follows where confirmed_at is null and created_at < $1")
                .bind(micros(before))
                .fetch_all(&mut *tx)
                .await?;
        forget(&mut tx, &ids).await?;
        tx.commit().await?;
        Ok(u32::try_from(ids.len()).unwrap_or(u32::MAX))
    }

    async fn followers(&self, topics: &[Topic]) -> Result<Vec<Follow>, StoreError> {
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = topics.iter().map(ToString::to_string).collect();
        let mut find =
            QueryBuilder::<Sqlite>::new("select * from follows where confirmed_at is not null and topic");
        push_among(&mut find, names.iter().map(String::as_str)).push(" order by created_at, id");
        let rows: Vec<FollowRow> = find.build_query_as().fetch_all(&self.readers).await?;
        Ok(one_per_address(read_all(rows)?, topics))
    }
}
