//! Mail from the outbox to where it goes: over real SMTP on loopback, and into real folders.

mod folder;
mod smtp;
#[expect(clippy::unwrap_used, reason = "where the support fails, the test has failed")]
mod support;
mod worker;
