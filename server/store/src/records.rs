//! What is kept beside the registrations: who did what, and what people said afterwards.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::feedback::Feedback;
use regatta_domain::ids::{EventId, RegistrationId};

use crate::StoreError;

/// One entry of the audit log. It names registrations and events by their identity, never people it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who: a name given at the command line, or `portal`.
    pub actor: String,
    /// What was done, in a word or two: `approve`, `capacity`.
    pub action: String,
    /// To what: an identity.
    pub subject: String,
    /// Why, in the actor's words; may be empty.
    pub reason: String,
    /// What else is worth knowing: counts, values before and after. May be empty.
    pub detail: String,
}

/// Records as they are kept.
#[async_trait]
pub trait RecordStore: Send + Sync {
    /// Writes into the audit log, where nothing else changes with it.
    async fn audit_alone(&self, entry: &AuditEntry) -> Result<(), StoreError>;

    /// The latest entries of the audit log, newest first; at most `limit`, only about `subject` where given.
    async fn audit_log(&self, subject: Option<&str>, limit: u32) -> Result<Vec<AuditEntry>, StoreError>;

    /// What the owner of this registration said.
    async fn feedback(&self, registration: &RegistrationId) -> Result<Option<Feedback>, StoreError>;

    /// Stores what somebody said, in place of what they said before.
    async fn give_feedback(&self, feedback: &Feedback) -> Result<(), StoreError>;

    /// What was said of `event`, by time.
    async fn feedback_on(&self, event: &EventId) -> Result<Vec<Feedback>, StoreError>;
}
