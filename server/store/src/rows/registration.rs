//! Rows of `registrations`.

use regatta_domain::ids::EventId;
use regatta_domain::language::Language;
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::seats::Attendance;
use sqlx::FromRow;

use super::{RowName, micros};
use crate::StoreError;

/// One registration whose data was not erased.
#[derive(FromRow)]
pub struct RegistrationRow {
    pub id: String,
    pub event: String,
    pub name: String,
    pub email: String,
    /// Duplicates are found by it.
    pub email_normalized: String,
    pub language: String,
    pub attendance: String,
    pub party: i64,
    pub answers: String,
    pub state: String,
    pub place: i64,
    pub booking: Option<String>,
    pub held_until: i64,
    pub seated_at: Option<i64>,
    pub purge_at: i64,
    pub generation: i64,
    pub sequence: i64,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

impl RegistrationRow {
    /// How `registration` is stored.
    pub fn of(registration: &Registration) -> Result<Self, StoreError> {
        let at = RowName { what: "registration", id: registration.id.as_str() };
        Ok(Self {
            id: registration.id.to_string(),
            event: registration.event.to_string(),
            name: registration.name.to_string(),
            email: registration.email.to_string(),
            email_normalized: registration.email.normalized(),
            language: registration.language.tag().to_owned(),
            attendance: registration.attendance.as_str().to_owned(),
            party: registration.party.into(),
            answers: at.to_json(&registration.answers)?,
            state: registration.state.as_str().to_owned(),
            place: registration.place,
            booking: registration.booking.as_ref().map(ToString::to_string),
            held_until: micros(registration.held_until),
            seated_at: registration.seated_at.map(micros),
            purge_at: micros(registration.purge_at),
            generation: registration.generation,
            sequence: registration.sequence,
            version: registration.version,
            created_at: micros(registration.created_at),
            updated_at: micros(registration.updated_at),
        })
    }
}

impl TryFrom<RegistrationRow> for Registration {
    type Error = StoreError;

    fn try_from(row: RegistrationRow) -> Result<Self, StoreError> {
        let at = RowName { what: "registration", id: &row.id };
        Ok(Self {
            id: at.parse(&row.id)?,
            event: at.parse(&row.event)?,
            name: at.parse(&row.name)?,
            email: at.parse(&row.email)?,
            language: at.named(&row.language, Language::tagged)?,
            attendance: at.named(&row.attendance, Attendance::named)?,
            party: at.number(row.party)?,
            answers: at.json(&row.answers)?,
            state: at.named(&row.state, RegistrationState::named)?,
            place: row.place,
            booking: row.booking.as_deref().map(|booking| at.parse(booking)).transpose()?,
            held_until: at.moment(row.held_until)?,
            seated_at: at.moment_if_any(row.seated_at)?,
            purge_at: at.moment(row.purge_at)?,
            generation: row.generation,
            sequence: row.sequence,
            version: row.version,
            created_at: at.moment(row.created_at)?,
            updated_at: at.moment(row.updated_at)?,
        })
    }
}

/// Reads the event of a registration.
pub fn event_id(stored: &str) -> Result<EventId, StoreError> {
    RowName { what: "registrations of event", id: stored }.parse(stored)
}

/// The registration was changed by somebody else.
pub fn stale(registration: &Registration) -> StoreError {
    StoreError::Stale(format!("the registration {}", registration.id))
}

/// A unique index refused one of several rows: another transaction came first.
pub fn taken_in_between(error: sqlx::Error, what: impl FnOnce() -> String) -> StoreError {
    match &error {
        sqlx::Error::Database(refused) if refused.is_unique_violation() => StoreError::Stale(what()),
        _ => StoreError::Database(error),
    }
}
