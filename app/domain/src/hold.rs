//! For how long a seat or a place is kept for an address that is not confirmed.
//!
//! For the hold time of its event; anew from the mail that asks to confirm, where that was late; and for as long as that
//! mail is still owed, within limits: whoever was told to expect a mail gets one, and has the time to act on it.

use jiff::{SignedDuration, Timestamp};

use crate::registration::Registration;

/// For how long after registering nothing lapses of which the owner could not be told yet.
pub const KEPT_FOR_LATE_MAIL: SignedDuration = SignedDuration::from_hours(24);

/// Whether `registration` does not lapse at `now` as long as the mail that asks to confirm it is owed.
pub fn is_spared(registration: &Registration, now: Timestamp) -> bool {
    now.duration_since(registration.created_at) < KEPT_FOR_LATE_MAIL
}

/// Until when `registration` is kept from `now` on, the moment at which its owner is asked to confirm; `None` where that
/// stays as it is: half of the hold time or more is left, or it is too late for any.
pub fn extended(registration: &Registration, hold: SignedDuration, now: Timestamp) -> Option<Timestamp> {
    let left = registration.held_until.duration_since(now);
    let late = registration.state.is_unconfirmed() && left < hold / 2;
    (late && is_spared(registration, now)).then(|| now.checked_add(hold).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::registration;
    use crate::registration::RegistrationState as State;

    const HOLD: SignedDuration = SignedDuration::from_mins(30);

    /// What becomes of a hold of 30 minutes when its owner is asked so many minutes after registering.
    fn asked_after(minutes: i64, state: State) -> Option<SignedDuration> {
        let made = registration(1, state);
        let held = Registration { held_until: made.created_at + HOLD, ..made };
        let now = held.created_at + SignedDuration::from_mins(minutes);
        extended(&held, HOLD, now).map(|until| until.duration_since(now))
    }

    #[test]
    fn who_is_asked_late_has_all_of_the_time() {
        for state in [State::Held, State::HeldForWaitlist] {
            assert_eq!(asked_after(0, state), None);
            assert_eq!(asked_after(15, state), None, "half of it is left");
            assert_eq!(asked_after(16, state), Some(HOLD));
            assert_eq!(asked_after(120, state), Some(HOLD), "it was over");
        }
    }

    #[test]
    fn patience_ends_after_a_day() {
        assert_eq!(asked_after(24 * 60 - 1, State::Held), Some(HOLD));
        assert_eq!(asked_after(24 * 60, State::Held), None);
    }

    #[test]
    fn only_what_is_unconfirmed_is_held() {
        for state in State::ALL.into_iter().filter(|state| !state.is_unconfirmed()) {
            assert_eq!(asked_after(120, state), None, "{state:?}");
        }
    }
}
