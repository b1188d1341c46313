//! The portal through its front door: requests in, pages and mails out, on a real database in a folder of its own.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop")]

mod admin;
mod crowds;
mod editor;
mod findings;
mod follow;
mod limits;
mod logs;
mod machinery;
mod manage;
mod metrics;
mod playground;
mod postgres;
mod registration;
mod runs;
mod series;
mod showcase;
mod support;
mod traces;
mod website;
