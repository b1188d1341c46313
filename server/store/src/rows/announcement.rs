//! Rows of `announcements`.

use regatta_domain::ids::EventId;
use sqlx::FromRow;

use super::{RowName, micros};
use crate::StoreError;
use crate::herald::Announced;

/// What people were told of one event. Facts are JSON.
#[derive(FromRow)]
pub struct AnnouncedRow {
    pub event: String,
    pub told: String,
    pub told_at: i64,
    pub sequence: i64,
    pub pending: Option<String>,
    pub pending_since: Option<i64>,
    pub published_at: Option<i64>,
    pub wrapped_up_at: Option<i64>,
}

impl AnnouncedRow {
    /// How `announced` is stored.
    pub fn of(event: &EventId, announced: &Announced) -> Result<Self, StoreError> {
        let at = RowName { what: "announcement of event", id: event.as_str() };
        let pending = announced.pending.as_ref();
        Ok(Self {
            event: event.to_string(),
            told: at.to_json(&announced.told)?,
            told_at: micros(announced.told_at),
            sequence: announced.sequence,
            pending: pending.map(|(facts, _)| at.to_json(facts)).transpose()?,
            pending_since: pending.map(|(_, since)| micros(*since)),
            published_at: announced.published_at.map(micros),
            wrapped_up_at: announced.wrapped_up_at.map(micros),
        })
    }
}

impl TryFrom<AnnouncedRow> for Announced {
    type Error = StoreError;

    fn try_from(row: AnnouncedRow) -> Result<Self, StoreError> {
        let at = RowName { what: "announcement of event", id: &row.event };
        let pending = match (&row.pending, row.pending_since) {
            (Some(facts), Some(since)) => Some((at.json(facts)?, at.moment(since)?)),
            (None, None) => None,
            _ => return Err(at.broken("pending facts need the moment since when they are")),
        };
        Ok(Self {
            told: at.json(&row.told)?,
            told_at: at.moment(row.told_at)?,
            sequence: row.sequence,
            pending,
            published_at: at.moment_if_any(row.published_at)?,
            wrapped_up_at: at.moment_if_any(row.wrapped_up_at)?,
        })
    }
}
