//! Holding back all mail while the server takes none from anybody, instead of trying with one mail after the other.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How long all mail is held back after the first, second, … trouble in a row; the last one is repeated. After each, a mail
/// or a few find out how things stand.
const HOLDS: [SignedDuration; 5] = [
    SignedDuration::from_secs(15),
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(5),
];

const LONGEST: SignedDuration = HOLDS[HOLDS.len() - 1];

/// Whether mail is held back, and until when.
#[derive(Default)]
pub(super) struct Hold(Mutex<State>);

#[derive(Default)]
struct State {
    until: Option<Timestamp>,
    troubles: usize,
}

impl Hold {
    /// Until when nothing is to be tried; `None` where something may be.
    pub(super) fn until(&self, now: Timestamp) -> Option<Timestamp> {
        self.state().lasts(now)
    }

    /// The server takes mail from nobody. Returns until when everything is held back: what was tried together is one trouble.
    pub(super) fn begin(&self, now: Timestamp) -> Timestamp {
        let mut state = self.state();
        if let Some(until) = state.lasts(now) {
            return until;
        }
        let wait = *HOLDS.get(state.troubles).unwrap_or(&LONGEST);
        let until = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        *state = State { until: Some(until), troubles: state.troubles + 1 };
        until
    }

    /// The server dealt with a mail.
    pub(super) fn end(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Until when it lasts, where it is not over. What seems to last longer than anything is of a clock that was put back
    /// since.
    fn lasts(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| *until > now && until.duration_since(now) <= LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn holds_grow_with_each_trouble_and_end_with_the_first_success() {
        let hold = Hold::default();
        let mut now = at(0);
        let waits: Vec<i64> = std::iter::repeat_with(|| {
            let until = hold.begin(now);
            let wait = until.duration_since(now).as_secs();
            assert_eq!((hold.until(now), hold.until(until)), (Some(until), None));
            now = until;
            wait
        })
        .take(6)
        .collect();
        assert_eq!(waits, [15, 30, 60, 120, 300, 300]);
        hold.end();
        assert_eq!(hold.until(now), None);
        assert_eq!(hold.begin(now), now + SignedDuration::from_secs(15));
    }

    #[test]
    fn mails_tried_together_are_one_trouble() {
        let hold = Hold::default();
        assert_eq!([hold.begin(at(0)), hold.begin(at(3)), hold.begin(at(14))], [at(15); 3]);
        assert_eq!(hold.begin(at(15)), at(45));
    }

    #[test]
    fn a_clock_that_is_put_back_holds_up_no_mail() {
        let hold = Hold::default();
        hold.begin(at(100_000));
        assert_eq!(hold.until(at(50_000)), None);
        assert_eq!(hold.begin(at(50_000)), at(50_030), "a trouble of the new time is a further one");
    }
}
