//! Registrations in PostgreSQL, for who reads or erases them.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::event::EventOverride;
use regatta_domain::history::HistoryEntry;
use regatta_domain::ids::{BookingId, EventId, RegistrationId};
use regatta_domain::registration::Registration;
use regatta_domain::seats::Seats;
use sqlx::{query_as, query_scalar};

use super::transaction::PostgresDesk;
use super::{PostgresStore, column, purge, reading};
use crate::StoreError;
use crate::desk::{DeskStore, DeskTransaction, Erased, RegistrationFilter};
use crate::rows::history::HistoryRow;
use crate::rows::registration::{RegistrationRow, event_id};
use crate::rows::{containing, count, micros, read_all};

#[async_trait]
impl DeskStore for PostgresStore {
    async fn begin(&self, events: &[EventId]) -> Result<Box<dyn DeskTransaction>, StoreError> {
        Ok(Box::new(PostgresDesk::begin(&self.pool, events).await?))
    }

    async fn registration(&self, id: &RegistrationId) -> Result<Option<Registration>, StoreError> {
        reading::registration(&self.pool, id).await
    }

    async fn seats(&self, event: &EventId) -> Result<Seats, StoreError> {
        reading::seats(&self.pool, event).await
    }

    async fn overrides(&self, event: &EventId) -> Result<EventOverride, StoreError> {
        reading::overrides(&self.pool, event).await
    }

    async fn events_with_lapsed_holds(&self, now: Timestamp) -> Result<Vec<EventId>, StoreError> {
        let events: Vec<String> = query_scalar(
            "select distinct event from registrations
             where state in ('held', 'held_for_waitlist') and held_until <= $1 and erased_at is null
             order by event",
        )
        .bind(micros(now))
        .fetch_all(&self.pool)
        .await?;
        events.iter().map(|event| event_id(event)).collect()
    }

    async fn owing_confirmation(&self, ids: &[RegistrationId]) -> Result<Vec<RegistrationId>, StoreError> {
        reading::owing_confirmation(&self.pool, ids).await
    }

    async fn events_with_waiting(&self) -> Result<Vec<EventId>, StoreError> {
        let events: Vec<String> = query_scalar(
            "select event from desks
             where (in_person_waiting > 0 or online_waiting > 0)
               and exists (
                   select 1 from registrations r
                   where r.event = desks.event and r.state = 'waitlisted' and r.erased_at is null
               )
             order by event",
        )
        .fetch_all(&self.pool)
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
        .fetch_one(&self.pool)
        .await?;
        Ok(Some(count(up_to)).filter(|position| *position > 0))
    }

    async fn history(&self, id: &RegistrationId) -> Result<Vec<HistoryEntry>, StoreError> {
        let rows: Vec<HistoryRow> =
            query_as("select * from registration_history where registration = $1 order by id")
                .bind(id.as_str())
                .fetch_all(&self.pool)
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
        .fetch_all(&self.pool)
        .await?;
        read_all(rows)
    }

    async fn booking(&self, id: &BookingId) -> Result<Vec<Registration>, StoreError> {
        let rows: Vec<RegistrationRow> = query_as(
            "select * from registrations where booking = $1 and erased_at is null order by event, place",
        )
        .bind(id.as_str())
        .fetch_all(&self.pool)
        .await?;
        read_all(rows)
    }

    async fn list(&self, filter: &RegistrationFilter) -> Result<Vec<Registration>, StoreError> {
        let (after_event, after_place) =
            filter.after.as_ref().map(|(event, place)| (event.as_str(), *place)).unzip();
        let rows: Vec<RegistrationRow> = query_as(
            r"select * from registrations
              where erased_at is null
                and ($1::text is null or event = $1)
                and (cardinality($2::text[]) = 0 or state = any($2))
                and ($3::text is null or name ilike $3 escape '\' or email ilike $3 escape '\')
                and ($4::text is null or (event, place) > ($4, $5::bigint))
              order by event, place
              limit $6",
        )
        .bind(filter.event.as_ref().map(EventId::as_str))
        .bind(column(&filter.states, |state| state.as_str()))
        .bind(filter.search.as_deref().map(containing))
        .bind(after_event)
        .bind(after_place)
        .bind(i64::from(filter.limit))
        .fetch_all(&self.pool)
        .await?;
        read_all(rows)
    }

    async fn due_for_purge(&self, now: Timestamp, limit: u32) -> Result<Vec<RegistrationId>, StoreError> {
        purge::due(&self.pool, now, limit).await
    }

    async fn erase(&self, ids: &[RegistrationId], now: Timestamp) -> Result<Erased, StoreError> {
        let mut tx = self.pool.begin().await?;
        let erased = purge::erase(&mut tx, ids, now).await?;
        tx.commit().await?;
        Ok(erased)
    }
}
