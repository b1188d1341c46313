//! Jobs that mean harm, and jobs that mean none, in real sandboxes: each has to end as it should, leave nothing, and keep
//! no other job from working.
//!
//! Every case is played on each executor that this machine has, by the user who runs these tests and, where that is root,
//! by an ordinary user as well, who has no control groups and no pool of user ids: both ways of keeping a job in its
//! bounds are covered. Where there is no gVisor, its cases are reported as ignored, and why is said.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod attacks;
mod bounds;
mod crashes;
mod deception;
mod exchange;
mod kernel_memory;
mod killed_portal;
mod late_cleanup;
mod network;
mod stage;
mod theatre;
mod traces;
mod work;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    match theatre::Part::of_this_program() {
        theatre::Part::Director => theatre::direct(),
        theatre::Part::Troupe(executor) => theatre::play(executor, &Arguments::from_args()),
        theatre::Part::DoomedPortal(executor) => killed_portal::portal(executor),
    }
}
