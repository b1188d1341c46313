//! Rows of `outbox` and `suppressions`.

use jiff::Timestamp;
use regatta_domain::ids::MailId;
use regatta_domain::language::Language;
use sqlx::FromRow;

use super::{RowName, count, micros};
use crate::StoreError;
use crate::outbox::{
    ClaimedMail, MailKind, MailState, MailSubject, NewMail, OutboxHealth, Settlement, StoredMail, Suppression,
};

/// What of a mail is known when it is put in.
#[derive(FromRow)]
pub struct MailRow {
    pub id: String,
    pub kind: String,
    pub registration: Option<String>,
    pub follow: Option<String>,
    pub event: Option<String>,
    pub recipient: String,
    pub language: String,
    pub detail: Option<String>,
    pub once: Option<String>,
    pub created_at: i64,
}

impl MailRow {
    /// How `mail` is stored.
    pub fn of(mail: &NewMail) -> Result<Self, StoreError> {
        let at = RowName { what: "mail", id: mail.id.as_str() };
        let (registration, follow, event) = match &mail.subject {
            MailSubject::Registration(registration) => (Some(registration.to_string()), None, None),
            MailSubject::Follow { follow, event } => {
                (None, Some(follow.to_string()), event.as_ref().map(ToString::to_string))
            }
        };
        Ok(Self {
            id: mail.id.to_string(),
            kind: mail.kind.as_str().to_owned(),
            registration,
            follow,
            event,
            recipient: mail.recipient.to_string(),
            language: mail.language.tag().to_owned(),
            detail: mail.detail.as_ref().map(|detail| at.to_json(detail)).transpose()?,
            once: mail.once.clone(),
            created_at: micros(mail.created_at),
        })
    }
}

/// What stands after the @ of an address in normal form: rates are kept by it.
pub fn domain_of(normalized: &str) -> &str {
    normalized.rsplit_once('@').map_or(normalized, |(_, domain)| domain)
}

/// What a mail speaks of.
fn subject(
    at: RowName<'_>,
    registration: Option<&str>,
    follow: Option<&str>,
    event: Option<&str>,
) -> Result<MailSubject, StoreError> {
    match (registration, follow) {
        (Some(registration), None) => Ok(MailSubject::Registration(at.parse(registration)?)),
        (None, Some(follow)) => {
            let event = event.map(|event| at.parse(event)).transpose()?;
            Ok(MailSubject::Follow { follow: at.parse(follow)?, event })
        }
        _ => Err(at.broken("it speaks of nothing, or of two things")),
    }
}

impl TryFrom<MailRow> for NewMail {
    type Error = StoreError;

    fn try_from(row: MailRow) -> Result<Self, StoreError> {
        let at = RowName { what: "mail", id: &row.id };
        Ok(Self {
            id: at.parse(&row.id)?,
            kind: at.named(&row.kind, MailKind::named)?,
            subject: subject(at, row.registration.as_deref(), row.follow.as_deref(), row.event.as_deref())?,
            recipient: at.parse(&row.recipient)?,
            language: at.named(&row.language, Language::tagged)?,
            detail: row.detail.as_deref().map(|detail| at.json(detail)).transpose()?,
            created_at: at.moment(row.created_at)?,
            once: row.once,
        })
    }
}

/// A mail with the number of its attempts.
#[derive(FromRow)]
pub struct ClaimedRow {
    #[sqlx(flatten)]
    mail: MailRow,
    attempts: i64,
}

impl TryFrom<ClaimedRow> for ClaimedMail {
    type Error = StoreError;

    fn try_from(row: ClaimedRow) -> Result<Self, StoreError> {
        let attempt = RowName { what: "mail", id: &row.mail.id }.number(row.attempts)?;
        Ok(Self { mail: row.mail.try_into()?, attempt })
    }
}

/// A mail as operators see it.
#[derive(FromRow)]
pub struct StoredMailRow {
    id: String,
    kind: String,
    registration: Option<String>,
    follow: Option<String>,
    event: Option<String>,
    recipient: String,
    state: String,
    attempts: i64,
    due_at: i64,
    created_at: i64,
    settled_at: Option<i64>,
    why: Option<String>,
}

impl TryFrom<StoredMailRow> for StoredMail {
    type Error = StoreError;

