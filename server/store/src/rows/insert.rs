//! Statements that store several rows at once, the same on every engine.

use std::marker::PhantomData;

use regatta_domain::history::HistoryEntry;
use regatta_domain::ids::EventId;
use regatta_domain::registration::Registration;
use sqlx::{Database, Encode, QueryBuilder, Type};

use super::history::HistoryRow;
use super::mail::{MailRow, domain_of};
use super::registration::RegistrationRow;
use crate::StoreError;
use crate::outbox::NewMail;

/// Inserts for an engine that stores texts and whole numbers. Callers give one [batch](super::batches) each.
pub struct Insert<DB>(PhantomData<DB>);

impl<DB: Database> Insert<DB>
where
    DB::Arguments: Default,
    i64: Type<DB> + for<'q> Encode<'q, DB>,
    Option<i64>: Type<DB> + for<'q> Encode<'q, DB>,
    String: Type<DB> + for<'q> Encode<'q, DB>,
    Option<String>: Type<DB> + for<'q> Encode<'q, DB>,
{
    /// The desks of these events, where there are none yet.
    pub fn desks(events: &[EventId]) -> QueryBuilder<DB> {
        let mut insert = QueryBuilder::new(
            "insert into desks
                 (event, last_place, in_person_taken, in_person_waiting, online_taken, online_waiting) ",
        );
        insert.push_values(events, |mut row, event| {
            row.push_bind(event.to_string()).push("0").push("0").push("0").push("0").push("0");
        });
        insert.push(" on conflict (event) do nothing");
        insert
    }

    /// New registrations.
    pub fn registrations(new: &[Registration]) -> Result<QueryBuilder<DB>, StoreError> {
        let rows = new.iter().map(RegistrationRow::of).collect::<Result<Vec<_>, _>>()?;
        let mut insert = QueryBuilder::new(
            "insert into registrations
                 (id, event, name, email, email_normalized, language, attendance, party, answers, state, place,
                  booking, held_until, seated_at, purge_at, generation, sequence, version, created_at, updated_at) ",
        );
        insert.push_values(rows, |mut values, row| {
            values
                .push_bind(row.id)
                .push_bind(row.event)
                .push_bind(row.name)
                .push_bind(row.email)
                .push_bind(row.email_normalized)
                .push_bind(row.language)
                .push_bind(row.attendance)
                .push_bind(row.party)
                .push_bind(row.answers)
                .push_bind(row.state)
                .push_bind(row.place)
                .push_bind(row.booking)
                .push_bind(row.held_until)
                .push_bind(row.seated_at)
                .push_bind(row.purge_at)
                .push_bind(row.generation)
                .push_bind(row.sequence)
                .push_bind(row.version)
                .push_bind(row.created_at)
                .push_bind(row.updated_at);
        });
        Ok(insert)
    }

    /// Entries of histories.
    pub fn history(entries: &[HistoryEntry]) -> Result<QueryBuilder<DB>, StoreError> {
        let rows = entries.iter().map(HistoryRow::of).collect::<Result<Vec<_>, _>>()?;
        let mut insert =
            QueryBuilder::new("insert into registration_history (registration, at, actor, what) ");
        insert.push_values(rows, |mut values, row| {
            values.push_bind(row.registration).push_bind(row.at).push_bind(row.actor).push_bind(row.what);
        });
        Ok(insert)
    }

    /// Mails that are due at once. One whose [`NewMail::once`] is there already is left out.
    pub fn mails(new: &[NewMail]) -> Result<QueryBuilder<DB>, StoreError> {
        let rows = new.iter().map(MailRow::of).collect::<Result<Vec<_>, _>>()?;
        let mut insert = QueryBuilder::new(
            "insert into outbox
                 (id, kind, registration, follow, event, recipient, recipient_normalized, domain, language, detail, once,
                  state, attempts, due_at, created_at) ",
        );
        insert.push_values(rows.into_iter().zip(new), |mut values, (row, mail)| {
            let normalized = mail.recipient.normalized();
            let domain = domain_of(&normalized).to_owned();
            values
                .push_bind(row.id)
                .push_bind(row.kind)
                .push_bind(row.registration)
                .push_bind(row.follow)
                .push_bind(row.event)
                .push_bind(row.recipient)
                .push_bind(normalized)
                .push_bind(domain)
                .push_bind(row.language)
                .push_bind(row.detail)
                .push_bind(row.once)
                .push("'queued'")
                .push("0")
                .push_bind(row.created_at)
                .push_bind(row.created_at);
        });
        insert.push(" on conflict (once) do nothing");
        Ok(insert)
    }
}
