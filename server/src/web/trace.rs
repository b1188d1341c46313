//! What the log says of a request: method and route, never an address with a token in it.

use axum::extract::MatchedPath;
use tracing::Span;

/// The span of a request, by the pattern of its route, so that secrets in addresses stay out of logs.
pub fn span<B>(request: &http::Request<B>) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str);
    tracing::info_span!("http", method = %request.method(), route)
}
