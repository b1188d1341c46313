//! The latest faults, for whoever looks at the page of the portal's health.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tracing::Level;

/// How many are remembered.
const REMEMBERED: usize = 50;

/// A warning or an error, as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// When.
    pub at: Timestamp,
    /// How bad.
    pub level: Level,
    /// Which part of the program says so.
    pub target: String,
    /// What it says, with its fields.
    pub words: String,
}

/// The last of them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<VecDeque<Fault>>>);

impl Faults {
    /// Remembers one more, and forgets the oldest where there are too many.
    pub fn note(&self, fault: Fault) {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faults.truncate(REMEMBERED - 1);
        faults.push_front(fault);
    }

    /// The latest first.
    pub fn latest(&self) -> Vec<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten() {
        let faults = Faults::default();
        for number in 0..60 {
            let (at, level, target) = (Timestamp::UNIX_EPOCH, Level::WARN, "regatta".to_owned());
            faults.note(Fault { at, level, target, words: number.to_string() });
        }
        let latest = faults.latest();
        assert_eq!(latest.len(), REMEMBERED);
        assert_eq!((latest[0].words.as_str(), latest[49].words.as_str()), ("59", "10"));
    }
}
