//! A demo for other sites to show in a frame.

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use http::header::CONTENT_SECURITY_POLICY;
use regatta_app::pages::demo_embed::demo_embed;

use super::shown::{card_of_demo, openness};
use crate::web::errors::Refusal;
use crate::web::headers::policy_for_frames;
use crate::web::site::{PageResult, page, shell};
use crate::web::state::Portal;

/// `GET /playground/{slug}/embed`
pub async fn embed(State(portal): State<Portal>, Path(slug): Path<String>) -> PageResult {
    let library = portal.shelf.library();
    let demo = library.pipeline(&slug).ok_or(Refusal::NotFound)?;
    let card = card_of_demo(&portal, &demo).await?;
    let document = demo_embed(&shell(&portal, &library), &card, &openness(&portal));
    let policy = policy_for_frames(&portal.config.http.frame_ancestors);
    Ok(([(CONTENT_SECURITY_POLICY, policy)], page(document)).into_response())
}
