//! Jobs in the pods of a private cluster, from their creation to their end.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod adopting;
mod ending;
mod reaping;
mod support;
mod waiting;
