//! Rows of `shared_texts` and `switches`.

use regatta_domain::pipeline::Dialect;
use regatta_domain::switches::{PlaygroundMode, Switches};
use sqlx::FromRow;

use super::RowName;
use crate::StoreError;
use crate::runs::SharedText;

/// A text that somebody shared.
#[derive(FromRow)]
pub struct SharedTextRow {
    id: String,
    demo: Option<String>,
    dialect: String,
    source: String,
    visitor: String,
    shared_at: i64,
    hidden: bool,
}

impl TryFrom<SharedTextRow> for SharedText {
    type Error = StoreError;

    fn try_from(row: SharedTextRow) -> Result<Self, StoreError> {
        let at = RowName { what: "shared text", id: &row.id };
        Ok(Self {
            id: at.parse(&row.id)?,
            demo: row.demo.as_deref().map(|demo| at.parse(demo)).transpose()?,
            dialect: at.named(&row.dialect, Dialect::named)?,
            shared_at: at.moment(row.shared_at)?,
            source: row.source,
            visitor: row.visitor,
            hidden: row.hidden,
        })
    }
}

/// What operators decided.
#[derive(FromRow)]
pub struct SwitchesRow {
    mode: String,
    edited_runs: bool,
    reason: Option<String>,
}

impl TryFrom<SwitchesRow> for Switches {
    type Error = StoreError;

    fn try_from(row: SwitchesRow) -> Result<Self, StoreError> {
        let at = RowName { what: "switches", id: "of the playground" };
        let mode = at.named(&row.mode, PlaygroundMode::named)?;
        Ok(Self { mode, edited_runs: row.edited_runs, reason: row.reason })
    }
}
