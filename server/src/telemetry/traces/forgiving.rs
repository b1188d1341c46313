//! A collector that is away hurts nobody: what cannot be sent is dropped, which is told once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Tells the log when spans begin to be lost, and when they arrive again.
#[derive(Debug)]
pub struct Forgiving<E> {
    exporter: E,
    failing: AtomicBool,
}

impl<E> Forgiving<E> {
    /// Around an exporter that is thought to work.
    pub fn new(exporter: E) -> Self {
        Self { exporter, failing: AtomicBool::new(false) }
    }

    fn tell(&self, sent: &OTelSdkResult) {
        match (sent, self.failing.swap(sent.is_err(), Ordering::Relaxed)) {
            (Err(error), false) => {
                tracing::warn!(%error, "traces cannot be sent to the collector; what cannot be sent is dropped");
            }
            (Ok(()), true) => tracing::info!("traces are sent to the collector again"),
            (Err(_), true) | (Ok(()), false) => {}
        }
    }
}

impl<E: SpanExporter> SpanExporter for Forgiving<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.exporter.export(batch).await;
        self.tell(&sent);
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
