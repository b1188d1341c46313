//! Registrations in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::ids::{EventId, RegistrationId};
use regatta_domain::registration::{Registration, RegistrationState, SeatCount};
use sqlx::{FromRow, Sqlite, SqliteExecutor, Transaction, query, query_as, query_scalar};

use super::SqliteStore;
use super::rows::{RowName, count, micros};
use crate::StoreError;
use crate::desk::{DeskStore, DeskTransaction};
use crate::outbox::{MailKind, NewMail};

#[derive(FromRow)]
struct RegistrationRow {
    id: String,
    event: String,
    name: String,
    email: String,
    state: String,
    place: i64,
    held_until: i64,
    generation: i64,
    sequence: i64,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<RegistrationRow> for Registration {
    type Error = StoreError;

    fn try_from(row: RegistrationRow) -> Result<Self, StoreError> {
        let at = RowName { what: "registration", id: &row.id };
        let state = RegistrationState::named(&row.state)
            .ok_or_else(|| at.broken(format!("{:?} is no state", row.state)))?;
        Ok(Self {
            id: at.parse(&row.id)?,
            event: at.parse(&row.event)?,
            name: at.parse(&row.name)?,
            email: at.parse(&row.email)?,
            state,
            place: row.place,
            held_until: at.moment(row.held_until)?,
            generation: row.generation,
            sequence: row.sequence,
            version: row.version,
            created_at: at.moment(row.created_at)?,
            updated_at: at.moment(row.updated_at)?,
        })
    }
}

fn event_id(stored: &str) -> Result<EventId, StoreError> {
    RowName { what: "registrations of event", id: stored }.parse(stored)
}

async fn find(db: impl SqliteExecutor<'_>, id: &RegistrationId) -> Result<Option<Registration>, StoreError> {
    let row: Option<RegistrationRow> =
        query_as("select * from registrations where id = $1").bind(id.as_str()).fetch_optional(db).await?;
    row.map(Registration::try_from).transpose()
}

async fn count_seats(db: impl SqliteExecutor<'_>, event: &EventId) -> Result<SeatCount, StoreError> {
    let (taken, waiting): (i64, i64) = query_as(
        "select count(*) filter (where state in ('held', 'confirmed')),
                count(*) filter (where state in ('held_for_waitlist', 'waitlisted'))
         from registrations
         where event = $1 and state in ('held', 'confirmed', 'held_for_waitlist', 'waitlisted')",
    )
    .bind(event.as_str())
    .fetch_one(db)
    .await?;
    Ok(SeatCount { taken: count(taken), waiting: count(waiting) })
}

#[async_trait]
impl DeskStore for SqliteStore {
    async fn begin(&self) -> Result<Box<dyn DeskTransaction>, StoreError> {
        Ok(Box::new(SqliteDesk { tx: self.write().await? }))
    }

    async fn registration(&self, id: &RegistrationId) -> Result<Option<Registration>, StoreError> {
        find(&self.readers, id).await
    }

    async fn seats(&self, event: &EventId) -> Result<SeatCount, StoreError> {
        count_seats(&self.readers, event).await
    }

    async fn events_with_lapsed_holds(&self, now: Timestamp) -> Result<Vec<EventId>, StoreError> {
        let events: Vec<String> = query_scalar(
            "select distinct event from registrations
             where state in ('held', 'held_for_waitlist') and held_until <= $1
             order by event",
        )
        .bind(micros(now))
        .fetch_all(&self.readers)
        .await?;
        events.iter().map(|event| event_id(event)).collect()
    }

    async fn events_with_waiting(&self) -> Result<Vec<EventId>, StoreError> {
        let events: Vec<String> = query_scalar(
            "select distinct event from registrations where state = 'waitlisted' order by event",
        )
        .fetch_all(&self.readers)
        .await?;
        events.iter().map(|event| event_id(event)).collect()
    }

    async fn waitlist_position(&self, id: &RegistrationId) -> Result<Option<u32>, StoreError> {
        let up_to: i64 = query_scalar(
            "select count(*)
             from registrations mine
             join registrations other on other.event = mine.event and other.place <= mine.place
             where mine.id = $1
               and mine.state in ('held_for_waitlist', 'waitlisted')
               and other.state in ('held_for_waitlist', 'waitlisted')",
        )
        .bind(id.as_str())
        .fetch_one(&self.readers)
        .await?;
        Ok(Some(count(up_to)).filter(|position| *position > 0))
    }
}

/// A transaction at the desk. Dropped, it is rolled back before the connection serves anybody else.
struct SqliteDesk {
    tx: Transaction<'static, Sqlite>,
}

#[async_trait]
impl DeskTransaction for SqliteDesk {
    async fn seats(&mut self, event: &EventId) -> Result<SeatCount, StoreError> {
        count_seats(&mut *self.tx, event).await
    }

