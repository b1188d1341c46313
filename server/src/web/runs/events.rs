//! A run's events for those who ask, page by page.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use serde::Deserialize;

use super::{run_id, run_with_log};
use crate::web::errors::Refusal;
use crate::web::headers::NEVER_KEEP;
use crate::web::state::Portal;

/// The most events in one answer.
const MOST: u32 = 5_000;
/// Events in an answer where nobody says how many.
const SOME: u32 = 1_000;

/// Which events are asked for.
#[derive(Deserialize)]
#[serde(default)]
pub struct Part {
    after: u64,
    limit: u32,
}

impl Default for Part {
    fn default() -> Self {
        Self { after: 0, limit: SOME }
    }
}

/// `GET /runs/{id}/events.json`: the events after a number, at most `limit`, as a JSON list. Fewer than asked for are all
/// there are so far.
pub async fn events_json(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Query(part): Query<Part>,
) -> Result<Response, Refusal> {
    let id = run_id(&id)?;
    run_with_log(&portal, &id).await?;
    let events = portal.playground.events(&id, part.after, part.limit.clamp(1, MOST)).await?;
    Ok(([(CACHE_CONTROL, NEVER_KEEP)], Json(events)).into_response())
}
