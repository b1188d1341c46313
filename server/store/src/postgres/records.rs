//! The audit log and feedback in PostgreSQL.

use async_trait::async_trait;
use regatta_domain::feedback::Feedback;
use regatta_domain::ids::{EventId, RegistrationId};
use sqlx::{query, query_as};

use super::{PostgresStore, writing};
use crate::StoreError;
use crate::records::{AuditEntry, RecordStore};
use crate::rows::record::{AuditRow, FeedbackRow};
use crate::rows::{micros, read_all};

#[async_trait]
impl RecordStore for PostgresStore {
    async fn audit_alone(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        writing::audit(&self.pool, entry).await
    }

    async fn audit_log(&self, subject: Option<&str>, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let rows: Vec<AuditRow> =
            query_as("select * from audit where $1::text is null or subject = $1 order by id desc limit $2")
                .bind(subject)
                .bind(i64::from(limit))
                .fetch_all(&self.pool)
                .await?;
        read_all(rows)
    }

    async fn feedback(&self, registration: &RegistrationId) -> Result<Option<Feedback>, StoreError> {
        let row: Option<FeedbackRow> = query_as("select * from feedback where registration = $1")
            .bind(registration.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.map(Feedback::try_from).transpose()
    }

    async fn give_feedback(&self, feedback: &Feedback) -> Result<(), StoreError> {
        query(
            "insert into feedback (registration, event, rating, comment, given_at) values ($1, $2, $3, $4, $5)
             on conflict (registration) do update
             set rating = excluded.rating, comment = excluded.comment, given_at = excluded.given_at",
        )
        .bind(feedback.registration.as_str())
        .bind(feedback.event.as_str())
        .bind(i64::from(feedback.rating.number()))
        .bind(&feedback.comment)
        .bind(micros(feedback.given_at))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn feedback_on(&self, event: &EventId) -> Result<Vec<Feedback>, StoreError> {
        let rows: Vec<FeedbackRow> =
            query_as("select * from feedback where event = $1 order by given_at, registration")
                .bind(event.as_str())
                .fetch_all(&self.pool)
                .await?;
        read_all(rows)
    }
}
