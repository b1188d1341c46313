//! Mail from the outbox to where it goes: over real SMTP and TLS on loopback, and into real folders.

#[expect(clippy::unwrap_used, reason = "where a report cannot be put together, the test has failed")]
mod bounce;
mod fate;
mod folder;
mod pace;
#[expect(clippy::unwrap_used, reason = "where a mail cannot be put together, the test has failed")]
mod smtp;
#[expect(clippy::unwrap_used, clippy::panic, reason = "where the support fails, the test has failed")]
mod support;
#[expect(clippy::unwrap_used, reason = "where a certificate cannot be made, the test has failed")]
mod tls;
mod together;
#[expect(clippy::unwrap_used, reason = "where a worker does not end, the test has failed")]
mod worker;
