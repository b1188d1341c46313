//! A registration and the states it goes through.
//!
//! ```text
//!            register, seat open            confirm
//!   visitor ─────────────────────▶ Held ──────────────────▶ Confirmed ──▶ Attended
//!      │                             │ │ confirm, where      ▲  ▲           check in
//!      │                             │ ▼ organizers decide   │  │ promote
//!      │                             │ AwaitingApproval ─────┘  │
//!      │                             │     │      ▲  approve    │
//!      │ register, none open         ▼     ▼      │ promote     │
//!      └─────▶ HeldForWaitlist ──▶ Expired Declined             │
//!                    └── confirm ──▶ Waitlisted ────────────────┘
//! ```
//!
//! Whatever is live can be cancelled until it was attended. A seat is taken in `Held`, `AwaitingApproval`, `Confirmed` and
//! `Attended`. Who is given one, and when it is open to newcomers, is told in [`waitlist`](crate::waitlist).
//! [`RegistrationState::after`] is total: each pair of state and action has an answer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::email_address::EmailAddress;
use crate::ids::{BookingId, EventId, RegistrationId};
use crate::language::Language;
use crate::person_name::PersonName;
use crate::questions::Answers;
use crate::seats::Attendance;

/// Where a registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationState {
    /// A seat is kept while the address awaits confirmation.
    Held,
    /// A place on the waitlist is kept while the address awaits confirmation.
    HeldForWaitlist,
    /// The address is confirmed and a seat is kept; the organizers decide.
    AwaitingApproval,
    /// The address is confirmed; a seat is awaited.
    Waitlisted,
    /// The seat is theirs.
    Confirmed,
    /// They came.
    Attended,
    /// Given up by its owner, or taken back by the organizers.
    Cancelled,
    /// The organizers decided against it.
    Declined,
    /// The address was not confirmed in time.
    Expired,
}

/// What can happen to a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationAction {
    /// The owner showed that the address is theirs.
    Confirm {
        /// Whether the organizers decide on each registration.
        approval: bool,
    },
    /// A seat came free and this one is first in line, or an organizer gave it one.
    Promote {
        /// Whether the organizers decide on each registration.
        approval: bool,
    },
    /// An organizer decided for it.
    Approve,
    /// An organizer decided against it.
    Decline,
    /// They came.
    CheckIn,
    /// They did not come after all: the wrong ticket was read.
    UndoCheckIn,
    /// It is given up.
    Cancel,
    /// The time to confirm is over.
    Expire,
}

/// What an action does to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// It moves on to this state.
    To(RegistrationState),
    /// It already is where the action leads: nothing to do, and no error to show.
    Already,
    /// The action makes no sense here.
    Refused,
}

impl RegistrationAction {
    /// Every action, for tests and tables.
    pub const ALL: [Self; 10] = [
        Self::Confirm { approval: false },
        Self::Confirm { approval: true },
        Self::Promote { approval: false },
        Self::Promote { approval: true },
        Self::Approve,
        Self::Decline,
        Self::CheckIn,
        Self::UndoCheckIn,
        Self::Cancel,
        Self::Expire,
    ];
}

impl RegistrationState {
    /// Every state, for tests and tables.
    pub const ALL: [Self; 9] = [
        Self::Held,
        Self::HeldForWaitlist,
        Self::AwaitingApproval,
        Self::Waitlisted,
        Self::Confirmed,
        Self::Attended,
        Self::Cancelled,
        Self::Declined,
        Self::Expired,
    ];

    /// Where `action` leads from here.
    pub fn after(self, action: RegistrationAction) -> Transition {
        use RegistrationAction as A;
        match action {
            A::Confirm { approval } => self.after_confirm(approval),
            A::Promote { approval } => self.after_promote(approval),
            A::Approve => self.after_approve(),
            A::Decline => self.after_decline(),
            A::CheckIn => self.after_check_in(),
            A::UndoCheckIn => self.after_undone_check_in(),
            A::Cancel => self.after_cancel(),
            A::Expire => self.after_expire(),
        }
    }

    fn after_confirm(self, approval: bool) -> Transition {
        match self {
            Self::Held if approval => Transition::To(Self::AwaitingApproval),
            Self::Held => Transition::To(Self::Confirmed),
            Self::HeldForWaitlist => Transition::To(Self::Waitlisted),
            Self::AwaitingApproval | Self::Waitlisted | Self::Confirmed | Self::Attended => {
                Transition::Already
            }
            Self::Cancelled | Self::Declined | Self::Expired => Transition::Refused,
        }
    }

    fn after_promote(self, approval: bool) -> Transition {
        match self {
            Self::Waitlisted if approval => Transition::To(Self::AwaitingApproval),
            Self::Waitlisted => Transition::To(Self::Confirmed),
            Self::AwaitingApproval | Self::Confirmed | Self::Attended => Transition::Already,
            // An address that is not confirmed gets no seat past the line.
            Self::Held | Self::HeldForWaitlist | Self::Cancelled | Self::Declined | Self::Expired => {
                Transition::Refused
            }
        }
    }

    fn after_approve(self) -> Transition {
        match self {
            Self::AwaitingApproval => Transition::To(Self::Confirmed),
            Self::Confirmed | Self::Attended => Transition::Already,
            Self::Held
            | Self::HeldForWaitlist
            | Self::Waitlisted
            | Self::Cancelled
            | Self::Declined
            | Self::Expired => Transition::Refused,
        }
    }

