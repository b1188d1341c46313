//! The program as an operator meets it: its commands, what they print, and their exit codes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

mod checking;
mod deciding;
mod keeping;
mod naming;
mod playing;
mod running;
mod serving;
mod watching;
