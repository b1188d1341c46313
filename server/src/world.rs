//! The one place that asks the wall clock and the operating system's random generator.

use jiff::Timestamp;
use regatta_domain::ports::{Clock, Entropy};

/// The wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the program's time comes from")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The operating system's random generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        clippy::panic,
        reason = "a program without randomness must not go on"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the operating system gave no randomness: {error}");
        }
    }
}
