//! Rows of `audit` and `feedback`.

use regatta_domain::feedback::{Feedback, Rating};
use sqlx::FromRow;

use super::RowName;
use crate::StoreError;
use crate::records::AuditEntry;

/// One entry of the audit log.
#[derive(FromRow)]
pub struct AuditRow {
    at: i64,
    actor: String,
    action: String,
    subject: String,
    reason: String,
    detail: String,
}

impl TryFrom<AuditRow> for AuditEntry {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        let at = RowName { what: "audit of", id: &row.subject }.moment(row.at)?;
        Ok(Self {
            at,
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            reason: row.reason,
            detail: row.detail,
        })
    }
}

/// What somebody said.
#[derive(FromRow)]
pub struct FeedbackRow {
    registration: String,
    event: String,
    rating: i64,
    comment: String,
    given_at: i64,
}

impl TryFrom<FeedbackRow> for Feedback {
    type Error = StoreError;

    fn try_from(row: FeedbackRow) -> Result<Self, StoreError> {
        let at = RowName { what: "feedback of registration", id: &row.registration };
        let rating = Rating::new(at.number(row.rating)?)
            .ok_or_else(|| at.broken(format!("{} is no rating", row.rating)))?;
        Ok(Self {
            registration: at.parse(&row.registration)?,
            event: at.parse(&row.event)?,
            rating,
            given_at: at.moment(row.given_at)?,
            comment: row.comment,
        })
    }
}
