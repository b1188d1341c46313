//! How SQLite goes about a statement.

use sqlx::{AssertSqlSafe, query_as};

use crate::sqlite::SqliteStore;

/// The steps of its plan for `statement`, on a database that nobody has used yet.
pub async fn steps(statement: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("regatta.db")).await.unwrap();
    let explain = AssertSqlSafe(format!("explain query plan {statement}"));
    let steps: Vec<(i64, i64, i64, String)> = query_as(explain).fetch_all(&store.readers).await.unwrap();
    steps.into_iter().map(|(.., step)| step).collect()
}
