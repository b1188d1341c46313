//! Copies from and to SQLite.

use std::path::Path;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, QueryBuilder, Row, Sqlite, SqliteConnection, query,
    query_as, query_scalar,
};

use super::TransferError;
use super::engine::{Columns, Engine, Kind, Record, Table, Value, selection};
use crate::Store;
use crate::sqlite::SqliteStore;

/// A connection to a database file.
pub struct SqliteEngine {
    db: SqliteConnection,
    columns: Columns,
}

impl SqliteEngine {
    /// Opens a file that is there, for reading.
    pub async fn to_read(path: &Path) -> Result<Self, TransferError> {
        let db = connect_to_read(path).await?;
        Ok(Self::begin(db, "begin").await?)
    }

    /// Opens a file for writing, creates it where there is none, and brings it up to shape.
    pub async fn to_write(path: &Path) -> Result<Self, TransferError> {
        SqliteStore::open(path).await?.close().await;
        let db = SqliteConnectOptions::new().filename(path).foreign_keys(true).connect().await?;
        Ok(Self::begin(db, "begin immediate").await?)
    }

    /// Begins the transaction; the first read in it fixes the snapshot.
    async fn begin(mut db: SqliteConnection, begin: &'static str) -> Result<Self, sqlx::Error> {
        db.execute(begin).await?;
        let columns = query_as(
            "select t.name, c.name, c.type from sqlite_schema t join pragma_table_info(t.name) c where t.type = 'table'",
        )
        .fetch_all(&mut db)
        .await?;
        Ok(Self { db, columns: Columns::read(columns) })
    }
}

/// A connection that cannot write, to a file that is there.
pub async fn connect_to_read(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new().filename(path).read_only(true).connect().await
}

fn record(row: &SqliteRow, kinds: &[Kind]) -> Result<Record, sqlx::Error> {
    let value = |(place, kind): (usize, &Kind)| match kind {
        Kind::Text => row.try_get::<Option<String>, _>(place).map(Value::from),
        Kind::Number | Kind::Truth => row.try_get::<Option<i64>, _>(place).map(Value::from),
    };
    kinds.iter().enumerate().map(value).collect()
}

#[async_trait]
impl Engine for SqliteEngine {
    async fn shape(&mut self) -> Result<i64, sqlx::Error> {
        query_scalar("select coalesce(max(version), 0) from _sqlx_migrations").fetch_one(&mut self.db).await
    }

    fn columns(&self, table: &str) -> Vec<String> {
        self.columns.of(table)
    }

    async fn has_rows(&mut self, table: &str) -> Result<bool, sqlx::Error> {
        let sql = format!("select exists (select 1 from {table})");
        query_scalar(AssertSqlSafe(sql)).fetch_one(&mut self.db).await
    }

    fn rows<'e>(
        &'e mut self,
        table: &'e Table,
        columns: &'e [String],
    ) -> BoxStream<'e, Result<Record, sqlx::Error>> {
        let kinds = self.columns.kinds(table.name, columns);
        let rows = query(AssertSqlSafe(selection(table, columns))).fetch(&mut self.db);
        Box::pin(rows.and_then(move |row| std::future::ready(record(&row, &kinds))))
    }

    async fn insert(
        &mut self,
        table: &Table,
        columns: &[String],
        records: Vec<Record>,
    ) -> Result<(), sqlx::Error> {
        let mut insert =
            QueryBuilder::<Sqlite>::new(format!("insert into {} ({}) ", table.name, columns.join(", ")));
        insert.push_values(records, |mut row, record| {
            for value in record {
                match value {
                    Value::Null => row.push("null"),
                    Value::Number(number) => row.push_bind(number),
                    Value::Text(text) => row.push_bind(text),
                };
            }
        });
        insert.build().persistent(false).execute(&mut self.db).await?;
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), sqlx::Error> {
        // The next identity of a row is one more than the highest there is, without being told.
        self.db.execute("commit").await?;
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), sqlx::Error> {
        self.db.close().await
    }
}
