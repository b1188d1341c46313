//! What Regatta remembers.
//!
//! One trait per room, in that room's words: [`desk`] for registrations, [`outbox`] for the mail they cause, [`runs`]
//! for the playground. An engine implements all of them ([`sqlite`]); the same contract suite runs on every engine.
//! No rule of the domain is decided here: the store keeps, finds and refuses stale writes.

pub mod desk;
pub mod error;
pub mod outbox;
pub mod runs;
pub mod sqlite;

pub use error::StoreError;

/// Everything an engine provides.
pub trait Store: desk::DeskStore + outbox::OutboxStore + runs::RunStore {}

impl<S: desk::DeskStore + outbox::OutboxStore + runs::RunStore> Store for S {}
