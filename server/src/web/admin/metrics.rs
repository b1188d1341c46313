//! Metrics, for a scraper.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::telemetry::metrics;
use crate::web::headers::NEVER_KEEP;
use crate::web::state::Portal;

/// `GET /metrics`: everything that is measured, in the OpenMetrics text format.
pub async fn show(State(portal): State<Portal>) -> Response {
    portal.telemetry.metrics.readings.take(&portal).await;
    match portal.telemetry.metrics.text() {
        Ok(text) => {
            let kind = http::HeaderValue::from_static(metrics::CONTENT_TYPE);
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, NEVER_KEEP)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
