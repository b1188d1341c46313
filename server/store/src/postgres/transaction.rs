//! A transaction at the desk in PostgreSQL.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::event::{EventOverride, ForcedWindow};
use regatta_domain::history::HistoryEntry;
use regatta_domain::ids::{EventId, RegistrationId};
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::seats::{Attendance, Seats};
use sqlx::{PgPool, Postgres, Transaction, query, query_as, query_scalar};

use super::{affected, column, overtaken, reading, writing};
use crate::StoreError;
use crate::desk::DeskTransaction;
use crate::herald::Announced;
use crate::outbox::{MailKind, NewMail};
use crate::records::AuditEntry;
use crate::rows::desk::{SeatChange, not_begun};
use crate::rows::registration::{RegistrationRow, stale};
use crate::rows::{RowName, micros, read_all};

/// A transaction at the desk. Dropped, it is rolled back before its connection serves anybody else.
///
/// READ COMMITTED is enough for it. Whoever changes registrations, counters, overrides or announcements of an event holds
/// the lock of its `desks` row from before the first read until after the commit. So once the lock is taken all of that is
/// committed, and each statement after it, having a snapshot of its own, sees it and finds it unchanged until the end.
/// Three things change beside the lock, and none of them misleads a desk:
/// - *erasing* takes people out of rows; it raises the version, so a desk that read such a row before is refused by `save`;
/// - *the outbox* is worked off by its workers; a desk asks it only for what was caused (`mailed_since`), which desks of the
///   same event cause, and two mails with the same `once` are kept apart by a unique index, in any isolation;
/// - *the audit log and histories* are only appended to.
///
/// With REPEATABLE READ the snapshot would be taken before the lock is granted, and be stale by then.
pub struct PostgresDesk {
    tx: Transaction<'static, Postgres>,
}

impl PostgresDesk {
    /// Takes the desks of these events, and sets them up before where there are none yet.
    pub async fn begin(pool: &PgPool, events: &[EventId]) -> Result<Self, StoreError> {
        let mut events = column(events, EventId::as_str);
        events.sort_unstable();
        events.dedup();
        if let Some(desk) = Self::lock(pool, &events).await? {
            return Ok(desk);
        }
        // Beside the transaction, and in the order of the locks: whoever waits for a row that somebody else is setting up
        // holds no lock yet.
        query(
            "insert into desks
                 (event, last_place, in_person_taken, in_person_waiting, online_taken, online_waiting)
             select event, 0, 0, 0, 0, 0 from unnest($1::text[]) as new (event)
             on conflict (event) do nothing",
        )
        .bind(&events)
        .execute(pool)
        .await?;
        Self::lock(pool, &events).await?.ok_or_else(|| StoreError::Stale("the desks".into()))
    }

    /// A transaction with the locks of all of these desks, taken in sorted order; `None` where there is one missing.
    async fn lock(pool: &PgPool, events: &[&str]) -> Result<Option<Self>, StoreError> {
        let mut tx = pool.begin().await?;
        let locked = query("select from desks where event = any($1) order by event for update")
            .bind(events)
            .execute(&mut *tx)
            .await
            .map_err(|error| overtaken(error, || "the desks".into()))?;
        Ok(usize::try_from(locked.rows_affected())
            .is_ok_and(|found| found == events.len())
            .then_some(Self { tx }))
    }

    async fn count(&mut self, event: &EventId, change: SeatChange) -> Result<(), StoreError> {
        let counted = query(
            "update desks
             set in_person_taken = in_person_taken + $2, in_person_waiting = in_person_waiting + $3,
                 online_taken = online_taken + $4, online_waiting = online_waiting + $5
             where event = $1",
        )
        .bind(event.as_str())
        .bind(change.in_person_taken)
        .bind(change.in_person_waiting)
        .bind(change.online_taken)
        .bind(change.online_waiting)
        .execute(&mut *self.tx)
        .await?;
        if counted.rows_affected() == 1 { Ok(()) } else { Err(not_begun(event)) }
    }
}

