//! Headers that every answer carries, and which answers may be kept by whom.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue};

use super::state::Portal;
use crate::config::FrameAncestor;

/// Nothing from elsewhere, no inline script or style, no framing; `wasm-unsafe-eval` lets the island pages compile their
/// WebAssembly and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
                      font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The policy of what other sites may show in a frame: the pages of the operator's choice, and this site's own.
pub fn policy_for_frames(ancestors: &[FrameAncestor]) -> HeaderValue {
    let allowed: Vec<&str> =
        std::iter::once("'self'").chain(ancestors.iter().map(FrameAncestor::as_str)).collect();
    let policy = POLICY.replace("frame-ancestors 'none'", &format!("frame-ancestors {}", allowed.join(" ")));
    // An origin is ASCII; should it not be, nobody may frame anything.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(POLICY))
}

/// For a mail as it is: its styles are part of it, and everything else stays out.
pub const MAIL_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");

/// Names carry a digest of the content: what is under a name never changes (RFC 8246).
pub const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Always ask again; nobody between may keep it.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("private, no-cache");
/// Never keep it: behind an address that is a secret.
pub const NEVER_KEEP: HeaderValue = HeaderValue::from_static("private, no-store");

const ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
/// Which sites may load it as a part of theirs; only this one, unless the answer says otherwise.
pub const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What the address of everything begins with that is found by a link from a mail.
const SECRETS: [&str; 3] = ["/registrations/", "/follow/confirm/", "/follow/stop/"];

/// Behind addresses that are secrets, whatever the answer, be it a refusal: nobody keeps it, no search engine lists it, and
/// the address travels nowhere, not even to another page of this site.
fn keep_private(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, NEVER_KEEP);
    headers.insert(ROBOTS_TAG, HeaderValue::from_static("noindex"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

/// Adds the security headers, and the careful cache rule where the answer has none of its own.
pub async fn secure(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let is_secret = SECRETS.iter().any(|start| request.uri().path().starts_with(start));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if is_secret {
        keep_private(headers);
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), geolocation=(), microphone=()"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(RESOURCE_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    if portal.config.http.base_url.starts_with("https://") {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.entry(CACHE_CONTROL).or_insert(ASK_AGAIN);
    response
}
