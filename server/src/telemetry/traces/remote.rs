//! Traces that began elsewhere (W3C Trace Context, `traceparent`). Only a proxy that the operator trusts may name one.

use http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Makes a span, before it is entered, a part of the trace that the request belongs to. Nothing happens where it belongs to
/// none, or where no traces are sent.
pub fn join(span: &Span, headers: &HeaderMap) {
    if headers.contains_key("traceparent") {
        let context = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
        let _ = span.set_parent(context);
    }
}
