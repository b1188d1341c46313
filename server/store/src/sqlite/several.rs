//! Statements about several rows at once in SQLite. They take one of the [`batches`] each.

use regatta_domain::history::HistoryEntry;
use regatta_domain::ids::EventId;
use regatta_domain::registration::Registration;
use sqlx::{QueryBuilder, Sqlite};

use crate::StoreError;
use crate::outbox::NewMail;
use crate::rows::history::HistoryRow;
use crate::rows::mail::{MailRow, domain_of};
use crate::rows::registration::RegistrationRow;

/// The most rows or values that one statement takes. The widest row has 20 columns, so that there are far fewer
/// parameters than the 32,766 that SQLite takes.
const LARGEST_BATCH: usize = 128;

/// `all` in slices for one statement each. Their lengths are powers of two: so there are only a few different statements,
/// and a connection keeps all of them prepared, however many rows come at a time.
pub fn batches<T>(mut all: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let largest = all.len().min(LARGEST_BATCH).checked_ilog2()?;
        let (batch, rest) = all.split_at(1 << largest);
        all = rest;
        Some(batch)
    })
}

/// Continues `query` with `in (…)`.
pub fn push_among<'v>(
    query: &mut QueryBuilder<Sqlite>,
    values: impl IntoIterator<Item = &'v str>,
) -> &mut QueryBuilder<Sqlite> {
    query.push(" in (");
    let mut list = query.separated(", ");
    for value in values {
        list.push_bind(value);
    }
    query.push(")")
}

/// The desks of these events, where there are none yet.
pub fn insert_desks(events: &[EventId]) -> QueryBuilder<Sqlite> {
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
pub fn insert_registrations(new: &[Registration]) -> Result<QueryBuilder<Sqlite>, StoreError> {
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
pub fn insert_history(entries: &[HistoryEntry]) -> Result<QueryBuilder<Sqlite>, StoreError> {
    let rows = entries.iter().map(HistoryRow::of).collect::<Result<Vec<_>, _>>()?;
    let mut insert = QueryBuilder::new("insert into registration_history (registration, at, actor, what) ");
    insert.push_values(rows, |mut values, row| {
        values.push_bind(row.registration).push_bind(row.at).push_bind(row.actor).push_bind(row.what);
    });
    Ok(insert)
}

/// Mails that are due at once. One whose [`NewMail::once`] is there already is left out.
pub fn insert_mails(new: &[NewMail]) -> Result<QueryBuilder<Sqlite>, StoreError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_few_kinds_of_slices() {
        let all: Vec<usize> = (0..301).collect();
        let sizes: Vec<usize> = batches(&all).map(<[usize]>::len).collect();
        assert_eq!(sizes, [128, 128, 32, 8, 4, 1]);
        assert_eq!(batches(&all).flatten().copied().collect::<Vec<_>>(), all);
        assert_eq!(batches::<usize>(&[]).count(), 0);
    }
}
