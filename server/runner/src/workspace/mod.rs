//! A workspace as an archive (tar, without compression): how it leaves a sandbox and enters another one.
//!
//! Both happen inside sandboxes, by helpers with the rights of the steps. What packs is lenient and tells what it left out;
//! what unpacks refuses whatever the other would not have written.

pub mod link;
pub mod pack;
pub mod unpack;

/// How many files, folders and links a packed workspace may hold.
const MAX_ENTRIES: usize = 20_000;
