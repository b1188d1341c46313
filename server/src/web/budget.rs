//! How often one may do something within an hour: a network, or an address.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::config::Limits;

const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// With more of them than this, those that have nothing left to remember are forgotten.
const MANY: usize = 10_000;

/// What visitors may do how often.
pub struct Budgets {
    /// Forms of registration, by network.
    pub registrations: Budget,
    /// Forms to follow, by network.
    pub follows: Budget,
    /// Forms of either kind, by the address they are about.
    pub addresses: Budget,
    /// What owners send in by the links in their mails, by registration.
    pub owners: Budget,
}

impl Budgets {
    /// As the operator decided.
    pub fn new(limits: &Limits) -> Self {
        Self {
            registrations: Budget::per_hour(limits.registrations_per_hour),
            follows: Budget::per_hour(limits.follows_per_hour),
            addresses: Budget::per_hour(limits.registrations_per_address),
            owners: Budget::per_hour(limits.changes_per_hour),
        }
    }
}

/// A count per digest of a network or an address over the last hour, kept in memory: a restart forgives, and where
/// several processes serve one database each counts for itself, so that a crowd spread over two may send twice as much.
/// A count that all of them share would be one more write for each form, on the very row that a crowd behind one address
/// has in common, and what it would guard is only politeness: seats are counted in the store, and an address that asks
/// again gets few mails about it whoever counts.
pub struct Budget {
    allowed: usize,
    spent: Mutex<HashMap<String, VecDeque<Timestamp>>>,
}

impl Budget {
    /// `allowed` times within an hour.
    pub fn per_hour(allowed: usize) -> Self {
        Self { allowed, spent: Mutex::default() }
    }

    /// Spends one; where none is left, says how long until there is.
    pub fn spend(&self, who: &str, now: Timestamp) -> Result<(), Duration> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.len() > MANY {
            spent.retain(|_, times| times.back().is_some_and(|at| !is_over(*at, now)));
        }
        let times = spent.entry(who.to_owned()).or_default();
        while times.front().is_some_and(|at| is_over(*at, now)) {
            times.pop_front();
        }
        match times.front() {
            Some(first) if times.len() >= self.allowed => {
                let wait = WINDOW - now.duration_since(*first);
                Err(Duration::try_from(wait).unwrap_or_default())
            }
            _ => {
                times.push_back(now);
                Ok(())
            }
        }
    }

    /// Whether no more than a tenth of what is allowed is left.
    pub fn is_nearly_spent(&self, who: &str, now: Timestamp) -> bool {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = spent.get(who).map_or(0, |times| times.iter().filter(|at| !is_over(**at, now)).count());
        10 * recent >= 9 * self.allowed
    }
}

fn is_over(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) >= WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_its_share_and_gets_it_back_after_an_hour() {
        let budget = Budget::per_hour(2);
        let start: Timestamp = "2026-06-01T10:00:00Z".parse().unwrap();
        let at = |minutes| start + SignedDuration::from_mins(minutes);
        assert_eq!(budget.spend("a", at(0)), Ok(()));
        assert_eq!(budget.spend("a", at(10)), Ok(()));
        assert_eq!(budget.spend("a", at(20)), Err(Duration::from_mins(40)));
        assert_eq!(budget.spend("b", at(20)), Ok(()), "others have their own");
        assert_eq!(budget.spend("a", at(60)), Ok(()));
        assert_eq!(budget.spend("a", at(61)), Err(Duration::from_mins(9)));
    }

    #[test]
    fn the_last_tenth_is_that_of_what_the_last_hour_allows() {
        let budget = Budget::per_hour(20);
        let start: Timestamp = "2026-06-01T10:00:00Z".parse().unwrap();
        for _ in 0..18 {
            assert!(!budget.is_nearly_spent("a", start));
            budget.spend("a", start).unwrap();
        }
        assert!(budget.is_nearly_spent("a", start) && !budget.is_nearly_spent("b", start));
        assert!(!budget.is_nearly_spent("a", start + WINDOW));
    }
}
