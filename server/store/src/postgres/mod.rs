//! PostgreSQL: one database for several replicas of the portal.
//!
//! Sessions set for themselves whatever the promises of the store need, so that no setting of the server, the database
//! or the role weakens them. Concurrency is decided in the database alone: by the locks of `desks` rows, by conditions in
//! the statement that writes, and by unique indexes.

mod desk;
mod follows;
mod herald;
mod outbox;
mod purge;
mod reading;
mod records;
mod runs;
mod transaction;
mod writing;

use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool, query, query_as};

use crate::{LeaseHeld, PoolUse, Pulse, Store, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Connections of one replica. Writers at one event take turns anyway; more of them would only wait inside the database.
const CONNECTIONS: u32 = 16;

/// Connections of one replica for those who follow logs: however many they are, neither a page nor the log itself waits
/// behind them.
const WATCHERS: u32 = 4;

/// How long to wait for a connection: longer than any burst that the portal is built for, shorter than a visitor's
/// patience with a broken page.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);

/// The oldest server that is supported, as PostgreSQL numbers its versions.
const OLDEST_SERVER: i32 = 150_000;

/// Makes a session fit for the store. A role or database may have set a weaker `synchronous_commit`, with which an
/// acknowledged commit can be lost; a stronger one stays.
pub(crate) const SESSION: &str = "
    select set_config('synchronous_commit',
                      case current_setting('synchronous_commit') when 'remote_apply' then 'remote_apply' else 'on' end,
                      false),
           set_config('default_transaction_isolation', 'read committed', false),
           set_config('default_transaction_read_only', 'off', false)";

/// Frees the locks and connections of a replica that hangs.
const TIME_LIMITS: &str = "
    select set_config('statement_timeout', '60s', false),
           set_config('lock_timeout', '30s', false),
           set_config('idle_in_transaction_session_timeout', '60s', false)";

/// A database on a PostgreSQL server.
#[derive(Debug)]
pub struct PostgresStore {
    pool: PgPool,
    watchers: PgPool,
}

impl PostgresStore {
    /// Connects to the database at `url` and migrates it. Of several replicas that start at the same time one migrates
    /// and the others wait for it.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = options(url)?;
        migrate(&options).await?;
        let pool = sessions(CONNECTIONS).connect_with(options.clone()).await?;
        let watchers = sessions(WATCHERS).connect_lazy_with(options);
        Ok(Self { pool, watchers })
    }
}

/// Sessions that are fit for the store, at most so many.
fn sessions(most: u32) -> PgPoolOptions {
    PgPoolOptions::new().max_connections(most).acquire_timeout(TURN_TIMEOUT).after_connect(|session, _| {
        Box::pin(async move {
            query(SESSION).execute(&mut *session).await?;
            query(TIME_LIMITS).execute(session).await.map(drop)
        })
    })
}

#[async_trait]
impl Store for PostgresStore {
    async fn close(&self) {
        self.watchers.close().await;
        self.pool.close().await;
    }
    fn engine(&self) -> &'static str {
        "postgres"
    }

    fn pools(&self) -> Vec<PoolUse> {
        [("main", &self.pool), ("watchers", &self.watchers)]
            .map(|(name, pool)| PoolUse::of(name, pool))
            .into()
    }

    async fn pulse(&self) -> Result<Pulse, StoreError> {
        let asked = Instant::now();
        let mut connection = self.pool.acquire().await?;
        let waited = asked.elapsed();
        query("select 1").execute(&mut *connection).await?;
        Ok(Pulse { waited, answered: asked.elapsed().saturating_sub(waited) })
    }

    async fn leases(&self, now: Timestamp) -> Result<Vec<LeaseHeld>, StoreError> {
        herald::leases(&self.pool, now).await
    }
}

/// How to connect to `url`. What it leaves out is read from the environment as by libpq (PGPASSWORD, `~/.pgpass`).
pub(crate) fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let options: PgConnectOptions =
        url.parse().map_err(|why: sqlx::Error| StoreError::Address(why.to_string()))?;
    Ok(options.application_name("regatta"))
}

