//! When to try again.

use jiff::{SignedDuration, Timestamp};

/// The waits between attempts. The short ones get past greylisting and a restart of the server, the long ones past a
/// night in which nobody looks; after the last the mail has been owed for a little over a day, and is given up.
const WAITS: [SignedDuration; 8] = [
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(10),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(4),
    SignedDuration::from_hours(8),
    SignedDuration::from_hours(12),
];

/// When to try again after `attempt` attempts (from 1) of which the last ended at `now`; `None` where it is enough.
pub fn next_attempt(attempt: u32, now: Timestamp) -> Option<Timestamp> {
    let at = usize::try_from(attempt).ok()?.checked_sub(1)?;
    now.checked_add(*WAITS.get(at)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_come_to_an_end() {
        let now = Timestamp::UNIX_EPOCH;
        let waits: Vec<i64> =
            (1..).map_while(|attempt| next_attempt(attempt, now)).map(Timestamp::as_second).collect();
        assert_eq!(waits[..3], [30, 120, 600]);
        assert!(waits.is_sorted());
        assert_eq!(waits.len(), WAITS.len());
        assert!((24..=36).contains(&(waits.iter().sum::<i64>() / 3600)));
        assert_eq!(next_attempt(0, now), None);
    }
}
