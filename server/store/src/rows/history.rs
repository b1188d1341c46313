//! Rows of `registration_history`.

use regatta_domain::history::HistoryEntry;
use sqlx::FromRow;

use super::{RowName, micros};
use crate::StoreError;

/// One thing that happened to a registration. Who did it and what it was are JSON.
#[derive(FromRow)]
pub struct HistoryRow {
    pub registration: String,
    pub at: i64,
    pub actor: String,
    pub what: String,
}

impl HistoryRow {
    /// How `entry` is stored.
    pub fn of(entry: &HistoryEntry) -> Result<Self, StoreError> {
        let row = RowName { what: "history of registration", id: entry.registration.as_str() };
        Ok(Self {
            registration: entry.registration.to_string(),
            at: micros(entry.at),
            actor: row.to_json(&entry.actor)?,
            what: row.to_json(&entry.what)?,
        })
    }
}

impl TryFrom<HistoryRow> for HistoryEntry {
    type Error = StoreError;

    fn try_from(row: HistoryRow) -> Result<Self, StoreError> {
        let at = RowName { what: "history of registration", id: &row.registration };
        Ok(Self {
            registration: at.parse(&row.registration)?,
            at: at.moment(row.at)?,
            actor: at.json(&row.actor)?,
            what: at.json(&row.what)?,
        })
    }
}
