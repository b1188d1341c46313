//! What a copy needs of an engine.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use super::TransferError;

/// A table and what its rows are sorted by: texts byte by byte on every engine.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its primary key.
    pub key: &'static str,
}

impl Table {
    const fn new(name: &'static str, key: &'static str) -> Self {
        Self { name, key }
    }

    /// A database failed at this table.
    pub fn failed(&self, why: sqlx::Error) -> TransferError {
        TransferError::Table { table: self.name, why }
    }
}

/// Who of several processes does what at the moment.
pub const LEASES: Table = Table::new("leases", "name");

/// The column of [`LEASES`] that tells when each ends.
pub const LEASE_END: &str = "until";

/// Every table, those that others refer to first.
pub const TABLES: [Table; 15] = [
    Table::new("registrations", "id"),
    Table::new("desks", "event"),
    Table::new("registration_history", "id"),
    Table::new("outbox", "id"),
    Table::new("suppressions", "address"),
    Table::new("announcements", "event"),
    LEASES,
    Table::new("kept", "name"),
    Table::new("follows", "id"),
    Table::new("audit", "id"),
    Table::new("feedback", "registration"),
    Table::new("runs", "id"),
    Table::new("run_events", "run, seq"),
    Table::new("shared_texts", "id"),
    Table::new("switches", "id"),
];

/// A value as every engine has it; what is true or false is 1 or 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    Null,
    Number(i64),
    Text(String),
}

impl Value {
    /// Its number, where it has one.
    pub fn number(self) -> Option<i64> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    /// Its text, where it has one.
    pub fn text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::Number)
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

/// The values of one row, in the order of the columns that were asked for.
pub type Record = Vec<Value>;

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Number,
    Text,
    Truth,
}

/// The columns of every table, as an engine has them.
#[derive(Debug, Default)]
pub struct Columns(Vec<(String, String, Kind)>);

impl Columns {
    /// Made of table, column and the engine's name for a type.
    pub fn read(rows: Vec<(String, String, String)>) -> Self {
        let kind = |name: &str| match name.to_ascii_lowercase().as_str() {
            "integer" | "bigint" => Kind::Number,
            "boolean" => Kind::Truth,
            _ => Kind::Text,
        };
        Self(rows.into_iter().map(|(table, column, name)| (table, column, kind(&name))).collect())
    }

    /// The names of the columns of `table`.
    pub fn of(&self, table: &str) -> Vec<String> {
        self.0.iter().filter(|(of, ..)| of == table).map(|(_, column, _)| column.clone()).collect()
    }

    /// What these columns of `table` hold.
    pub fn kinds(&self, table: &str, columns: &[String]) -> Vec<Kind> {
        let kind = |wanted: &String| {
            let found = self.0.iter().find(|(of, column, _)| of == table && column == wanted);
            found.map_or(Kind::Text, |(_, _, kind)| *kind)
        };
        columns.iter().map(kind).collect()
    }
}

/// The query that reads `columns` of `table`, sorted.
pub fn selection(table: &Table, columns: &[String]) -> String {
    format!("select {} from {} order by {}", columns.join(", "), table.name, table.key)
}

/// A connection with a transaction: of the source, which reads one snapshot, or of the target, which writes everything or
/// nothing.
#[async_trait]
pub trait Engine: Send {
    /// The latest migration in the database.
    async fn shape(&mut self) -> Result<i64, sqlx::Error>;

    /// The names of the columns of `table`.
    fn columns(&self, table: &str) -> Vec<String>;

    /// Whether `table` has any rows.
    async fn has_rows(&mut self, table: &str) -> Result<bool, sqlx::Error>;

    /// All rows of `table`, sorted by its key.
    fn rows<'e>(
        &'e mut self,
        table: &'e Table,
        columns: &'e [String],
    ) -> BoxStream<'e, Result<Record, sqlx::Error>>;

    /// Writes rows.
    async fn insert(
        &mut self,
        table: &Table,
        columns: &[String],
        records: Vec<Record>,
    ) -> Result<(), sqlx::Error>;

    /// Makes what was written durable, and the next identities follow those that are there.
    async fn commit(&mut self) -> Result<(), sqlx::Error>;

    /// Ends the connection.
    async fn close(self: Box<Self>) -> Result<(), sqlx::Error>;
}
