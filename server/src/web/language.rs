//! Which language a visitor reads, as their browser says it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;
use regatta_domain::language::Language;

/// The language that forms offer first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadersLanguage(pub Language);

impl<S: Send + Sync> FromRequestParts<S> for ReadersLanguage {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let accepted = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(Self(accepted.map(Language::preferred).unwrap_or_default()))
    }
}
