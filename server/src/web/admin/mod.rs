//! What operators and their machines ask for, on a listener of its own that visitors do not reach: metrics, whether the
//! portal lives and is ready, and a page that says how it is.

mod executors;
mod metrics;
mod overview;
mod words;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{get, post};
use http::StatusCode;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use super::state::Portal;
use super::{asset_files, headers, health, host};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest form: a button without fields.
const MAX_FORM: usize = 1 << 10;

/// All of it as one service.
pub fn admin_router(portal: Portal) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::to("/health") }))
        .route("/health", get(overview::show))
        .route("/health/probe", post(overview::probe_again))
        .route("/metrics", get(metrics::show))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/assets/{name}", get(asset_files::asset))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(CsrfLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(from_fn_with_state(portal.clone(), host::known))
        .layer(CatchPanicLayer::custom(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()))
        .layer(from_fn_with_state(portal.clone(), headers::secure))
        .with_state(portal)
}
