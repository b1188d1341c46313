//! How often small pieces of output are passed on.
//!
//! A frame is a hundred times as long as the one byte that may be in it. What a step prints byte by byte would make a report of
//! hundreds of megabytes out of the little that it may print, and whoever keeps reports as logs throws away what is too
//! long. So there are as many small frames as an ordinary job can want; whoever wants more waits a moment, and then gets all
//! that has come meanwhile in one.

use std::time::{Duration, Instant};

/// How far apart small frames are in the long run.
const APART: Duration = Duration::from_millis(10);
/// How far ahead of that a job may be: two thousand frames.
const AHEAD: Duration = Duration::from_secs(20);

/// Keeps account of small frames (by the generic cell rate algorithm, ITU-T I.371).
pub struct Pace {
    due: Instant,
}

impl From<Instant> for Pace {
    /// That of a job which begins then.
    fn from(start: Instant) -> Self {
        Self { due: start }
    }
}

impl Pace {
    /// How long nothing is to be passed on.
    pub fn rest(&self, now: Instant) -> Duration {
        self.due.saturating_duration_since(now).saturating_sub(AHEAD)
    }

    /// A small frame is passed on.
    pub fn spend(&mut self, now: Instant) {
        self.due = self.due.max(now) + APART;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many small frames somebody who never stops gets in this time.
    fn greedy(seconds: u32) -> u32 {
        let start = Instant::now();
        let (mut pace, mut now, mut frames) = (Pace::from(start), start, 0);
        while now < start + Duration::from_secs(seconds.into()) {
            now += pace.rest(now).max(Duration::from_micros(10));
            pace.spend(now);
            frames += 1;
        }
        frames
    }

    #[test]
    fn whoever_prints_now_and_then_never_waits() {
        let start = Instant::now();
        let mut pace = Pace::from(start);
        for at in 0..100_000 {
            let now = start + APART * at;
            assert_eq!(pace.rest(now), Duration::ZERO);
            pace.spend(now);
        }
    }

    #[test]
    fn whoever_never_stops_gets_few_frames_and_waits_a_moment_only() {
        assert!((8000..8100).contains(&greedy(60)), "{}", greedy(60));
        let (mut pace, mut now) = (Pace::from(Instant::now()), Instant::now());
        for _ in 0..5000 {
            let rest = pace.rest(now);
            assert!(rest <= APART, "{rest:?}");
            now += rest;
            pace.spend(now);
        }
    }
}
