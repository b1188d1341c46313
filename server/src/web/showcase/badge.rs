//! A demo's latest result as a picture.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use regatta_app::components::badge::badge as badge_svg;
use sha2::{Digest, Sha256};

use super::latest_run_of;
use crate::web::errors::Refusal;
use crate::web::headers::RESOURCE_POLICY;
use crate::web::state::Portal;

/// Fresh for a minute, and worth showing for an hour more while it is asked for anew (RFC 5861): those who show badges fetch
/// them again and again.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=60, stale-while-revalidate=3600");

/// `GET /badges/{demo}.svg`: for any site to show.
pub async fn badge(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let slug = name.strip_suffix(".svg").ok_or(Refusal::NotFound)?;
    let demo = portal.shelf.library().pipeline(slug).ok_or(Refusal::NotFound)?;
    let svg = badge_svg(&demo.title, latest_run_of(&portal, &demo.slug).await?.as_ref());
    let digest = Sha256::digest(&svg);
    let tag = format!("\"{}\"", data_encoding::BASE64URL_NOPAD.encode(&digest[..12]));
    let tag = HeaderValue::from_str(&tag).map_err(|_| Refusal::Internal)?;
    let common = [
        (CACHE_CONTROL, KEEP),
        (ETAG, tag.clone()),
        (RESOURCE_POLICY, HeaderValue::from_static("cross-origin")),
    ];
    if headers.get(IF_NONE_MATCH).is_some_and(|known| names(known, &tag)) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    Ok((common, [(CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

/// Whether `If-None-Match` names this picture; compressed on its way, its tag became a weak one (RFC 9110 section 13.1.2).
fn names(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}
