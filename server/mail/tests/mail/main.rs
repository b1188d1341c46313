//! Mail from the outbox to where it goes: over real SMTP and TLS on loopback, and into real folders.

mod folder;
mod smtp;
#[expect(clippy::unwrap_used, reason = "where the support fails, the test has failed")]
mod support;
#[expect(clippy::unwrap_used, reason = "where a certificate cannot be made, the test has failed")]
mod tls;
mod worker;