#[async_trait]
impl DeskTransaction for PostgresDesk {
    async fn seats(&mut self, event: &EventId) -> Result<Seats, StoreError> {
        reading::seats(&mut *self.tx, event).await
    }

    async fn overrides(&mut self, event: &EventId) -> Result<EventOverride, StoreError> {
        reading::overrides(&mut *self.tx, event).await
    }

    async fn registration(&mut self, id: &RegistrationId) -> Result<Option<Registration>, StoreError> {
        reading::registration(&mut *self.tx, id).await
    }

    async fn live_by_addresses(
        &mut self,
        event: &EventId,
        normalized: &[String],
    ) -> Result<Vec<Registration>, StoreError> {
        let rows: Vec<RegistrationRow> = query_as(
            "select * from registrations
             where event = $1 and email_normalized = any($2)
               and state in ('held', 'held_for_waitlist', 'awaiting_approval', 'waitlisted', 'confirmed', 'attended')",
        )
        .bind(event.as_str())
        .bind(normalized)
        .fetch_all(&mut *self.tx)
        .await?;
        read_all(rows)
    }

    async fn next_places(&mut self, event: &EventId, count: u32) -> Result<i64, StoreError> {
        let first: Option<i64> = query_scalar(
            "update desks set last_place = last_place + $2 where event = $1 returning last_place - $2 + 1",
        )
        .bind(event.as_str())
        .bind(i64::from(count))
        .fetch_optional(&mut *self.tx)
        .await?;
        first.ok_or_else(|| not_begun(event))
    }

    async fn line(
        &mut self,
        event: &EventId,
        attendance: Attendance,
        limit: u32,
    ) -> Result<Vec<Registration>, StoreError> {
        let rows: Vec<RegistrationRow> = query_as(
            "select * from registrations
             where event = $1 and state = 'waitlisted' and attendance = $2 and erased_at is null
             order by place
             limit $3",
        )
        .bind(event.as_str())
        .bind(attendance.as_str())
        .bind(i64::from(limit))
        .fetch_all(&mut *self.tx)
        .await?;
        read_all(rows)
    }

    async fn lapsed_holds(
        &mut self,
        event: &EventId,
        now: Timestamp,
    ) -> Result<Vec<Registration>, StoreError> {
        let rows: Vec<RegistrationRow> = query_as(
            "select * from registrations
             where event = $1 and state in ('held', 'held_for_waitlist') and held_until <= $2 and erased_at is null
             order by place",
        )
        .bind(event.as_str())
        .bind(micros(now))
        .fetch_all(&mut *self.tx)
        .await?;
        read_all(rows)
    }

    async fn owing_confirmation(
        &mut self,
        ids: &[RegistrationId],
    ) -> Result<Vec<RegistrationId>, StoreError> {
        reading::owing_confirmation(&mut *self.tx, ids).await
    }

    async fn standing_in(
        &mut self,
        event: &EventId,
        states: &[RegistrationState],
    ) -> Result<Vec<Registration>, StoreError> {
        let rows: Vec<RegistrationRow> = query_as(
            "select * from registrations
             where event = $1 and state = any($2) and erased_at is null
             order by place",
        )
        .bind(event.as_str())
        .bind(column(states, |state| state.as_str()))
        .fetch_all(&mut *self.tx)
        .await?;
        read_all(rows)
    }

    async fn add(&mut self, registrations: &[Registration]) -> Result<(), StoreError> {
        writing::registrations(&mut *self.tx, registrations).await?;
        for (event, change) in SeatChange::by_event(registrations) {
            self.count(&event, change).await?;
        }
        Ok(())
    }

