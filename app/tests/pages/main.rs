//! Every page, rendered as the server renders it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod cluster;
mod documents;
mod escaping;
mod following;
mod playground;
mod registering;
mod registration;
mod running;
mod sample;
mod snapshots;
