//! What the tests of this crate share.

pub mod smtp_server;
pub mod world;
