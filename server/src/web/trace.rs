//! What is told of a request: its id, method and route, and what became of it; never an address with a token in it, nor
//! anything else that a visitor wrote.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use regatta_domain::ids::RunId;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field};

use super::state::Portal;
use super::visitor::is_by_proxy;
use crate::telemetry::traces::remote;

/// Under which a request is found in the logs of all who had it in their hands.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over.
const LONGEST_ID: usize = 64;

/// Names requests that nobody named before: a part of its own for each process, and a number.
pub struct RequestIds {
    process: String,
    next: AtomicU64,
}

impl RequestIds {
    /// Names that no other process gives.
    pub fn new(entropy: &dyn regatta_domain::ports::Entropy) -> Self {
        Self { process: RunId::random(entropy).to_string(), next: AtomicU64::new(1) }
    }

    /// The id that a trusted proxy gave a request, or a new one.
    fn name(&self, headers: &HeaderMap, by_proxy: bool) -> String {
        let given = headers.get(REQUEST_ID).filter(|_| by_proxy).and_then(|id| id.to_str().ok());
        match given.filter(|id| is_well_formed(id)) {
            Some(id) => id.to_owned(),
            None => format!("{}-{}", self.process, self.next.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

fn is_well_formed(id: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(fine)
}

/// Puts a span around a request, counts it and measures it, and gives its id back.
pub async fn observe(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let asked = Instant::now();
    let metrics = &portal.telemetry.metrics.web;
    let _under_way = metrics.begin();
    let by_proxy = is_by_proxy(&request, &portal.config.http.trusted_proxies);
    let id = portal.request_ids.name(request.headers(), by_proxy);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = span(&id, &method, route.as_ref());
    if by_proxy {
        remote::join(&span, request.headers());
    }
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    metrics.answered(&method, route.as_ref(), status, asked.elapsed());
    if method == Method::GET && status == StatusCode::OK && is_page(response.headers()) {
        metrics.shown(route.as_ref());
    }
    span.in_scope(|| conclude(&span, status));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn span(id: &str, method: &Method, route: Option<&MatchedPath>) -> Span {
    let route = route.map_or("(none)", MatchedPath::as_str);
    tracing::info_span!(
        "http",
        request = id,
        %method,
        route,
        status = field::Empty,
        "otel.name" = %format_args!("{method} {route}"),
        "otel.kind" = "server",
        "otel.status_code" = field::Empty,
    )
}

fn conclude(span: &Span, status: StatusCode) {
    span.record("status", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
        tracing::warn!("a request was answered with a failure");
    } else {
        tracing::debug!("a request was answered");
    }
}

fn is_page(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::SystemEntropy;

    #[test]
    fn an_id_is_taken_over_from_a_trusted_proxy_where_it_is_well_formed() {
        let ids = RequestIds::new(&SystemEntropy);
        let named = |id: &str, by_proxy| {
            ids.name(&HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_str(id).unwrap())]), by_proxy)
        };
        assert_eq!(named("7b1c-4.2_x", true), "7b1c-4.2_x");
        for (id, by_proxy) in
            [("7b1c", false), ("", true), ("a b", true), ("run=1", true), (&*"x".repeat(65), true)]
        {
            assert!(named(id, by_proxy).starts_with(&ids.process), "{id}");
        }
        assert_ne!(ids.name(&HeaderMap::new(), true), ids.name(&HeaderMap::new(), true));
    }
}
