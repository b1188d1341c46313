//! What is read both inside a desk's transaction and outside of any.

use regatta_domain::event::EventOverride;
use regatta_domain::ids::{EventId, RegistrationId};
use regatta_domain::registration::Registration;
use regatta_domain::seats::Seats;
use sqlx::{PgExecutor, query_as, query_scalar};

use super::column;
use crate::StoreError;
use crate::herald::Announced;
use crate::rows::RowName;
use crate::rows::announcement::AnnouncedRow;
use crate::rows::desk::{OverrideRow, SeatsRow};
use crate::rows::registration::RegistrationRow;

/// The registration with this identity.
pub async fn registration(
    db: impl PgExecutor<'_>,
    id: &RegistrationId,
) -> Result<Option<Registration>, StoreError> {
    let row: Option<RegistrationRow> =
        query_as("select * from registrations where id = $1 and erased_at is null")
            .bind(id.as_str())
            .fetch_optional(db)
            .await?;
    row.map(Registration::try_from).transpose()
}

/// Those of these registrations whose mail that asks to confirm, or that of what they were made together with, is owed.
pub async fn owing_confirmation(
    db: impl PgExecutor<'_>,
    ids: &[RegistrationId],
) -> Result<Vec<RegistrationId>, StoreError> {
    let owing: Vec<String> = query_scalar(
        "select id from registrations
         where id = any($1)
           and (
                 exists (
                     select 1 from outbox
                     where outbox.registration = registrations.id
                       and outbox.kind in ('confirm_seat', 'confirm_waitlist')
                       and outbox.state in ('queued', 'retrying', 'sending')
                 )
                 or booking is not null and exists (
                     select 1 from registrations together join outbox on outbox.registration = together.id
                     where together.booking = registrations.booking
                       and outbox.kind in ('confirm_seat', 'confirm_waitlist')
                       and outbox.state in ('queued', 'retrying', 'sending')
                 )
             )",
    )
    .bind(column(ids, RegistrationId::as_str))
    .fetch_all(db)
    .await?;
    owing.iter().map(|id| RowName { what: "registration", id }.parse(id)).collect()
}

/// How the seats of `event` are taken.
pub async fn seats(db: impl PgExecutor<'_>, event: &EventId) -> Result<Seats, StoreError> {
    let row: Option<SeatsRow> = query_as(
        "select in_person_taken, in_person_waiting, online_taken, online_waiting from desks where event = $1",
    )
    .bind(event.as_str())
    .fetch_optional(db)
    .await?;
    Ok(row.map(Seats::from).unwrap_or_default())
}

/// What the organizers decided otherwise for `event`.
pub async fn overrides(db: impl PgExecutor<'_>, event: &EventId) -> Result<EventOverride, StoreError> {
    let row: Option<OverrideRow> = query_as(
        "select event, override_window, override_in_person, override_online from desks where event = $1",
    )
    .bind(event.as_str())
    .fetch_optional(db)
    .await?;
    Ok(row.map(EventOverride::try_from).transpose()?.unwrap_or_default())
}

/// What people were last told of `event`.
pub async fn announced(db: impl PgExecutor<'_>, event: &EventId) -> Result<Option<Announced>, StoreError> {
    let row: Option<AnnouncedRow> = query_as("select * from announcements where event = $1")
        .bind(event.as_str())
        .fetch_optional(db)
        .await?;
    row.map(Announced::try_from).transpose()
}
