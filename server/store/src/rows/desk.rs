//! Rows of `desks`: how seats are taken, and what was decided otherwise.

use std::collections::BTreeMap;

use regatta_domain::event::{EventOverride, ForcedWindow};
use regatta_domain::ids::EventId;
use regatta_domain::registration::Registration;
use regatta_domain::seats::{Attendance, SeatCount, Seats};
use sqlx::FromRow;

use super::{RowName, count};
use crate::StoreError;

/// The counters of one desk.
#[derive(FromRow)]
pub struct SeatsRow {
    in_person_taken: i64,
    in_person_waiting: i64,
    online_taken: i64,
    online_waiting: i64,
}

impl From<SeatsRow> for Seats {
    fn from(row: SeatsRow) -> Self {
        Self {
            in_person: SeatCount { taken: count(row.in_person_taken), waiting: count(row.in_person_waiting) },
            online: SeatCount { taken: count(row.online_taken), waiting: count(row.online_waiting) },
        }
    }
}

/// What the organizers decided otherwise at one desk.
#[derive(FromRow)]
pub struct OverrideRow {
    event: String,
    override_window: Option<String>,
    override_in_person: Option<i64>,
    override_online: Option<i64>,
}

impl TryFrom<OverrideRow> for EventOverride {
    type Error = StoreError;

    fn try_from(row: OverrideRow) -> Result<Self, StoreError> {
        let at = RowName { what: "desk of event", id: &row.event };
        Ok(Self {
            window: row.override_window.map(|window| at.named(&window, ForcedWindow::named)).transpose()?,
            in_person: row.override_in_person.map(|seats| at.number(seats)).transpose()?,
            online: row.override_online.map(|seats| at.number(seats)).transpose()?,
        })
    }
}

/// What registrations that are stored or changed add to the counters of their desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeatChange {
    pub in_person_taken: i64,
    pub in_person_waiting: i64,
    pub online_taken: i64,
    pub online_waiting: i64,
}

impl SeatChange {
    /// The changes that new registrations make, by event.
    pub fn by_event(new: &[Registration]) -> BTreeMap<EventId, Self> {
        let mut changes = BTreeMap::<EventId, Self>::new();
        for registration in new {
            changes.entry(registration.event.clone()).or_default().count(registration, 1);
        }
        changes
    }

    /// The change from `before` to `after`.
    pub fn between(before: &Registration, after: &Registration) -> Self {
        let mut change = Self::default();
        change.count(before, -1);
        change.count(after, 1);
        change
    }

    /// Whether the counters stay as they are.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    fn count(&mut self, registration: &Registration, times: i64) {
        let (taken, waiting) = match registration.attendance {
            Attendance::InPerson => (&mut self.in_person_taken, &mut self.in_person_waiting),
            Attendance::Online => (&mut self.online_taken, &mut self.online_waiting),
        };
        let seats = times * i64::from(registration.party);
        if registration.state.takes_a_seat() {
            *taken += seats;
        } else if registration.state.waits() {
            *waiting += seats;
        }
    }
}

/// The transaction wrote at a desk that it was not begun for.
pub fn not_begun(event: &EventId) -> StoreError {
    RowName { what: "desk of event", id: event.as_str() }.broken("the transaction was not begun for it")
}
