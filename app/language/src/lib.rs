//! What the portal says to people, in every language it speaks.
//!
//! The words lie in [Fluent](https://projectfluent.org) files, one folder a language, and are compiled in. Every
//! language has the same messages with the same variables, and every message that is asked for exists: tests hold both,
//! here and in the crates that speak. A message that is missing all the same is answered by its key; nobody's page or mail
//! fails for a word.

mod calendar;
mod time;
mod words;

pub use words::{Value, Words};

/// Whether every language has a message of this name; for the tests of crates that speak.
pub fn has(key: &str) -> bool {
    words::has(key)
}

/// The names of all messages that begin with `prefix`; for the tests of crates that speak.
pub fn keys(prefix: &str) -> Vec<String> {
    words::keys(prefix)
}

#[cfg(test)]
mod tests;
