//! Jobs that mean harm, and jobs that mean none, in real sandboxes: each has to end as it should and leave nothing.
//!
//! Run by root, everything is run a second time by an ordinary user, who has no control groups and no pool of user
//! ids: both ways of keeping a job in its bounds are covered.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod attacks;
mod bounds;
mod kernel_memory;
mod killed_portal;
mod late_cleanup;
mod ordinary_user;
mod stage;
mod traces;
mod work;
