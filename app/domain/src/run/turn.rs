//! Whose turn it is, and how long until it is one's own.
//!
//! The next is the oldest run of a visitor with the fewest under way. Where there is more than one slot, a single visitor
//! never holds all of them, so that somebody who comes later does not wait for a whole run.

use std::collections::BTreeMap;

use crate::ids::RunId;

/// A run that waits, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The run.
    pub id: RunId,
    /// Who asked for it: the keyed digest of a network.
    pub visitor: String,
}

/// The runs that wait, oldest first, and how many are under way for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineUp {
    /// The runs that wait, oldest first.
    pub waiting: Vec<Waiting>,
    /// How many runs each visitor has under way; nobody has none.
    pub under_way: BTreeMap<String, usize>,
}

/// A waiting run's place in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its place, from 1.
    pub position: usize,
    /// About how long until it starts, in milliseconds; `None` where nothing is known of how long runs take.
    pub wait_ms: Option<u64>,
}

impl LineUp {
    /// Whose turn it is with `slots` places in all; `None` while none of those who wait may have one.
    pub fn next(&self, slots: usize) -> Option<&Waiting> {
        self.next_at(slots.max(1)).map(|at| &self.waiting[at])
    }

    /// The place of a waiting run: how many have their turn before it when one after the other is over, the one with the
    /// most under way first. `typical_ms` is how long a run takes.
    pub fn turn(&self, id: &RunId, slots: usize, typical_ms: Option<u64>) -> Option<Turn> {
        let slots = slots.max(1);
        if !self.waiting.iter().any(|run| run.id == *id) {
            return None;
        }
        let mut rest = self.clone();
        let (mut position, mut ended) = (0, 0_u64);
        loop {
            let Some(at) = rest.next_at(slots) else {
                rest.end_one()?;
                ended += 1;
                continue;
            };
            position += 1;
            let run = rest.waiting.remove(at);
            if run.id == *id {
                let share = |ms: u64| ms.saturating_mul(ended) / slots as u64;
                return Some(Turn { position, wait_ms: typical_ms.map(share) });
            }
            *rest.under_way.entry(run.visitor).or_default() += 1;
        }
    }

    fn next_at(&self, slots: usize) -> Option<usize> {
        if self.under_way.values().sum::<usize>() >= slots {
            return None;
        }
        let most = if slots > 1 { slots - 1 } else { 1 };
        let held = |run: &Waiting| self.under_way.get(&run.visitor).copied().unwrap_or(0);
        let waiting = self.waiting.iter().map(held).enumerate().filter(|(_, held)| *held < most);
        // `min_by_key` keeps the first of equals, which is the oldest.
        waiting.min_by_key(|(_, held)| *held).map(|(at, _)| at)
    }

    /// Somebody's run is over: of who has the most under way.
    fn end_one(&mut self) -> Option<()> {
        let (visitor, held) = self.under_way.iter().max_by_key(|(_, held)| **held)?;
        let (visitor, held) = (visitor.clone(), *held);
        if held <= 1 {
            self.under_way.remove(&visitor);
        } else {
            self.under_way.insert(visitor, held - 1);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(number: u8, visitor: &str) -> Waiting {
        Waiting { id: RunId::from_bytes([number; 16]), visitor: visitor.into() }
    }

    fn line_up(waiting: &[Waiting], under_way: &[(&str, usize)]) -> LineUp {
        let under_way = under_way.iter().map(|(visitor, held)| ((*visitor).to_owned(), *held)).collect();
        LineUp { waiting: waiting.to_vec(), under_way }
    }

    #[test]
    fn who_has_less_under_way_goes_first_and_else_who_came_first() {
        let waiting = [run(1, "ada"), run(2, "bob")];
        assert_eq!(line_up(&waiting, &[]).next(3), Some(&waiting[0]));
        assert_eq!(line_up(&waiting, &[("ada", 1)]).next(3), Some(&waiting[1]));
        assert_eq!(line_up(&waiting, &[("ada", 2), ("bob", 1)]).next(3), None, "all slots are taken");
    }

    #[test]
    fn no_visitor_holds_all_slots() {
        let line = line_up(&[run(2, "ada")], &[("ada", 1)]);
        assert_eq!(line.next(2), None, "the second slot is kept for somebody else");
        assert_eq!(
            line_up(&[run(2, "ada")], &[]).next(1),
            Some(&run(2, "ada")),
            "a single slot serves everybody"
        );
    }

    #[test]
    fn a_place_counts_turns_and_not_arrivals() {
        let waiting = [run(1, "ada"), run(2, "ada"), run(3, "bob")];
        let line = line_up(&waiting, &[("ada", 1), ("cleo", 1)]);
        let turn = |at: usize| line.turn(&waiting[at].id, 2, Some(10_000)).unwrap();
        assert_eq!([turn(0).position, turn(1).position, turn(2).position], [2, 3, 1]);
        assert!(turn(2).wait_ms < turn(1).wait_ms);
        assert_eq!(line.turn(&run(9, "x").id, 2, None), None);
    }

    proptest! {
        #[test]
        fn everybody_has_a_place_of_their_own(
            visitors in prop::collection::vec(0_u8..5, 1..30),
            held in prop::collection::btree_map("[a-e]", 1_usize..3, 0..4),
            slots in 0_usize..6,
        ) {
            let waiting: Vec<Waiting> = visitors.iter().zip(0_u8..)
                .map(|(visitor, at)| run(at, &char::from(b'a' + visitor).to_string())).collect();
            let line = LineUp { waiting: waiting.clone(), under_way: held };
            let mut places: Vec<usize> =
                waiting.iter().map(|run| line.turn(&run.id, slots, None).unwrap().position).collect();
            places.sort_unstable();
            prop_assert_eq!(places, (1..=waiting.len()).collect::<Vec<_>>());
        }
    }
}
