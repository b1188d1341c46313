//! Registrations in SQLite, for who reads or erases them.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::event::EventOverride;
use regatta_domain::history::HistoryEntry;
use regatta_domain::ids::{BookingId, EventId, RegistrationId};
use regatta_domain::registration::Registration;
use regatta_domain::seats::Seats;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqliteExecutor, query_as, query_scalar};

use super::several::{batches, push_among};
use super::transaction::SqliteDesk;
use super::{SqliteStore, purge};
use crate::StoreError;
use crate::desk::{DeskStore, DeskTransaction, Erased, RegistrationFilter};
use crate::rows::desk::{OverrideRow, SeatsRow};
use crate::rows::history::HistoryRow;
use crate::rows::registration::{RegistrationRow, event_id};
use crate::rows::{RowName, containing, count, micros, read_all};

/// The registration with this identity.
pub async fn find(
    db: impl SqliteExecutor<'_>,
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
    db: &mut SqliteConnection,
    ids: &[RegistrationId],
) -> Result<Vec<RegistrationId>, StoreError> {
    let mut found = Vec::new();
    for batch in batches(ids) {
        let mut find = QueryBuilder::<Sqlite>::new(
            "select id from registrations
             where (
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
             )
               and id",
        );
        push_among(&mut find, batch.iter().map(RegistrationId::as_str));
        let owing: Vec<String> = find.build_query_scalar().fetch_all(&mut *db).await?;
        for id in owing {
            found.push(RowName { what: "registration", id: &id }.parse(&id)?);
        }
    }
    Ok(found)
}

/// How the seats of `event` are taken.
pub async fn seats(db: impl SqliteExecutor<'_>, event: &EventId) -> Result<Seats, StoreError> {
    let row: Option<SeatsRow> =
        query_as("select * from desks where event = $1").bind(event.as_str()).fetch_optional(db).await?;
    Ok(row.map(Seats::from).unwrap_or_default())
}

/// What the organizers decided otherwise for `event`.
pub async fn overrides(db: impl SqliteExecutor<'_>, event: &EventId) -> Result<EventOverride, StoreError> {
    let row: Option<OverrideRow> =
        query_as("select * from desks where event = $1").bind(event.as_str()).fetch_optional(db).await?;
    Ok(row.map(EventOverride::try_from).transpose()?.unwrap_or_default())
}

/// The query that lists what `filter` lets through.
fn listing(filter: &RegistrationFilter) -> QueryBuilder<Sqlite> {
    let mut list = QueryBuilder::new("select * from registrations where erased_at is null");
    if let Some(event) = &filter.event {
        list.push(" and event = ").push_bind(event.to_string());
    }
    if !filter.states.is_empty() {
        list.push(" and state");
        push_among(&mut list, filter.states.iter().map(|state| state.as_str()));
    }
    if let Some(search) = &filter.search {
        let pattern = containing(search);
        list.push(" and (name like ").push_bind(pattern.clone());
        list.push(" escape '\\' or email like ").push_bind(pattern).push(" escape '\\')");
    }
    if let Some((event, place)) = &filter.after {
        list.push(" and (event, place) > (").push_bind(event.to_string());
        list.push(", ").push_bind(*place).push(")");
    }
    list.push(" order by event, place limit ").push_bind(filter.limit);
    list
}

#[async_trait]
impl DeskStore for SqliteStore {
    async fn begin(&self, events: &[EventId]) -> Result<Box<dyn DeskTransaction>, StoreError> {
        Ok(Box::new(SqliteDesk::begin(self.write().await?, events).await?))
    }

    async fn registration(&self, id: &RegistrationId) -> Result<Option<Registration>, StoreError> {
        find(&self.readers, id).await
    }

    async fn seats(&self, event: &EventId) -> Result<Seats, StoreError> {
        seats(&self.readers, event).await
    }

    async fn overrides(&self, event: &EventId) -> Result<EventOverride, StoreError> {
        overrides(&self.readers, event).await
    }

    async fn events_with_lapsed_holds(&self, now: Timestamp) -> Result<Vec<EventId>, StoreError> {
        let events: Vec<String> = query_scalar(
            "select distinct event from registrations indexed by registrations_unconfirmed
             where state in ('held', 'held_for_waitlist') and held_until <= $1 and erased_at is null
             order by event",
        )
        .bind(micros(now))
        .fetch_all(&self.readers)
        .await?;
        events.iter().map(|event| event_id(event)).collect()
    }

    async fn owing_confirmation(&self, ids: &[RegistrationId]) -> Result<Vec<RegistrationId>, StoreError> {
        owing_confirmation(&mut *self.readers.acquire().await?, ids).await
    }

    async fn events_with_waiting(&self) -> Result<Vec<EventId>, StoreError> {
        let events: Vec<String> = query_scalar(
            "select event from desks
             where (in_person_waiting > 0 or online_waiting > 0)
               and exists (
                   select 1 from registrations
                   where event = desks.event and state = 'waitlisted' and erased_at is null
               )
             order by event",
        )
        .fetch_all(&self.readers)
        .await?;
        events.iter().map(|event| event_id(event)).collect()
    }

    async fn waitlist_position(&self, id: &RegistrationId) -> Result<Option<u32>, StoreError> {
        let up_to: i64 = query_scalar(
            "select count(*)
             from registrations mine
             join registrations other
               on other.event = mine.event and other.attendance = mine.attendance and other.place <= mine.place
             where mine.id = $1
               and mine.erased_at is null and other.erased_at is null
               and mine.state in ('held_for_waitlist', 'waitlisted')
               and other.state in ('held_for_waitlist', 'waitlisted')",
        )
        .bind(id.as_str())
        .fetch_one(&self.readers)
        .await?;
        Ok(Some(count(up_to)).filter(|position| *position > 0))
    }

    async fn history(&self, id: &RegistrationId) -> Result<Vec<HistoryEntry>, StoreError> {
        let rows: Vec<HistoryRow> =
            query_as("select * from registration_history where registration = $1 order by id")
                .bind(id.as_str())
                .fetch_all(&self.readers)
                .await?;
        read_all(rows)
    }

    async fn by_address(&self, normalized: &str) -> Result<Vec<Registration>, StoreError> {
        let rows: Vec<RegistrationRow> = query_as(
            "select * from registrations
             where email_normalized = $1 and erased_at is null
             order by created_at desc, event, place",
        )
        .bind(normalized)
        .fetch_all(&self.readers)
        .await?;
        read_all(rows)
    }

    async fn booking(&self, id: &BookingId) -> Result<Vec<Registration>, StoreError> {
        let rows: Vec<RegistrationRow> = query_as(
            "select * from registrations where booking = $1 and erased_at is null order by event, place",
        )
        .bind(id.as_str())
        .fetch_all(&self.readers)
        .await?;
        read_all(rows)
    }

    async fn list(&self, filter: &RegistrationFilter) -> Result<Vec<Registration>, StoreError> {
        let rows: Vec<RegistrationRow> = listing(filter).build_query_as().fetch_all(&self.readers).await?;
        read_all(rows)
    }

    async fn due_for_purge(&self, now: Timestamp, limit: u32) -> Result<Vec<RegistrationId>, StoreError> {
        purge::due(&self.readers, now, limit).await
    }

    async fn erase(&self, ids: &[RegistrationId], now: Timestamp) -> Result<Erased, StoreError> {
        let mut tx = self.write().await?;
        let erased = purge::erase(&mut tx, ids, now).await?;
        tx.commit().await?;
        Ok(erased)
    }
}
