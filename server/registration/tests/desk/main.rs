//! The desk from outside: a real store in a file, a clock moved by hand, and the mail read as it would be sent.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod harbour;
mod histories;
mod interruption;
mod letters;
mod own;
mod race;
mod register;
mod waitlist;
