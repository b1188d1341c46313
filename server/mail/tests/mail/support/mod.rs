//! What the tests of this crate share.

pub mod session;
pub mod smtp_server;
pub mod stumbling;
pub mod world;
