//! Whose turn it is.

use std::collections::HashMap;

use regatta_domain::ids::RunId;

/// A run that waits, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) id: RunId,
    pub(crate) visitor: String,
}

/// The runs that wait, oldest first, and how many are under way for whom.
///
/// The next is the oldest run of a visitor with the fewest under way. Where there is more than one slot, a single
/// visitor never holds all of them, so that somebody who comes later does not wait for a whole run.
pub(crate) struct Queue {
    slots: usize,
    waiting: Vec<Waiting>,
    under_way: HashMap<String, usize>,
}

impl Queue {
    pub(crate) fn new(slots: usize) -> Self {
        Self { slots: slots.max(1), waiting: Vec::new(), under_way: HashMap::new() }
    }

    pub(crate) fn join(&mut self, run: Waiting) {
        self.waiting.push(run);
    }

    /// Takes a run out before its turn; `false` where it does not wait any more.
    pub(crate) fn leave(&mut self, id: &RunId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|run| run.id != *id);
        self.waiting.len() < before
    }

    /// Takes everything that waits.
    pub(crate) fn empty(&mut self) -> Vec<Waiting> {
        std::mem::take(&mut self.waiting)
    }

    /// Gives the free slot to the run whose turn it is. [`Queue::release`] gives it back.
    pub(crate) fn next(&mut self) -> Option<Waiting> {
        if self.under_way() >= self.slots {
            return None;
        }
        let most = if self.slots > 1 { self.slots - 1 } else { 1 };
        // `min_by_key` keeps the first of equals, which is the oldest.
        let (at, _) = self
            .waiting
            .iter()
            .map(|run| self.under_way_for(&run.visitor))
            .enumerate()
            .filter(|(_, held)| *held < most)
            .min_by_key(|(_, held)| *held)?;
        let run = self.waiting.remove(at);
        *self.under_way.entry(run.visitor.clone()).or_default() += 1;
        Some(run)
    }

    /// Gives back a slot that `visitor` held.
    pub(crate) fn release(&mut self, visitor: &str) {
        if let Some(held) = self.under_way.get_mut(visitor) {
            *held -= 1;
            if *held == 0 {
                self.under_way.remove(visitor);
            }
        }
    }

    /// The place of a waiting run, from 1.
    pub(crate) fn position(&self, id: &RunId) -> Option<usize> {
        self.waiting.iter().position(|run| run.id == *id).map(|at| at + 1)
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn under_way(&self) -> usize {
        self.under_way.values().sum()
    }

    fn under_way_for(&self, visitor: &str) -> usize {
        self.under_way.get(visitor).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use regatta_domain::ports::Entropy;

    use super::*;

    struct Repeat(u8);
    impl Entropy for Repeat {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn run(number: u8, visitor: &str) -> Waiting {
        Waiting { id: RunId::random(&Repeat(number)), visitor: visitor.into() }
    }

    fn queue(slots: usize, runs: &[Waiting]) -> Queue {
        let mut queue = Queue::new(slots);
        runs.iter().cloned().for_each(|run| queue.join(run));
        queue
    }

    #[test]
    fn the_oldest_run_comes_first() {
        let (first, second) = (run(1, "ada"), run(2, "bob"));
        let mut queue = queue(2, &[first.clone(), second.clone()]);
        assert_eq!(queue.position(&second.id), Some(2));
        assert_eq!(queue.next(), Some(first));
        assert_eq!(queue.position(&second.id), Some(1));
        assert_eq!(queue.next(), Some(second));
    }

    #[test]
    fn no_visitor_holds_all_slots() {
        let mut queue = queue(2, &[run(1, "ada"), run(2, "ada")]);
        assert_eq!(queue.next(), Some(run(1, "ada")));
        assert_eq!(queue.next(), None, "the second slot is kept for somebody else");
        queue.join(run(3, "bob"));
        assert_eq!(queue.next(), Some(run(3, "bob")));
        queue.release("ada");
        assert_eq!(queue.next(), Some(run(2, "ada")));
    }

    #[test]
    fn who_has_less_under_way_goes_first() {
        let mut queue = queue(3, &[run(1, "ada"), run(2, "ada"), run(3, "bob")]);
        assert_eq!(queue.next(), Some(run(1, "ada")));
        assert_eq!(queue.next(), Some(run(3, "bob")));
    }

    #[test]
    fn a_single_slot_serves_everybody_in_turn() {
        let mut queue = queue(1, &[run(1, "ada"), run(2, "ada")]);
        assert_eq!(queue.next(), Some(run(1, "ada")));
        assert_eq!(queue.next(), None);
        queue.release("ada");
        assert_eq!(queue.next(), Some(run(2, "ada")));
    }

    #[test]
    fn who_leaves_is_not_called() {
        let mut queue = queue(1, &[run(1, "ada"), run(2, "bob")]);
        assert!(queue.leave(&run(1, "ada").id));
        assert!(!queue.leave(&run(1, "ada").id));
        assert_eq!(queue.next(), Some(run(2, "bob")));
    }
}
