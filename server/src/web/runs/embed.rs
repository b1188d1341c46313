//! A run for other sites to show in a frame.

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use http::header::CONTENT_SECURITY_POLICY;
use regatta_app::pages::run_embed::{EMBEDDED_LINES, RunEmbedView, run_embed};

use super::{run_id, shown};
use crate::web::errors::Refusal;
use crate::web::headers::policy_for_frames;
use crate::web::site::{PageResult, page, shell};
use crate::web::state::Portal;

/// `GET /runs/{id}/embed`
pub async fn embed(State(portal): State<Portal>, Path(id): Path<String>) -> PageResult {
    let id = run_id(&id)?;
    let turn_to_tell = portal.crowd.tell().await;
    let found = portal.playground.view_with_last_lines(&id, EMBEDDED_LINES).await?;
    drop(turn_to_tell);
    let (run, view) = found.ok_or(Refusal::NotFound)?;
    let run = shown(run)?;
    let document = run_embed(
        &shell(&portal, &portal.shelf.library()),
        &RunEmbedView { id, title: run.title, run: view },
    );
    let policy = policy_for_frames(&portal.config.http.frame_ancestors);
    Ok(([(CONTENT_SECURITY_POLICY, policy)], page(document)).into_response())
}
