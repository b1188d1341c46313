//! What Regatta remembers.
//!
//! One trait per room, in that room's words: [`desk`] for registrations, [`outbox`] for the mail they cause, [`follows`]
//! for those who want to hear of new meetups, [`herald`] for what people were told of events, [`records`] for what is
//! kept beside, [`runs`] for the playground; [`vitals`] is how the engine itself is. An engine implements all of them
//! ([`sqlite`], [`postgres`]); the same contract suite runs on every engine. No rule of the domain is decided here: the
//! store keeps, finds and refuses stale writes.

pub mod desk;
pub mod error;
pub mod follows;
pub mod herald;
pub mod outbox;
pub mod postgres;
pub mod records;
mod rows;
pub mod runs;
pub mod sqlite;
pub mod transfer;
pub mod vitals;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

pub use error::StoreError;
use jiff::Timestamp;
pub use vitals::{LeaseHeld, PoolUse, Pulse};

/// Everything an engine provides.
#[async_trait]
pub trait Store:
    desk::DeskStore
    + outbox::OutboxStore
    + follows::FollowStore
    + herald::HeraldStore
    + records::RecordStore
    + runs::RunStore
{
    /// Waits for running work and closes all connections; whatever comes after fails. What was acknowledged is durable
    /// without it.
    async fn close(&self);

    /// The engine's name: `sqlite`, `postgres`.
    fn engine(&self) -> &'static str;

    /// Its connections at this moment.
    fn pools(&self) -> Vec<PoolUse>;

    /// Asks for a sign of life.
    async fn pulse(&self) -> Result<Pulse, StoreError>;

    /// The leases that somebody holds at `now`, by name.
    async fn leases(&self, now: Timestamp) -> Result<Vec<LeaseHeld>, StoreError>;
}

/// Opens the database at `url`, creates it where there is none, and brings it up to this program's shape.
///
/// `sqlite:PATH` (also `sqlite:///PATH`) is a file; its folder is created too. `postgres://USER:PASSWORD@HOST/DATABASE`
/// (also `postgresql://`, with the parameters of libpq) is an existing database on a PostgreSQL server, 15 or later.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    let (scheme, rest) = url.split_once(':').unwrap_or_default();
    match scheme {
        "sqlite" => Ok(Arc::new(sqlite::SqliteStore::open(sqlite_path(rest)?).await?)),
        "postgres" | "postgresql" => Ok(Arc::new(postgres::PostgresStore::open(url).await?)),
        _ => Err(no_such_engine()),
    }
}

fn no_such_engine() -> StoreError {
    StoreError::Address(
        "it should read sqlite:PATH, for example sqlite:data/regatta.db, or postgres://USER:PASSWORD@HOST/DATABASE"
            .into(),
    )
}

fn sqlite_path(rest: &str) -> Result<&Path, StoreError> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let refused = match path {
        "" => "the path of the file is missing after sqlite:",
        ":memory:" => "a database in memory forgets everything at the end; name a file",
        _ if path.contains('?') => "parameters after ? are not supported; durability is not up for choice",
        _ => return Ok(Path::new(path)),
    };
    Err(StoreError::Address(refused.into()))
}
