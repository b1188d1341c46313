//! A transaction at the desk in SQLite.
//!
//! What is asked for every visitor names its index: left to itself, SQLite would read the whole event for several
//! addresses, or for those whose time is over.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::event::{EventOverride, ForcedWindow};
use regatta_domain::history::HistoryEntry;
use regatta_domain::ids::{EventId, RegistrationId};
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::seats::{Attendance, Seats};
use sqlx::{QueryBuilder, Sqlite, Transaction, query, query_as, query_scalar};

use super::several::{batches, insert_desks, insert_history, insert_registrations, push_among};
use super::{desk, herald, outbox, records};
use crate::StoreError;
use crate::desk::DeskTransaction;
use crate::herald::Announced;
use crate::outbox::{MailKind, NewMail};
use crate::records::AuditEntry;
use crate::rows::desk::{SeatChange, not_begun};
use crate::rows::registration::{RegistrationRow, stale, taken_in_between};
use crate::rows::{micros, read_all};

/// A transaction at the desk. It has the only writing connection to itself. Dropped, it is rolled back before the
/// connection serves anybody else.
pub struct SqliteDesk {
    tx: Transaction<'static, Sqlite>,
}

impl SqliteDesk {
    /// Takes the desks of these events, and sets them up where there are none yet.
    pub async fn begin(mut tx: Transaction<'static, Sqlite>, events: &[EventId]) -> Result<Self, StoreError> {
        for batch in batches(events) {
            insert_desks(batch).build().execute(&mut *tx).await?;
        }
        Ok(Self { tx })
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
impl DeskTransaction for SqliteDesk {
    async fn seats(&mut self, event: &EventId) -> Result<Seats, StoreError> {
        desk::seats(&mut *self.tx, event).await
    }

    async fn overrides(&mut self, event: &EventId) -> Result<EventOverride, StoreError> {
        desk::overrides(&mut *self.tx, event).await
    }

    async fn registration(&mut self, id: &RegistrationId) -> Result<Option<Registration>, StoreError> {
        desk::find(&mut *self.tx, id).await
    }

    async fn live_by_addresses(
        &mut self,
        event: &EventId,
        normalized: &[String],
    ) -> Result<Vec<Registration>, StoreError> {
        let mut live = Vec::new();
        for batch in batches(normalized) {
            let mut find = QueryBuilder::<Sqlite>::new(
                "select * from registrations indexed by registrations_one_live_per_address
                 where state in ('held', 'held_for_waitlist', 'awaiting_approval', 'waitlisted', 'confirmed', 'attended')
                   and event = ",
            );
            find.push_bind(event.as_str()).push(" and email_normalized");
            push_among(&mut find, batch.iter().map(String::as_str));
            let rows: Vec<RegistrationRow> = find.build_query_as().fetch_all(&mut *self.tx).await?;
            live.extend(read_all::<_, Registration>(rows)?);
        }
        Ok(live)
    }

    async fn next_places(&mut self, event: &EventId, count: u32) -> Result<i64, StoreError> {
        let last: Option<i64> = query_scalar(
            "update desks set last_place = last_place + $2 where event = $1 returning last_place",
        )
        .bind(event.as_str())
        .bind(count)
        .fetch_optional(&mut *self.tx)
        .await?;
        last.map(|last| last - i64::from(count) + 1).ok_or_else(|| not_begun(event))
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
        .bind(limit)
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
            "select * from registrations indexed by registrations_unconfirmed
             where state in ('held', 'held_for_waitlist') and event = $1 and held_until <= $2
               and erased_at is null
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
        desk::owing_confirmation(&mut self.tx, ids).await
    }

    async fn standing_in(
        &mut self,
        event: &EventId,
        states: &[RegistrationState],
    ) -> Result<Vec<Registration>, StoreError> {
        if states.is_empty() {
            return Ok(Vec::new());
        }
        let mut find = QueryBuilder::<Sqlite>::new("select * from registrations where event = ");
        find.push_bind(event.as_str()).push(" and erased_at is null and state");
        push_among(&mut find, states.iter().map(|state| state.as_str())).push(" order by place");
        let rows: Vec<RegistrationRow> = find.build_query_as().fetch_all(&mut *self.tx).await?;
        read_all(rows)
    }

    async fn add(&mut self, registrations: &[Registration]) -> Result<(), StoreError> {
        for batch in batches(registrations) {
            insert_registrations(batch)?
                .build()
                .execute(&mut *self.tx)
                .await
                .map_err(|error| taken_in_between(error, || "one of the new registrations".to_owned()))?;
        }
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
        .map_err(|error| taken_in_between(error, || format!("the registration {}", before.id)))?;
        if saved.rows_affected() != 1 {
            return Err(stale(before));
        }
        let change = SeatChange::between(before, after);
        if change.is_none() { Ok(()) } else { self.count(&before.event, change).await }
    }

    async fn raise_sequences(&mut self, ids: &[RegistrationId], now: Timestamp) -> Result<(), StoreError> {
        for batch in batches(ids) {
            let mut raise = QueryBuilder::<Sqlite>::new(
                "update registrations set sequence = sequence + 1, version = version + 1, updated_at = ",
            );
            raise.push_bind(micros(now)).push(" where erased_at is null and id");
            push_among(&mut raise, batch.iter().map(RegistrationId::as_str))
                .build()
                .execute(&mut *self.tx)
                .await?;
        }
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
        .await?;
        Ok(())
    }

    async fn set_overrides(&mut self, event: &EventId, overrides: &EventOverride) -> Result<(), StoreError> {
        let set = query(
            "update desks set override_window = $2, override_in_person = $3, override_online = $4 where event = $1",
        )
        .bind(event.as_str())
        .bind(overrides.window.map(ForcedWindow::as_str))
        .bind(overrides.in_person)
        .bind(overrides.online)
        .execute(&mut *self.tx)
        .await?;
        if set.rows_affected() == 1 { Ok(()) } else { Err(not_begun(event)) }
    }

    async fn announced(&mut self, event: &EventId) -> Result<Option<Announced>, StoreError> {
        herald::announced(&mut *self.tx, event).await
    }

    async fn set_announced(&mut self, event: &EventId, announced: &Announced) -> Result<(), StoreError> {
        herald::set_announced(&mut *self.tx, event, announced).await
    }

    async fn note(&mut self, entries: &[HistoryEntry]) -> Result<(), StoreError> {
        for batch in batches(entries) {
            insert_history(batch)?.build().execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    async fn enqueue(&mut self, mails: &[NewMail]) -> Result<u32, StoreError> {
        outbox::enqueue(&mut self.tx, mails).await
    }

    async fn mailed_since(
        &mut self,
        registrations: &[RegistrationId],
        kind: MailKind,
        since: Timestamp,
    ) -> Result<Vec<RegistrationId>, StoreError> {
        outbox::mailed_since(&mut self.tx, registrations, kind, since).await
    }

    async fn audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        records::audit(&mut *self.tx, entry).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}
