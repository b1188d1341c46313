//! Traces for a collector that speaks OTLP over HTTP, where the operator names one; without one nothing of this exists.
//!
//! What is sent are the spans of this program and their events, from the level `debug` on and whatever the log tells: requests
//! by their routes, and runs with their jobs and milestones. No text of a visitor is in a span.

mod carrier;
mod forgiving;
pub mod remote;

use std::io;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::Level;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use self::carrier::{Carrier, PATIENCE};
use self::forgiving::Forgiving;
use crate::config::Telemetry;

/// How long the last spans may take at the end of the program.
const FAREWELL: Duration = Duration::from_secs(5);

/// Why no traces can be sent.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// There are no certificates to check a collector's by.
    #[error("telemetry.otlp_endpoint: the certificates of this machine cannot be read: {0}")]
    Roots(#[from] io::Error),
    /// The endpoint cannot be used.
    #[error("telemetry.otlp_endpoint: {0}")]
    Exporter(#[from] ExporterBuildError),
}

/// Traces on their way to a collector.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends traces as configured, by a thread of its own and over connections on `runtime`; `None` where none are wanted.
    pub fn begin(settings: &Telemetry, runtime: &Handle) -> Result<Option<Self>, TracesError> {
        let Some(endpoint) = &settings.otlp_endpoint else { return Ok(None) };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Carrier::new(runtime.clone())?)
            .with_endpoint(endpoint)
            .with_timeout(PATIENCE)
            .build()?;
        let ours = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource =
            Resource::builder().with_service_name(settings.service_name.clone()).with_attribute(ours).build();
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.sample_ratio)));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(Forgiving::new(exporter))
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        Ok(Some(Self(provider)))
    }

    /// What turns the spans of this program into traces.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let ours = Targets::new().with_target("regatta", Level::DEBUG);
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("regatta"))
            .with_location(false)
            .with_threads(false)
            .with_filter(ours)
    }

    /// Sends what was not sent yet. Nothing is sent after that.
    pub async fn end(self) {
        // It waits for a thread that waits for this runtime.
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(FAREWELL)).await;
        if let Ok(Err(error)) = ended {
            tracing::debug!(%error, "the last traces could not be sent");
        }
    }
}