/// Brings the database up to this program's shape, on a connection of its own: it has no time limits, and whatever
/// happens, closing it gives back the lock that migrations are run under.
pub(crate) async fn migrate(options: &PgConnectOptions) -> Result<(), StoreError> {
    let mut db = options.connect().await?;
    let migrated = async {
        check_server(&mut db).await?;
        query(SESSION).execute(&mut db).await?;
        run_migrations(&mut db).await
    };
    let migrated = migrated.await;
    db.close().await?;
    migrated
}

async fn check_server(db: &mut PgConnection) -> Result<(), StoreError> {
    let (version, encoding): (i32, String) =
        query_as("select current_setting('server_version_num')::integer, current_setting('server_encoding')")
            .fetch_one(db)
            .await?;
    if version < OLDEST_SERVER {
        return Err(StoreError::Address(format!(
            "PostgreSQL 15 or later is needed; the server is {}.{}",
            version / 10_000,
            version % 10_000
        )));
    }
    if encoding != "UTF8" {
        return Err(StoreError::Address(format!(
            "the encoding of the database is {encoding}, which cannot hold every name: create it with encoding UTF8"
        )));
    }
    Ok(())
}

/// The latest migration of this program: the same on every engine.
pub(crate) fn latest_migration() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

async fn run_migrations(db: &mut PgConnection) -> Result<(), StoreError> {
    let known = latest_migration();
    // Not `run`: with its generic parameter the compiler cannot see that the future may be sent to another thread.
    MIGRATIONS.run_direct(None, db, false).await.map_err(|error| match error {
        MigrateError::VersionMissing(found) if found > known => StoreError::Newer { found, known },
        other => StoreError::Migration(other),
    })
}

/// What a failed write means: where another transaction came first (a unique index, or the server ended this one to let
/// the others go on), `what` is stale and everything can be tried again.
fn overtaken(error: sqlx::Error, what: impl FnOnce() -> String) -> StoreError {
    /// SQLSTATE of a failed serialization and of a deadlock.
    const TRY_AGAIN: [&str; 2] = ["40001", "40P01"];
    match &error {
        sqlx::Error::Database(refused)
            if refused.is_unique_violation()
                || refused.code().is_some_and(|code| TRY_AGAIN.contains(&code.as_ref())) =>
        {
            StoreError::Stale(what())
        }
        _ => StoreError::Database(error),
    }
}

/// How many rows a statement changed.
fn affected(rows: u64) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// One value of each row: what `unnest` takes for one column.
fn column<'r, R, T>(rows: &'r [R], value: impl Fn(&'r R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use regatta_trial_database::TrialServer;
    use sqlx::{AssertSqlSafe, Executor, query_scalar};

    use super::*;
    use crate::desk::DeskStore;

    /// Whatever the defaults of the server, the database or the role are.
    #[tokio::test]
    async fn its_sessions_keep_what_they_acknowledge() {
        let url = TrialServer::shared().database().await;
        PostgresStore::open(&url).await.unwrap().close().await;
        let mut db = PgConnection::connect(&url).await.unwrap();
        let name: String = query_scalar("select current_database()").fetch_one(&mut db).await.unwrap();
        for setting in [
            "synchronous_commit = off",
            "default_transaction_isolation = serializable",
            "default_transaction_read_only = on",
        ] {
            db.execute(AssertSqlSafe(format!("alter database {name} set {setting}"))).await.unwrap();
        }
        let store = PostgresStore::open(&url).await.unwrap();
        let shown: (String, String, String, String) = query_as(
            "select current_setting('synchronous_commit'), current_setting('transaction_isolation'),
                    current_setting('statement_timeout'), current_setting('lock_timeout')",
        )
        .fetch_one(&store.pool)
        .await
        .unwrap();
        assert_eq!(shown, ("on".into(), "read committed".into(), "1min".into(), "30s".into()));
        store.begin(&["sail".parse().unwrap()]).await.unwrap().commit().await.unwrap();
    }
}