    async fn save(&mut self, before: &Registration, after: &Registration) -> Result<(), StoreError> {
        let row = RegistrationRow::of(after)?;
        let saved = query(
            "update registrations
             set name = $3, email = $4, email_normalized = $5, language = $6, attendance = $7, party = $8,
                 answers = $9, state = $10, booking = $11, held_until = $12, seated_at = $13, purge_at = $14,
                 generation = $15, sequence = $16, updated_at = $17, version = version + 1
             where id = $1 and version = $2 and erased_at is null",
        )
        .bind(before.id.as_str())
        .bind(before.version)
        .bind(row.name)
        .bind(row.email)
        .bind(row.email_normalized)
        .bind(row.language)
        .bind(row.attendance)
        .bind(row.party)
        .bind(row.answers)
        .bind(row.state)
        .bind(row.booking)
        .bind(row.held_until)
        .bind(row.seated_at)
        .bind(row.purge_at)
        .bind(row.generation)
        .bind(row.sequence)
        .bind(row.updated_at)
        .execute(&mut *self.tx)
        .await
        .map_err(|error| overtaken(error, || format!("the registration {}", before.id)))?;
        if saved.rows_affected() != 1 {
            return Err(stale(before));
        }
        let change = SeatChange::between(before, after);
        if change.is_none() { Ok(()) } else { self.count(&before.event, change).await }
    }

    async fn raise_sequences(&mut self, ids: &[RegistrationId], now: Timestamp) -> Result<(), StoreError> {
        query(
            "update registrations set sequence = sequence + 1, version = version + 1, updated_at = $2
             where erased_at is null and id = any($1)",
        )
        .bind(column(ids, RegistrationId::as_str))
        .bind(micros(now))
        .execute(&mut *self.tx)
        .await
        .map_err(|error| overtaken(error, || "one of the registrations".into()))?;
        Ok(())
    }

    async fn set_purge_at(&mut self, event: &EventId, at: Timestamp) -> Result<(), StoreError> {
        // Who asked to be erased is due since the very change by which they asked; nobody else's time is over when they
        // change something.
        query(
            "update registrations set purge_at = $2
             where event = $1 and erased_at is null and purge_at > updated_at and purge_at <> $2",
        )
        .bind(event.as_str())
        .bind(micros(at))
        .execute(&mut *self.tx)
        .await
        .map_err(|error| overtaken(error, || "one of the registrations".into()))?;
        Ok(())
    }

    async fn set_overrides(&mut self, event: &EventId, overrides: &EventOverride) -> Result<(), StoreError> {
        let set = query(
            "update desks set override_window = $2, override_in_person = $3, override_online = $4 where event = $1",
        )
        .bind(event.as_str())
        .bind(overrides.window.map(ForcedWindow::as_str))
        .bind(overrides.in_person.map(i64::from))
        .bind(overrides.online.map(i64::from))
        .execute(&mut *self.tx)
        .await?;
        if set.rows_affected() == 1 { Ok(()) } else { Err(not_begun(event)) }
    }

    async fn announced(&mut self, event: &EventId) -> Result<Option<Announced>, StoreError> {
        reading::announced(&mut *self.tx, event).await
    }

    async fn set_announced(&mut self, event: &EventId, announced: &Announced) -> Result<(), StoreError> {
        writing::announced(&mut *self.tx, event, announced).await
    }

    async fn note(&mut self, entries: &[HistoryEntry]) -> Result<(), StoreError> {
        writing::history(&mut *self.tx, entries).await
    }

    async fn enqueue(&mut self, mails: &[NewMail]) -> Result<u32, StoreError> {
        Ok(affected(writing::mails(&mut *self.tx, mails).await?))
    }

    async fn mailed_since(
        &mut self,
        registrations: &[RegistrationId],
        kind: MailKind,
        since: Timestamp,
    ) -> Result<Vec<RegistrationId>, StoreError> {
        let ids: Vec<String> = query_scalar(
            "select distinct registration from outbox
             where registration = any($1) and kind = $2 and created_at >= $3",
        )
        .bind(column(registrations, RegistrationId::as_str))
        .bind(kind.as_str())
        .bind(micros(since))
        .fetch_all(&mut *self.tx)
        .await?;
        ids.iter().map(|id| RowName { what: "mail of registration", id }.parse(id)).collect()
    }

    async fn audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        writing::audit(&mut *self.tx, entry).await
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        // After a failed statement PostgreSQL takes a commit for a rollback without a word. Any statement before it is
        // refused then, which is the difference between lost and acknowledged.
        query("select").execute(&mut *self.tx).await?;
        self.tx.commit().await.map_err(|error| overtaken(error, || "the desk".into()))
    }
}
