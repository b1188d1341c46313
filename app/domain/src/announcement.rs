//! What of an event people were told, so that they can be told once when it changes.

use serde::{Deserialize, Serialize};

use crate::event::{Event, EventStatus, EventTime, Place};

/// What of an event belongs into a calendar: whoever has a seat is told when it changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventFacts {
    /// Start and end.
    pub when: EventTime,
    /// Where.
    pub place: Option<Place>,
    /// Whether it takes place.
    pub standing: Standing,
}

/// Whether an event takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It does.
    On,
    /// Not at this time; the next one is not known.
    Postponed,
    /// It does not.
    Cancelled,
}

impl EventFacts {
    /// The facts of `event`; `None` for a draft, of which nobody is told anything.
    pub fn of(event: &Event) -> Option<Self> {
        let standing = match event.status {
            EventStatus::Draft => return None,
            EventStatus::Published | EventStatus::Rescheduled | EventStatus::MovedOnline => Standing::On,
            EventStatus::Postponed => Standing::Postponed,
            EventStatus::Cancelled => Standing::Cancelled,
        };
        Some(Self { when: event.when.clone(), place: event.place.clone(), standing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::RegistrationPolicy;
    use crate::fixtures::event;
    use crate::seats::Quotas;

    #[test]
    fn facts_read_back_with_their_zone() {
        let mut event = event(RegistrationPolicy::plain(Quotas::in_person(1)));
        event.place = Some(Place::Located("Hamburg, Germany".into()));
        let facts = EventFacts::of(&event).unwrap();
        let stored = serde_json::to_string(&facts).unwrap();
        assert!(stored.contains("[Europe/Berlin]"), "{stored}");
        assert_eq!(serde_json::from_str::<EventFacts>(&stored).unwrap(), facts);
    }

    #[test]
    fn another_title_is_no_news() {
        let event = event(RegistrationPolicy::plain(Quotas::in_person(1)));
        let renamed = Event { title: "Another".into(), status: EventStatus::Rescheduled, ..event.clone() };
        assert_eq!(EventFacts::of(&event), EventFacts::of(&renamed));
    }
}
