//! What happened to a registration, and who did it: kept with it, and shown to its owner.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::RegistrationId;
use crate::registration::RegistrationState;
use crate::seats::Attendance;

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The owner of the registration, by a link of theirs.
    Owner,
    /// An organizer or operator at the command line, under this name. Owners are told that it was the organizers.
    Organizer(String),
    /// The portal by itself: time went by, a seat came free.
    Portal,
}

/// One entry of a registration's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Whose history.
    pub registration: RegistrationId,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub what: Happening,
}

/// What happened to a registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// It was made, in this state.
    Registered(RegistrationState),
    /// It moved from one state to another.
    Moved {
        /// The state before.
        from: RegistrationState,
        /// The state since.
        to: RegistrationState,
    },
    /// It is for another number of seats now.
    PartyChanged {
        /// Before.
        from: u32,
        /// Since.
        to: u32,
    },
    /// From site to web, or back.
    AttendanceChanged {
        /// Before.
        from: Attendance,
        /// Since.
        to: Attendance,
    },
    /// Answers were changed; what they were is not kept.
    AnswersChanged,
    /// It was seated out of turn by an organizer.
    SeatedOutOfTurn,
    /// The event changed, and its owner was told.
    EventChanged,
}
