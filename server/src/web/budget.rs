//! How often a network may do something within an hour.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// With more networks than this, those that have nothing left to remember are forgotten.
const MANY: usize = 10_000;

/// A count per network over the last hour, kept in memory: a restart forgives.
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
    pub fn spend(&self, network: &str, now: Timestamp) -> Result<(), Duration> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |at: &Timestamp| now.duration_since(*at) >= WINDOW;
        if spent.len() > MANY {
            spent.retain(|_, times| times.back().is_some_and(|at| !is_over(at)));
        }
        let times = spent.entry(network.to_owned()).or_default();
        while times.front().is_some_and(is_over) {
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
}
