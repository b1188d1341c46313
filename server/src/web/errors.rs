//! What a visitor reads when there is no page to show, with the right status.
//!
//! Handlers return a [`Refusal`]; the framework has refusals of its own (no such method, a body too large). Both are
//! turned into a page in one place, [`dress`], so that nobody meets an empty one.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode, Uri};
use regatta_store::StoreError;

use super::state::Portal;

/// Why there is no page to show.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nothing has this address.
    #[error("nothing has this address")]
    NotFound,
    /// It was here, and is not to be had any more.
    #[error("{0}")]
    Gone(String),
    /// What was sent can be read, but not be done.
    #[error("{0}")]
    Unprocessable(String),
    /// It cannot be done at the moment.
    #[error("{0}")]
    Unavailable(String),
    /// The portal failed. The visitor is not told how; the log is.
    #[error("the portal failed")]
    Internal,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::Internal
    }
}

impl Refusal {
    /// What was sent can be read, but not be done, for this reason.
    pub fn unprocessable(why: impl Into<String>) -> Self {
        Self::Unprocessable(why.into())
    }
}

/// The words of a refusal, on their way to [`dress`].
#[derive(Clone)]
struct Told(String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Gone(_) => StatusCode::GONE,
            Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut response = status.into_response();
        if let Self::Gone(why) | Self::Unavailable(why) | Self::Unprocessable(why) = self {
            response.extensions_mut().insert(Told(why));
        }
        response
    }
}

/// Gives every refusal a page in the site's own clothes.
pub async fn dress(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    // What programs ask for is answered in their words.
    let written = |kind: &HeaderValue| {
        [&b"text/html"[..], b"application/json"].iter().any(|own| kind.as_bytes().starts_with(own))
    };
    let has_page = response.headers().get(CONTENT_TYPE).is_some_and(written);
    if !is_error || has_page {
        return response;
    }
    let told = response.extensions().get::<Told>().map(|told| told.0.clone());
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let page = super::site::error_page(&portal, status, told, wait);
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(http::header::CONTENT_LENGTH);
    parts.headers.remove(CONTENT_TYPE);
    (parts.status, parts.headers, Html(page)).into_response()
}

/// What has no route: an address with a slash too many is led to the right one, all else is not found.
pub async fn fallback(uri: Uri) -> Response {
    let trimmed = uri.path().trim_end_matches('/');
    let leads_elsewhere = trimmed.starts_with("//") || trimmed.contains('\\');
    let is_ours = trimmed.starts_with('/') && !leads_elsewhere && trimmed != uri.path();
    match (is_ours, uri.query()) {
        (true, None) => super::site::moved(trimmed),
        (true, Some(query)) => super::site::moved(&format!("{trimmed}?{query}")),
        (false, _) => Refusal::NotFound.into_response(),
    }
}
