//! SQLite, embedded: one file, one writer, many readers.
//!
//! All writes go through one connection, so that they queue up here in order of arrival instead of failing as busy
//! inside the database. Readers see the last commit and wait for nobody (write-ahead log).

mod desk;
mod follows;
mod herald;
mod outbox;
mod purge;
mod records;
mod runs;
mod several;
mod transaction;

use std::fs::{DirBuilder, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, SqlitePool, Transaction, query};

use crate::{LeaseHeld, PoolUse, Pulse, Store, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// How many read at the same time; more would only take turns on the processor.
const READERS: u32 = 4;

/// How many of those who follow logs read at the same time. They have connections of their own: however many they are, no
/// page waits behind them.
const WATCHERS: u32 = 2;

/// How long to wait for another process that writes to the same file, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a write may wait for its turn: longer than any burst that the portal is built for, shorter than a visitor's
/// patience with a broken page.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);

/// How many statements a connection keeps prepared: more than this program has, with those that differ in their number of
/// rows.
const PREPARED: usize = 256;

/// A database file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    watchers: SqlitePool,
}

impl SqliteStore {
    /// Opens the file, creates it (readable by its owner alone) where there is none, and migrates it.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        create_private(path).map_err(|why| StoreError::Address(format!("{}: {why}", path.display())))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .statement_cache_capacity(PREPARED);
        // FULL, because with less an acknowledged commit can be lost when the power fails.
        let writing =
            options.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(TURN_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            // Where the disk is full SQLite ends a transaction by itself, which the connection does not notice.
            .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
            .connect_with(writing)
            .await?;
        migrate(&writer).await?;
        let reading = options.read_only(true);
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_with(reading.clone()).await?;
        let watchers = SqlitePoolOptions::new().max_connections(WATCHERS).connect_lazy_with(reading);
        Ok(Self { writer, readers, watchers })
    }

    /// A transaction that holds the write lock from its first moment on: one that took it later could find that what
    /// it read has changed, and would fail as busy at once.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("begin immediate").await?)
    }
}

#[async_trait]
impl Store for SqliteStore {
    /// Also folds the write-ahead log into the file, so that a single one is left.
    async fn close(&self) {
        self.watchers.close().await;
        self.readers.close().await;
        self.writer.close().await;
    }
    fn engine(&self) -> &'static str {
        "sqlite"
    }

    fn pools(&self) -> Vec<PoolUse> {
        [("writer", &self.writer), ("readers", &self.readers), ("watchers", &self.watchers)]
            .map(|(name, pool)| PoolUse::of(name, pool))
            .into()
    }

    async fn pulse(&self) -> Result<Pulse, StoreError> {
        let asked = Instant::now();
        let mut connection = self.readers.acquire().await?;
        let waited = asked.elapsed();
        query("select 1").execute(&mut *connection).await?;
        Ok(Pulse { waited, answered: asked.elapsed().saturating_sub(waited) })
    }

    async fn leases(&self, now: Timestamp) -> Result<Vec<LeaseHeld>, StoreError> {
        herald::leases(&self.readers, now).await
    }
}

async fn migrate(writer: &SqlitePool) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    MIGRATIONS.run(writer).await.map_err(|error| match error {
        MigrateError::VersionMissing(found) if found > known => StoreError::Newer { found, known },
        other => StoreError::Migration(other),
    })
}

/// Creates the file and its folder where they are missing, closed to everybody but their owner: they hold names and
/// addresses. SQLite gives the files beside it the same permissions.
fn create_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        created => created.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use sqlx::query_scalar;

    use super::*;

    #[tokio::test]
    async fn its_writer_loses_nothing_and_breaks_no_reference() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("regatta.db")).await.unwrap();
        let journal: String = query_scalar("pragma journal_mode").fetch_one(&store.writer).await.unwrap();
        assert_eq!(journal, "wal");
        let synchronous: i64 = query_scalar("pragma synchronous").fetch_one(&store.writer).await.unwrap();
        assert_eq!(synchronous, 2, "2 is FULL");
        let foreign_keys: i64 = query_scalar("pragma foreign_keys").fetch_one(&store.writer).await.unwrap();
        assert_eq!(foreign_keys, 1);
    }

    #[tokio::test]
    async fn its_readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("regatta.db")).await.unwrap();
        assert!(sqlx::query("delete from runs").execute(&store.readers).await.is_err());
    }

    #[tokio::test]
    async fn a_transaction_that_sqlite_ended_by_itself_hinders_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("full.db")).await.unwrap();
        let mut lost = store.write().await.unwrap();
        // As it does where the disk is full.
        query("rollback").execute(&mut *lost).await.unwrap();
        assert!(lost.commit().await.is_err());
        store.write().await.unwrap().commit().await.unwrap();
    }
}
