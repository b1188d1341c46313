//! The runner where no sandbox of the portal's making is around it: as the first process of something that is like a pod, on
//! every kind of kernel that this machine has, with steps that mean harm.
//!
//! Each case is played in each [`place::Place`]; those that this machine cannot make are told as ignored.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod filters;
mod harm;
mod order;
mod place;
mod pod;

use libtest_mimic::{Arguments, Trial};

use crate::place::Place;

/// What is played in a place.
type Case = (&'static str, fn(Place));

fn main() {
    let cases = [order::CASES, harm::CASES].concat();
    let trials = Place::ALL.into_iter().flat_map(|place| {
        let missing = place.is_missing();
        cases.clone().into_iter().map(move |(name, play)| {
            let play = move || {
                play(place);
                Ok(())
            };
            Trial::test(format!("{}::{name}", place.name()), play).with_ignored_flag(missing)
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}
