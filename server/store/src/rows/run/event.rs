//! Rows of `run_events`.

use regatta_domain::ids::RunId;
use regatta_domain::run::RunEvent;
use sqlx::FromRow;

use crate::StoreError;
use crate::rows::RowName;

/// One event of a run's log. The fact is JSON.
#[derive(FromRow)]
pub struct EventRow {
    run: String,
    seq: i64,
    at_ms: i64,
    fact: String,
}

impl TryFrom<EventRow> for RunEvent {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        let at = RowName { what: "log of run", id: &row.run };
        Ok(Self { seq: at.number(row.seq)?, at_ms: at.number(row.at_ms)?, what: at.json(&row.fact)? })
    }
}

/// An event as it is appended.
pub struct NewEvent {
    /// Its number.
    pub seq: i64,
    /// Milliseconds since the run was accepted.
    pub at_ms: i64,
    /// What happened, as JSON.
    pub fact: String,
}

/// Events for the log of the run `id`; [`StoreError::Stale`] where they do not follow each other.
pub fn new_events(id: &RunId, events: &[RunEvent]) -> Result<Vec<NewEvent>, StoreError> {
    let at = RowName { what: "log of run", id: id.as_str() };
    let number = |value: u64| i64::try_from(value).map_err(|why| at.broken(why));
    if events.windows(2).any(|pair| pair[0].seq.checked_add(1) != Some(pair[1].seq)) {
        return Err(does_not_follow(id));
    }
    let new = |event: &RunEvent| {
        Ok(NewEvent { seq: number(event.seq)?, at_ms: number(event.at_ms)?, fact: at.to_json(&event.what)? })
    };
    events.iter().map(new).collect()
}

/// Somebody else appended to the log of this run, or it is closed because the run is over.
pub fn does_not_follow(id: &RunId) -> StoreError {
    StoreError::Stale(format!("the log of run {id}"))
}
