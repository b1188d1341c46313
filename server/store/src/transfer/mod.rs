//! Copies of a whole database: to another engine, and to a file that is put by.
//!
//! A copy is read in one snapshot, so the portal may go on using what is copied; what it writes after the copy began is
//! not in it. It is written in one transaction, read again before that is committed, and compared: either the copy is
//! complete, or nothing was written.

mod backup;
mod engine;
mod postgres;
mod sqlite;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;

pub use backup::backup;
use engine::{Engine, Record, Table};
use postgres::PostgresEngine;
use sqlite::SqliteEngine;

use crate::StoreError;

/// How many rows are written by one statement: with the widest table far below the number of parameters that SQLite
/// allows (32,766).
const BATCH: usize = 500;

/// How much was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableCount {
    /// The name of the table.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// One of the databases cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is to be copied was last used by an earlier version of the program, whose shape this one does not read.
    #[error(
        "the database was last used by an older version of Regatta (its shape is {found}, this version's {known}): start \
         this version with it once, or make the copy with that version"
    )]
    Older {
        /// The latest migration in the database.
        found: i64,
        /// The latest migration of this program.
        known: i64,
    },
    /// A copy never overwrites anything.
    #[error("the database to copy to is in use: its table {0} has rows")]
    NotEmpty(&'static str),
    /// The file is there already.
    #[error("{0} exists already; name another file")]
    Exists(PathBuf),
    /// A file cannot be written.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        why: std::io::Error,
    },
    /// A database failed in the middle.
    #[error("copying the table {table} failed: {why}")]
    Table {
        /// At which table.
        table: &'static str,
        /// What the database said.
        why: sqlx::Error,
    },
    /// A database failed.
    #[error("the copy failed: {0}")]
    Database(#[from] sqlx::Error),
    /// What was written reads back as something else.
    #[error(
        "the copy of the table {table} differs from the original ({copied} rows instead of {original}); nothing was kept"
    )]
    Differs {
        /// Which table.
        table: &'static str,
        /// How many rows it has.
        original: u64,
        /// How many rows were read back.
        copied: u64,
    },
}

/// Copies everything from the database at `from_url` to the empty one at `to_url`, which is brought up to this program's
/// shape before. Both are addresses as [`open`](crate::open) takes them, of any engine. To *move*, stop the portal before:
/// what it writes to the original afterwards is in the original alone.
pub async fn copy(from_url: &str, to_url: &str) -> Result<Vec<TableCount>, TransferError> {
    let mut from = open_source(from_url).await?;
    let mut to = open_target(to_url).await?;
    let counts = copy_all(from.as_mut(), to.as_mut()).await?;
    from.close().await?;
    to.close().await?;
    Ok(counts)
}

/// Until when a portal may be working with the database at `url`: the end of the latest lease in it. Portals renew theirs
/// every few seconds and give them back when they end in order. `None` where there is no lease.
pub async fn in_use_until(url: &str) -> Result<Option<Timestamp>, TransferError> {
    let mut from = open_source(url).await?;
    let leases = engine::LEASES;
    let ends = [engine::LEASE_END.to_owned()];
    let latest = {
        let mut latest = None;
        let mut rows = from.rows(&leases, &ends);
        while let Some(record) = rows.try_next().await? {
            latest = latest.max(record.into_iter().next().and_then(engine::Value::number));
        }
        latest
    };
    from.close().await?;
    Ok(latest.map(|micros| Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)))
}

async fn open_source(url: &str) -> Result<Box<dyn Engine>, TransferError> {
    let mut from: Box<dyn Engine> = match sqlite_path_of(url)? {
        Some(path) => Box::new(SqliteEngine::to_read(path.as_ref()).await?),
        None => Box::new(PostgresEngine::to_read(url).await?),
    };
    let (found, known) = (from.shape().await?, crate::postgres::latest_migration());
    match found.cmp(&known) {
        std::cmp::Ordering::Less => Err(TransferError::Older { found, known }),
        std::cmp::Ordering::Equal => Ok(from),
        std::cmp::Ordering::Greater => Err(StoreError::Newer { found, known }.into()),
    }
}

async fn open_target(url: &str) -> Result<Box<dyn Engine>, TransferError> {
    Ok(match sqlite_path_of(url)? {
        Some(path) => Box::new(SqliteEngine::to_write(path.as_ref()).await?),
        None => Box::new(PostgresEngine::to_write(url).await?),
    })
}

/// The file that `url` names, where it names one.
fn sqlite_path_of(url: &str) -> Result<Option<PathBuf>, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", rest)) => Ok(Some(crate::sqlite_path(rest)?.to_owned())),
        Some(("postgres" | "postgresql", _)) => Ok(None),
        _ => Err(crate::no_such_engine()),
    }
}

/// Copies every table in one transaction on each side.
async fn copy_all(from: &mut dyn Engine, to: &mut dyn Engine) -> Result<Vec<TableCount>, TransferError> {
    for table in &engine::TABLES {
        if to.has_rows(table.name).await.map_err(|why| table.failed(why))? {
            return Err(TransferError::NotEmpty(table.name));
        }
    }
    let mut counts = Vec::new();
    for table in &engine::TABLES {
        let columns = from.columns(table.name);
        let original = copy_table(from, to, table, &columns).await.map_err(|why| table.failed(why))?;
        let copied = read_back(to, table, &columns).await.map_err(|why| table.failed(why))?;
        if original.finish() != copied.finish() || original.rows != copied.rows {
            return Err(TransferError::Differs {
                table: table.name,
                original: original.rows,
                copied: copied.rows,
            });
        }
        counts.push(TableCount { table: table.name, rows: original.rows });
    }
    to.commit().await?;
    Ok(counts)
}

async fn copy_table(
    from: &mut dyn Engine,
    to: &mut dyn Engine,
    table: &Table,
    columns: &[String],
) -> Result<Digest, sqlx::Error> {
    let mut digest = Digest::default();
    let mut batches = from.rows(table, columns).chunks(BATCH);
    while let Some(batch) = batches.next().await {
        let records = batch.into_iter().collect::<Result<Vec<_>, _>>()?;
        for record in &records {
            digest.add(record);
        }
        to.insert(table, columns, records).await?;
    }
    Ok(digest)
}

async fn read_back(to: &mut dyn Engine, table: &Table, columns: &[String]) -> Result<Digest, sqlx::Error> {
    let mut digest = Digest::default();
    let mut rows = to.rows(table, columns);
    while let Some(record) = rows.try_next().await? {
        digest.add(&record);
    }
    Ok(digest)
}

/// What two tables with the same rows in the same order have in common.
#[derive(Default)]
struct Digest {
    rows: u64,
    hasher: DefaultHasher,
}

impl Digest {
    fn add(&mut self, record: &Record) {
        self.rows += 1;
        record.hash(&mut self.hasher);
    }

    fn finish(&self) -> u64 {
        self.hasher.finish()
    }
}