    async fn registration(&mut self, id: &RegistrationId) -> Result<Option<Registration>, StoreError> {
        find(&mut *self.tx, id).await
    }

    async fn live_by_address(
        &mut self,
        event: &EventId,
        normalized: &str,
    ) -> Result<Option<Registration>, StoreError> {
        let row: Option<RegistrationRow> = query_as(
            "select * from registrations
             where event = $1 and email_normalized = $2
               and state in ('held', 'held_for_waitlist', 'waitlisted', 'confirmed')",
        )
        .bind(event.as_str())
        .bind(normalized)
        .fetch_optional(&mut *self.tx)
        .await?;
        row.map(Registration::try_from).transpose()
    }

    async fn next_place(&mut self, event: &EventId) -> Result<i64, StoreError> {
        let place = query_scalar(
            "insert into arrivals (event, last_place) values ($1, 1)
             on conflict (event) do update set last_place = arrivals.last_place + 1
             returning last_place",
        )
        .bind(event.as_str())
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(place)
    }

    async fn line(&mut self, event: &EventId) -> Result<Vec<Registration>, StoreError> {
        let rows: Vec<RegistrationRow> = query_as(
            "select * from registrations
             where event = $1 and state in ('held_for_waitlist', 'waitlisted')
             order by place",
        )
        .bind(event.as_str())
        .fetch_all(&mut *self.tx)
        .await?;
        rows.into_iter().map(Registration::try_from).collect()
    }

    async fn lapsed_holds(
        &mut self,
        event: &EventId,
        now: Timestamp,
    ) -> Result<Vec<Registration>, StoreError> {
        let rows: Vec<RegistrationRow> = query_as(
            "select * from registrations
             where event = $1 and state in ('held', 'held_for_waitlist') and held_until <= $2
             order by place",
        )
        .bind(event.as_str())
        .bind(micros(now))
        .fetch_all(&mut *self.tx)
        .await?;
        rows.into_iter().map(Registration::try_from).collect()
    }

    async fn add(&mut self, registration: &Registration) -> Result<(), StoreError> {
        query(
            "insert into registrations
                 (id, event, name, email, email_normalized, state, place, held_until, generation, sequence, version,
                  created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(registration.id.as_str())
        .bind(registration.event.as_str())
        .bind(registration.name.as_str())
        .bind(registration.email.as_str())
        .bind(registration.email.normalized())
        .bind(registration.state.as_str())
        .bind(registration.place)
        .bind(micros(registration.held_until))
        .bind(registration.generation)
        .bind(registration.sequence)
        .bind(registration.version)
        .bind(micros(registration.created_at))
        .bind(micros(registration.updated_at))
        .execute(&mut *self.tx)
        .await
        .map_err(|error| taken_in_between(error, registration))?;
        Ok(())
    }

    async fn save(&mut self, registration: &Registration) -> Result<(), StoreError> {
        let saved = query(
            "update registrations
             set name = $3, email = $4, email_normalized = $5, state = $6, held_until = $7, generation = $8,
                 sequence = $9, updated_at = $10, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(registration.id.as_str())
        .bind(registration.version)
        .bind(registration.name.as_str())
        .bind(registration.email.as_str())
        .bind(registration.email.normalized())
        .bind(registration.state.as_str())
        .bind(micros(registration.held_until))
        .bind(registration.generation)
        .bind(registration.sequence)
        .bind(micros(registration.updated_at))
        .execute(&mut *self.tx)
        .await
        .map_err(|error| taken_in_between(error, registration))?;
        if saved.rows_affected() == 1 { Ok(()) } else { Err(stale(registration)) }
    }

    async fn enqueue(&mut self, mail: &NewMail) -> Result<(), StoreError> {
        super::outbox::insert(&mut *self.tx, mail).await
    }

    async fn mailed_since(
        &mut self,
        registration: &RegistrationId,
        kind: MailKind,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        super::outbox::caused_since(&mut *self.tx, registration, kind, since).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}

fn stale(registration: &Registration) -> StoreError {
    StoreError::Stale(format!("the registration {}", registration.id))
}

/// A unique index refused the row: another transaction came first.
fn taken_in_between(error: sqlx::Error, registration: &Registration) -> StoreError {
    match &error {
        sqlx::Error::Database(refused) if refused.is_unique_violation() => stale(registration),
        _ => StoreError::Database(error),
    }
}
