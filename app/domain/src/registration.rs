//! A registration and the states it goes through.
//!
//! ```text
//!            register, seat open           confirm
//!   visitor ─────────────────────▶ Held ───────────────▶ Confirmed ◀─┐
//!      │                             │ hold over            │        │ promote
//!      │ register, none open         ▼                      │ cancel │
//!      └─────▶ HeldForWaitlist ──▶ Expired                  ▼        │
//!                    │                                  Cancelled ◀──┤ cancel
//!                    └── confirm ──▶ Waitlisted ─────────────────────┘
//! ```
//!
//! A seat is taken in `Held` and `Confirmed`. Who is given one, and when it is open to newcomers, is told in
//! [`waitlist`](crate::waitlist). [`RegistrationState::after`] is total: each pair of state and action has an answer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::email_address::EmailAddress;
use crate::ids::{EventId, RegistrationId};
use crate::person_name::PersonName;

/// Where a registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationState {
    /// A seat is kept while the address awaits confirmation.
    Held,
    /// A place on the waitlist is kept while the address awaits confirmation.
    HeldForWaitlist,
    /// The address is confirmed; a seat is awaited.
    Waitlisted,
    /// The seat is theirs.
    Confirmed,
    /// Given up by its owner.
    Cancelled,
    /// The address was not confirmed in time.
    Expired,
}

/// What can happen to a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationAction {
    /// The owner showed that the address is theirs.
    Confirm,
    /// A seat came free and this one is first in line.
    Promote,
    /// The owner gives it up.
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

impl RegistrationState {
    /// Every state, for tests and tables.
    pub const ALL: [Self; 6] = [
        Self::Held,
        Self::HeldForWaitlist,
        Self::Waitlisted,
        Self::Confirmed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// Where `action` leads from here.
    pub fn after(self, action: RegistrationAction) -> Transition {
        use RegistrationAction as A;
        use RegistrationState as S;
        match (self, action) {
            (S::Held, A::Confirm) | (S::Waitlisted, A::Promote) => Transition::To(S::Confirmed),
            (S::HeldForWaitlist, A::Confirm) => Transition::To(S::Waitlisted),
            (S::Held | S::HeldForWaitlist | S::Waitlisted | S::Confirmed, A::Cancel) => {
                Transition::To(S::Cancelled)
            }
            (S::Held | S::HeldForWaitlist, A::Expire) => Transition::To(S::Expired),
            (S::Confirmed | S::Waitlisted, A::Confirm)
            | (S::Confirmed, A::Promote)
            | (S::Cancelled, A::Cancel)
            | (S::Expired, A::Expire) => Transition::Already,
            (S::Confirmed | S::Waitlisted | S::Cancelled, A::Expire)
            | (S::Held | S::HeldForWaitlist | S::Cancelled | S::Expired, A::Promote)
            | (S::Cancelled | S::Expired, A::Confirm)
            | (S::Expired, A::Cancel) => Transition::Refused,
        }
    }

    /// Whether it counts against the capacity.
    pub fn takes_a_seat(self) -> bool {
        matches!(self, Self::Held | Self::Confirmed)
    }

    /// Whether it still awaits the proof that the address is its owner's.
    pub fn is_unconfirmed(self) -> bool {
        matches!(self, Self::Held | Self::HeldForWaitlist)
    }

    /// Whether it is neither cancelled nor expired. An address has at most one live registration per event.
    pub fn is_live(self) -> bool {
        !matches!(self, Self::Cancelled | Self::Expired)
    }

    /// The name under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::HeldForWaitlist => "held_for_waitlist",
            Self::Waitlisted => "waitlisted",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
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
    /// Where it stands.
    pub state: RegistrationState,
    /// Its place in the order of arrival for this event, from 1; the waitlist goes by it.
    pub place: i64,
    /// Until when an unconfirmed one is kept.
    pub held_until: Timestamp,
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

/// How the seats of one event are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeatCount {
    /// Registrations that take a seat: held and confirmed.
    pub taken: u32,
    /// Registrations that wait for one, confirmed or not.
    pub waiting: u32,
}

impl SeatCount {
    /// How many seats are free of `capacity`; none where more are taken than there are (a capacity that was lowered
    /// throws nobody out).
    pub fn free(self, capacity: u32) -> u32 {
        capacity.saturating_sub(self.taken)
    }

    /// How many seats of `capacity` whoever comes now can have: those left when everybody who waits has been given one.
    /// Who waits has not always confirmed yet, and keeps the place until then.
    pub fn open_to_newcomers(self, capacity: u32) -> u32 {
        self.free(capacity).saturating_sub(self.waiting)
    }
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

    fn any_action() -> impl Strategy<Value = RegistrationAction> {
        prop_oneof![
            Just(RegistrationAction::Confirm),
            Just(RegistrationAction::Promote),
            Just(RegistrationAction::Cancel),
            Just(RegistrationAction::Expire),
        ]
    }

    proptest! {
        /// No sequence of actions gives a seat to an unconfirmed address, or revives what is over.
        #[test]
        fn no_history_breaks_the_rules(actions in proptest::collection::vec(any_action(), 0..12), seat_free: bool) {
            let mut state = if seat_free { RegistrationState::Held } else { RegistrationState::HeldForWaitlist };
            let mut confirmed_address = false;
            for action in actions {
                let before = state;
                if let Transition::To(next) = state.after(action) {
                    prop_assert!(before.is_live(), "{before:?} came back to life as {next:?}");
                    prop_assert_ne!(before, next);
                    confirmed_address |= action == RegistrationAction::Confirm;
                    state = next;
                }
                prop_assert!(state != RegistrationState::Confirmed || confirmed_address);
                prop_assert!(state != RegistrationState::Waitlisted || confirmed_address);
            }
        }
    }
}
