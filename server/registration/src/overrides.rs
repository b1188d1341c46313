//! What organizers decide about an event at the desk, over what its file says. Kept until it is taken back, shown wherever
//! the value is shown, and written into the audit log.

use regatta_domain::event::{Event, EventOverride, ForcedWindow};
use regatta_domain::ids::EventId;
use regatta_domain::seats::Attendance;

use crate::desk::Desk;
use crate::organizers::{By, OrganizerError};
use crate::sweep::Swept;

/// What holds for an event now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Everything that is decided otherwise than its file says.
    pub overrides: EventOverride,
    /// What it brought about at once: seats given to those who waited.
    pub swept: Swept,
}

impl Desk {
    /// Opens or closes registration whatever its times say; `None` lets its times count again.
    pub async fn set_window(
        &self,
        event: &EventId,
        window: Option<ForcedWindow>,
        by: &By,
    ) -> Result<Decided, OrganizerError> {
        let name = match window {
            Some(ForcedWindow::Open) => "open",
            Some(ForcedWindow::Closed) => "close",
            None => "reset-window",
        };
        self.decide(event, name, by, |_, overrides| {
            overrides.window = window;
            Ok(())
        })
        .await
    }

    /// Sets how many seats of this kind there are. Fewer than are taken throw nobody out; more go to those who wait first.
    pub async fn set_capacity(
        &self,
        event: &EventId,
        attendance: Attendance,
        capacity: u32,
        by: &By,
    ) -> Result<Decided, OrganizerError> {
        self.decide(event, "capacity", by, |event, overrides| {
            let offered = event.registration.as_ref().and_then(|policy| policy.quotas.capacity(attendance));
            offered.ok_or(OrganizerError::NotOffered)?;
            match attendance {
                Attendance::InPerson => overrides.in_person = Some(capacity),
                Attendance::Online => overrides.online = Some(capacity),
            }
            Ok(())
        })
        .await
    }

    /// Takes back the numbers of seats that were set: those of the file hold again.
    pub async fn reset_capacity(&self, event: &EventId, by: &By) -> Result<Decided, OrganizerError> {
        self.decide(event, "reset-capacity", by, |_, overrides| {
            (overrides.in_person, overrides.online) = (None, None);
            Ok(())
        })
        .await
    }

    /// Takes back everything that was decided otherwise: what the file says holds again.
    pub async fn reset_overrides(&self, event: &EventId, by: &By) -> Result<Decided, OrganizerError> {
        self.decide(event, "reset", by, |_, overrides| {
            *overrides = EventOverride::default();
            Ok(())
        })
        .await
    }

    async fn decide(
        &self,
        id: &EventId,
        name: &str,
        by: &By,
        change: impl FnOnce(&Event, &mut EventOverride) -> Result<(), OrganizerError>,
    ) -> Result<Decided, OrganizerError> {
        let declared = self.schedule.event(id).ok_or(OrganizerError::UnknownEvent)?;
        let mut session = self.session(std::slice::from_ref(id)).await?;
        let before = session.tx.overrides(id).await?;
        let mut overrides = before;
        change(&declared, &mut overrides)?;
        session.tx.set_overrides(id, &overrides).await?;
        let detail = format!("{} -> {}", in_words(&before), in_words(&overrides));
        session.audit(name, id.as_str(), by, detail).await?;
        session.turn_over(id, Some(&overrides.applied_to(&declared))).await?;
        let swept = session.finish().await?;
        Ok(Decided { overrides, swept })
    }
}

fn in_words(overrides: &EventOverride) -> String {
    let window = overrides.window.map(|window| format!("window={}", window.as_str()));
    let in_person = overrides.in_person.map(|seats| format!("in_person={seats}"));
    let online = overrides.online.map(|seats| format!("online={seats}"));
    let words: Vec<_> = [window, in_person, online].into_iter().flatten().collect();
    if words.is_empty() { "as in the file".to_owned() } else { words.join(" ") }
}
