//! Room for so many at once, of which no network takes all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One part in so many of all seats is what a network may have however full it is.
const SHARES: usize = 40;
/// The least such share.
const LEAST_SHARE: usize = 8;

/// Seats. While half of them are free a network may have as many as it likes: a hall full of people who watch one run is
/// one network. After that it may have its share, so that whoever takes seats for their own sake leaves half to others.
#[derive(Debug)]
pub struct Seats {
    all: usize,
    share: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<String, usize>,
}

/// A seat; it is free again when this is dropped.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    who: String,
}

impl Seats {
    /// So many.
    pub fn new(all: usize) -> Arc<Self> {
        Arc::new(Self { all, share: (all / SHARES).max(LEAST_SHARE), taken: Mutex::default() })
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).all
    }

    /// A seat for this network; `None` where there is none for it at the moment.
    pub fn take(self: &Arc<Self>, who: &str) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.by.get(who).copied().unwrap_or(0);
        let is_fair = own < self.share || taken.all < self.all / 2;
        if taken.all >= self.all || !is_fair {
            return None;
        }
        taken.all += 1;
        *taken.by.entry(who.to_owned()).or_default() += 1;
        Some(Seat { seats: Arc::clone(self), who: who.to_owned() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(own) = taken.by.get_mut(&self.who) {
            *own -= 1;
            if *own == 0 {
                taken.by.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_takes_half_of_all_seats_and_others_their_share_of_the_rest() {
        let seats = Seats::new(400);
        let greedy: Vec<Seat> = std::iter::from_fn(|| seats.take("greedy")).collect();
        assert_eq!(greedy.len(), 200);
        let modest: Vec<Seat> = std::iter::from_fn(|| seats.take("modest")).collect();
        assert_eq!(modest.len(), 10);
        drop(greedy);
        assert!(seats.take("modest").is_some(), "half are free again");
    }

    #[test]
    fn there_are_no_more_than_all() {
        let seats = Seats::new(2);
        let both = (seats.take("a"), seats.take("a"));
        assert!(both.0.is_some() && both.1.is_some());
        assert!(seats.take("a").is_none() && seats.take("b").is_none());
        drop(both);
        assert!(seats.take("b").is_some());
        assert!(seats.taken.lock().unwrap().by.is_empty(), "nobody is remembered");
    }
}