    fn try_from(row: StoredMailRow) -> Result<Self, StoreError> {
        let at = RowName { what: "mail", id: &row.id };
        let recipient = Some(row.recipient.as_str()).filter(|recipient| !recipient.is_empty());
        Ok(Self {
            id: at.parse(&row.id)?,
            kind: at.named(&row.kind, MailKind::named)?,
            subject: subject(at, row.registration.as_deref(), row.follow.as_deref(), row.event.as_deref())?,
            recipient: recipient.map(|recipient| at.parse(recipient)).transpose()?,
            state: at.named(&row.state, MailState::named)?,
            attempts: at.number(row.attempts)?,
            due_at: at.moment(row.due_at)?,
            created_at: at.moment(row.created_at)?,
            settled_at: at.moment_if_any(row.settled_at)?,
            why: row.why,
        })
    }
}

/// What a settlement writes.
pub struct Outcome<'s> {
    /// Where the mail stands.
    pub state: MailState,
    /// When it is due again.
    pub due_at: Option<i64>,
    /// When it came to its end.
    pub settled_at: Option<i64>,
    /// What was said.
    pub why: Option<&'s str>,
}

impl<'s> Outcome<'s> {
    /// What `settlement` at `now` writes.
    pub fn of(settlement: &'s Settlement, now: Timestamp) -> Self {
        let (state, why) = match settlement {
            Settlement::Sent => (MailState::Sent, None),
            Settlement::Retry { why, .. } => (MailState::Retrying, Some(why)),
            Settlement::Failed { why } => (MailState::Failed, Some(why)),
            Settlement::Unknown { why } => (MailState::Unknown, Some(why)),
            Settlement::Dropped { why } => (MailState::Dropped, Some(why)),
        };
        let due_at = match settlement {
            Settlement::Retry { at, .. } => Some(micros(*at)),
            _ => None,
        };
        let settled_at = due_at.is_none().then(|| micros(now));
        Self { state, due_at, settled_at, why: why.map(String::as_str) }
    }
}

/// The time within which rates are counted, in microseconds: a minute.
pub const RATE_WINDOW: i64 = 60_000_000;

/// How long a worker may take from its claim to the text, in microseconds: ten minutes. Longer than a server that is merely
/// slow, and where it is not, only whoever notes the handing over first sends the mail.
pub const CLAIM_TERM: i64 = 600_000_000;

/// Why a mail whose worker is gone is not sent again.
pub const INTERRUPTED: &str = "interrupted while it was being sent";

/// Whether a person may have a mail in this state (with a recipient or without) sent again.
pub fn may_be_retried(state: MailState, recipient: &str) -> bool {
    let stopped =
        matches!(state, MailState::Failed | MailState::Unknown | MailState::Aborted | MailState::Retrying);
    stopped && !recipient.is_empty()
}

/// Whether a person may decide that a mail in this state is not to be sent.
pub fn may_be_aborted(state: MailState) -> bool {
    matches!(state, MailState::Queued | MailState::Retrying | MailState::Failed | MailState::Unknown)
}

/// Reads the state of one mail.
pub fn mail_state(id: &MailId, stored: &str) -> Result<MailState, StoreError> {
    RowName { what: "mail", id: id.as_str() }.named(stored, MailState::named)
}

/// The mail is not claimed by whom it should be.
pub fn not_claimed(id: &MailId) -> StoreError {
    StoreError::Stale(format!("the mail {id}"))
}

/// The outbox in numbers.
#[derive(FromRow)]
pub struct HealthRow {
    owed: i64,
    failed: i64,
    unknown: i64,
    oldest_owed: Option<i64>,
}

impl TryFrom<HealthRow> for OutboxHealth {
    type Error = StoreError;

    fn try_from(row: HealthRow) -> Result<Self, StoreError> {
        Ok(Self {
            owed: count(row.owed),
            failed: count(row.failed),
            unknown: count(row.unknown),
            oldest_owed: RowName { what: "outbox", id: "created_at" }.moment_if_any(row.oldest_owed)?,
        })
    }
}

/// An address that mail does not reach.
#[derive(FromRow)]
pub struct SuppressionRow {
    address: String,
    since: i64,
    why: String,
}

impl TryFrom<SuppressionRow> for Suppression {
    type Error = StoreError;

    fn try_from(row: SuppressionRow) -> Result<Self, StoreError> {
        let since = RowName { what: "suppression of", id: &row.address }.moment(row.since)?;
        Ok(Self { since, address: row.address, why: row.why })
    }
}
