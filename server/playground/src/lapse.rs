//! Telling which holds are kept no longer, by looking at them again and again.
//!
//! A hold that stands still over several looks is nobody's any more. No clock is asked: what the clocks of two processes
//! say may differ, a clock may be set, and a database that was away for a while kept no hold in that time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use regatta_domain::ids::RunId;
use regatta_store::runs::Hold;

/// Over how many looks a hold has to stand still: with one each [`crate::dispatch::RECOVER_EVERY`], three times as long
/// as its holder takes to keep it.
pub(crate) const LOOKS: u32 = 4;

/// The holds as they were seen last, and in how many looks they stood like that.
#[derive(Debug, Default)]
pub(crate) struct Sightings(Mutex<HashMap<RunId, (Hold, u32)>>);

impl Sightings {
    /// Looks at the `holds` of others; those that stood still for long, or were given up, are returned. One that is
    /// `forgotten` counts as standing still although it is kept: this process keeps it by mistake, with others of the
    /// same name.
    pub(crate) fn look(&self, holds: Vec<Hold>, forgotten: impl Fn(&Hold) -> bool) -> Vec<Hold> {
        // No code runs under this lock that could break off half-way.
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = HashMap::new();
        let mut lapsed = Vec::new();
        for hold in holds {
            let looks = match seen.get(&hold.run) {
                Some((before, looks)) if stands_still(before, &hold, &forgotten) => looks + 1,
                Some(_) | None => 1,
            };
            if looks >= LOOKS || hold.is_given_up() {
                lapsed.push(hold.clone());
            }
            now.insert(hold.run.clone(), (hold, looks));
        }
        *seen = now;
        lapsed
    }
}

fn stands_still(before: &Hold, now: &Hold, forgotten: impl Fn(&Hold) -> bool) -> bool {
    before.holder == now.holder && (before.until == now.until || forgotten(now))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn hold(run: u8, holder: &str, until: i64) -> Hold {
        let until = Timestamp::from_second(until).unwrap();
        Hold { run: RunId::from_bytes([run; 16]), holder: holder.into(), until }
    }

    fn look(sightings: &Sightings, holds: &[Hold]) -> Vec<Hold> {
        sightings.look(holds.to_vec(), |hold| hold.holder == "mine")
    }

    #[test]
    fn a_hold_that_stands_still_lapses_whatever_it_says_of_the_time() {
        for until in [0, 4_000_000_000] {
            let sightings = Sightings::default();
            let left = [hold(1, "gone", until)];
            for _ in 1..LOOKS {
                assert_eq!(look(&sightings, &left), []);
            }
            assert_eq!(look(&sightings, &left), left);
        }
    }

    #[test]
    fn a_hold_that_moves_is_kept_also_by_a_clock_that_is_wrong_or_set_back() {
        let sightings = Sightings::default();
        for number in 0..i64::from(LOOKS) * 3 {
            let kept = [hold(1, "ahead", 4_000_000_000 - number * 3600), hold(2, "behind", number)];
            assert_eq!(look(&sightings, &kept), []);
        }
    }

    #[test]
    fn a_hold_that_moves_once_is_watched_anew() {
        let sightings = Sightings::default();
        let looked = |until| look(&sightings, &[hold(1, "slow", until)]).len();
        assert_eq!([1, 1, 1, 2, 2, 2, 2].map(looked), [0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(look(&sightings, &[hold(1, "heir", 2)]), [], "it is another's");
        assert_eq!(look(&sightings, &[]), []);
        assert_eq!(look(&sightings, &[hold(1, "heir", 2)]), [], "it was let go of meanwhile");
    }

    #[test]
    fn what_this_process_keeps_by_mistake_lapses_too() {
        let sightings = Sightings::default();
        let looked = |until| look(&sightings, &[hold(1, "mine", until), hold(2, "yours", until)]);
        assert_eq!([1, 2, 3].map(|until| looked(until).len()), [0; 3]);
        assert_eq!(looked(4), [hold(1, "mine", 4)]);
    }
}
