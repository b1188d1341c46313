//! The program itself, outside of any sandbox: what it reports of a job.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod exchange;
mod hostile;
mod stage;
mod steps;
