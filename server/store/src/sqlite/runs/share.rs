//! Shared texts in SQLite.

use jiff::Timestamp;
use regatta_domain::ids::ShareId;
use regatta_domain::slug::Slug;
use sqlx::{SqliteExecutor, query, query_as};

use crate::StoreError;
use crate::rows::micros;
use crate::rows::playground::SharedTextRow;
use crate::runs::SharedText;

/// Stores a text where its visitor may share one more. One statement counts and stores: writers take turns.
pub async fn add(
    db: impl SqliteExecutor<'_>,
    text: &SharedText,
    most: u32,
    since: Timestamp,
) -> Result<bool, StoreError> {
    let added = query(
        "insert into shared_texts (id, demo, dialect, source, visitor, shared_at, hidden)
         select $1, $2, $3, $4, $5, $6, $7
         where $8 > (select count(*) from shared_texts where visitor = $5 and shared_at >= $9)",
    )
    .bind(text.id.as_str())
    .bind(text.demo.as_ref().map(Slug::as_str))
    .bind(text.dialect.as_str())
    .bind(&text.source)
    .bind(&text.visitor)
    .bind(micros(text.shared_at))
    .bind(text.hidden)
    .bind(most)
    .bind(micros(since))
    .execute(db)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// The text with this identity.
pub async fn find(db: impl SqliteExecutor<'_>, id: &ShareId) -> Result<Option<SharedText>, StoreError> {
    let row: Option<SharedTextRow> =
        query_as("select * from shared_texts where id = $1").bind(id.as_str()).fetch_optional(db).await?;
    row.map(SharedText::try_from).transpose()
}
