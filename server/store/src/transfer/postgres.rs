//! Copies from and to PostgreSQL.

use async_trait::async_trait;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Postgres, Row, query, query_as,
    query_scalar,
};

use super::TransferError;
use super::engine::{Columns, Engine, Kind, Record, Table, Value, selection};
use crate::postgres::{SESSION, migrate, options};

/// A connection to a database on a server.
pub struct PostgresEngine {
    db: PgConnection,
    columns: Columns,
}

impl PostgresEngine {
    /// Connects for reading.
    pub async fn to_read(url: &str) -> Result<Self, TransferError> {
        let db = options(url)?.connect().await?;
        Ok(Self::begin(db, "begin isolation level repeatable read, read only").await?)
    }

    /// Brings the database up to shape and connects for writing.
    pub async fn to_write(url: &str) -> Result<Self, TransferError> {
        let options = options(url)?;
        migrate(&options).await?;
        let mut db = options.connect().await?;
        db.execute(SESSION).await?;
        Ok(Self::begin(db, "begin").await?)
    }

    /// Begins the transaction; the first read in it fixes the snapshot.
    async fn begin(mut db: PgConnection, begin: &'static str) -> Result<Self, sqlx::Error> {
        db.execute(begin).await?;
        let columns = query_as(
            "select table_name::text, column_name::text, data_type::text from information_schema.columns
             where table_schema = current_schema()
             order by table_name, ordinal_position",
        )
        .fetch_all(&mut db)
        .await?;
        Ok(Self { db, columns: Columns::read(columns) })
    }

    /// Lets generated identities go on after the highest there is.
    async fn set_sequences(&mut self) -> Result<(), sqlx::Error> {
        let generated: Vec<(String, String)> = query_as(
            "select table_name::text, column_name::text from information_schema.columns
             where table_schema = current_schema() and is_identity = 'YES'",
        )
        .fetch_all(&mut self.db)
        .await?;
        for (table, column) in generated {
            let sql = format!(
                "select setval(pg_get_serial_sequence('{table}', '{column}'), coalesce(max({column}), 0) + 1, false)
                 from {table}"
            );
            query(AssertSqlSafe(sql)).execute(&mut self.db).await?;
        }
        Ok(())
    }
}

fn record(row: &PgRow, kinds: &[Kind]) -> Result<Record, sqlx::Error> {
    let value = |(place, kind): (usize, &Kind)| match kind {
        Kind::Text => row.try_get::<Option<String>, _>(place).map(Value::from),
        Kind::Number => row.try_get::<Option<i64>, _>(place).map(Value::from),
        Kind::Truth => row.try_get::<Option<bool>, _>(place).map(|truth| truth.map(i64::from).into()),
    };
    kinds.iter().enumerate().map(value).collect()
}

/// Binds the values of one column as an array.
fn bind_column(
    insert: Query<'_, Postgres, PgArguments>,
    kind: Kind,
    values: impl Iterator<Item = Value>,
) -> Query<'_, Postgres, PgArguments> {
    match kind {
        Kind::Text => insert.bind(values.map(Value::text).collect::<Vec<_>>()),
        Kind::Number => insert.bind(values.map(Value::number).collect::<Vec<_>>()),
        Kind::Truth => {
            let truth = |value: Value| value.number().map(|number| number != 0);
            insert.bind(values.map(truth).collect::<Vec<_>>())
        }
    }
}

/// The statement that inserts any number of rows: one array for each column.
fn insertion(table: &str, columns: &[String], kinds: &[Kind]) -> String {
    let array = |(place, kind): (usize, &Kind)| {
        let name = match kind {
            Kind::Text => "text",
            Kind::Number => "bigint",
            Kind::Truth => "boolean",
        };
        format!("${}::{name}[]", place + 1)
    };
    let arrays: Vec<String> = kinds.iter().enumerate().map(array).collect();
    format!("insert into {table} ({}) select * from unnest({})", columns.join(", "), arrays.join(", "))
}

#[async_trait]
impl Engine for PostgresEngine {
    async fn shape(&mut self) -> Result<i64, sqlx::Error> {
        query_scalar("select coalesce(max(version), 0) from _sqlx_migrations").fetch_one(&mut self.db).await
    }

    fn columns(&self, table: &str) -> Vec<String> {
        self.columns.of(table)
    }

    async fn has_rows(&mut self, table: &str) -> Result<bool, sqlx::Error> {
        let sql = format!("select exists (select from {table})");
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
        let kinds = self.columns.kinds(table.name, columns);
        let mut insert = query(AssertSqlSafe(insertion(table.name, columns, &kinds)));
        for (place, kind) in kinds.into_iter().enumerate() {
            insert = bind_column(insert, kind, records.iter().map(|record| record[place].clone()));
        }
        insert.execute(&mut self.db).await?;
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), sqlx::Error> {
        self.set_sequences().await?;
        self.db.execute("commit").await?;
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), sqlx::Error> {
        self.db.close().await
    }
}