    fn after_decline(self) -> Transition {
        match self {
            Self::AwaitingApproval | Self::Waitlisted => Transition::To(Self::Declined),
            Self::Declined => Transition::Already,
            Self::Held
            | Self::HeldForWaitlist
            | Self::Confirmed
            | Self::Attended
            | Self::Cancelled
            | Self::Expired => Transition::Refused,
        }
    }

    fn after_check_in(self) -> Transition {
        match self {
            Self::Confirmed => Transition::To(Self::Attended),
            Self::Attended => Transition::Already,
            _ => Transition::Refused,
        }
    }

    fn after_undone_check_in(self) -> Transition {
        match self {
            Self::Attended => Transition::To(Self::Confirmed),
            Self::Confirmed => Transition::Already,
            _ => Transition::Refused,
        }
    }

    fn after_cancel(self) -> Transition {
        match self {
            Self::Held
            | Self::HeldForWaitlist
            | Self::AwaitingApproval
            | Self::Waitlisted
            | Self::Confirmed => Transition::To(Self::Cancelled),
            Self::Cancelled => Transition::Already,
            Self::Attended | Self::Declined | Self::Expired => Transition::Refused,
        }
    }

    fn after_expire(self) -> Transition {
        match self {
            Self::Held | Self::HeldForWaitlist => Transition::To(Self::Expired),
            Self::Expired => Transition::Already,
            Self::AwaitingApproval
            | Self::Waitlisted
            | Self::Confirmed
            | Self::Attended
            | Self::Cancelled
            | Self::Declined => Transition::Refused,
        }
    }

    /// Whether it counts against the quota.
    pub fn takes_a_seat(self) -> bool {
        matches!(self, Self::Held | Self::AwaitingApproval | Self::Confirmed | Self::Attended)
    }

    /// Whether it waits for a seat.
    pub fn waits(self) -> bool {
        matches!(self, Self::HeldForWaitlist | Self::Waitlisted)
    }

    /// Whether it still awaits the proof that the address is its owner's.
    pub fn is_unconfirmed(self) -> bool {
        matches!(self, Self::Held | Self::HeldForWaitlist)
    }

    /// Whether it is not over: it takes a seat or waits for one. An address has at most one live registration per event.
    pub fn is_live(self) -> bool {
        self.takes_a_seat() || self.waits()
    }

    /// Whether its owner has (or should have) an entry in their calendar.
    pub fn has_calendar_entry(self) -> bool {
        matches!(self, Self::Confirmed | Self::Attended)
    }

    /// The name under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::HeldForWaitlist => "held_for_waitlist",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Waitlisted => "waitlisted",
            Self::Confirmed => "confirmed",
            Self::Attended => "attended",
            Self::Cancelled => "cancelled",
            Self::Declined => "declined",
            Self::Expired => "expired",
        }
    }

    /// The state stored under `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// One registration as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Its identity.
    pub id: RegistrationId,
    /// The event it is for.
    pub event: EventId,
    /// How to greet its owner.
    pub name: PersonName,
    /// Where to write to.
    pub email: EmailAddress,
    /// In which language.
    pub language: Language,
    /// On site or on the web.
    pub attendance: Attendance,
    /// How many seats it is for, from 1.
    pub party: u32,
    /// What was answered to the event's questions.
    pub answers: Answers,
    /// Where it stands.
    pub state: RegistrationState,
    /// Its place in the order of arrival for this event, from 1; the waitlist goes by it.
    pub place: i64,
    /// What it was made together with: the other dates of a series.
    pub booking: Option<BookingId>,
    /// Until when an unconfirmed one is kept.
    pub held_until: Timestamp,
    /// When the seat became theirs; a reminder that was due before says nothing to them.
    pub seated_at: Option<Timestamp>,
    /// When name, address and answers are erased.
    pub purge_at: Timestamp,
    /// Raised to make all links sent so far invalid.
    pub generation: i64,
    /// Rises with each change of its calendar entry (RFC 5545 section 3.8.7.4).
    pub sequence: i64,
    /// Rises with each save; a save of a stale copy is refused.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stored_names_read_back() {
        for state in RegistrationState::ALL {
            assert_eq!(RegistrationState::named(state.as_str()), Some(state));
        }
    }

    #[test]
    fn no_state_both_sits_and_waits() {
        for state in RegistrationState::ALL {
            assert!(!(state.takes_a_seat() && state.waits()), "{state:?}");
        }
    }

    /// An action that led somewhere finds nothing left to do when it comes again, as links are opened twice.
    #[test]
    fn every_action_can_be_repeated() {
        for state in RegistrationState::ALL {
            for action in RegistrationAction::ALL {
                if let Transition::To(next) = state.after(action) {
                    assert_eq!(next.after(action), Transition::Already, "{state:?} {action:?} twice");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// No sequence of actions gives a seat for good to an unconfirmed address, or revives what is over.
        #[test]
        fn no_history_breaks_the_rules(
            actions in proptest::collection::vec(proptest::sample::select(&RegistrationAction::ALL[..]), 0..16),
            seat_free: bool,
        ) {
            use RegistrationState as S;
            let mut state = if seat_free { S::Held } else { S::HeldForWaitlist };
            let mut confirmed_address = false;
            for action in actions {
                let before = state;
                if let Transition::To(next) = state.after(action) {
                    prop_assert!(before.is_live(), "{before:?} came back to life as {next:?}");
                    prop_assert_ne!(before, next);
                    confirmed_address |= matches!(action, RegistrationAction::Confirm { .. });
                    state = next;
                }
                prop_assert!(state.is_unconfirmed() || !state.is_live() || confirmed_address);
                prop_assert!(state != S::Attended || before == S::Confirmed || before == S::Attended);
            }
        }
    }
}
