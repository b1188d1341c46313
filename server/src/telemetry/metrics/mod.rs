//! Metrics in the OpenMetrics text format.
//!
//! Names begin with `regatta_`, end in their unit, and never change; those of the process are what every exporter calls
//! them. Labels are patterns of routes, endings, executors and the like, of which there are few: never an identity, and
//! never anything that a visitor wrote.

mod cluster;
mod collected;
mod process;
mod readings;
mod registrations;
mod runs;
mod web;

use std::fmt;

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use self::process::ProcessCollector;
pub use self::readings::{Readings, ReadingsKeeper};
pub use self::registrations::{FormOutcome, RegistrationMetrics};
pub use self::runs::RunMetrics;
pub use self::web::{Seat, UnderWay, WebMetrics};

/// What [`Metrics::text`] is (OpenMetrics 1.0, "Content-Type").
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is measured.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Requests and connections.
    pub web: WebMetrics,
    /// Runs.
    pub runs: RunMetrics,
    /// Registrations.
    pub registrations: RegistrationMetrics,
    /// What is read off the rooms when somebody asks.
    pub readings: ReadingsKeeper,
}

#[derive(Clone, Debug, EncodeLabelSet, PartialEq, Eq, Hash)]
struct Build {
    version: &'static str,
}

impl Metrics {
    /// Of a process that began at this moment; nothing happened yet.
    pub fn new(started: Timestamp) -> Self {
        let mut registry = Registry::default();
        let (web, runs) = (WebMetrics::default(), RunMetrics::default());
        let (registrations, readings) = (RegistrationMetrics::default(), ReadingsKeeper::default());
        let own = registry.sub_registry_with_prefix("regatta");
        own.register(
            "build",
            "Which program this is",
            Info::new(Build { version: env!("CARGO_PKG_VERSION") }),
        );
        web.register(own);
        runs.register(own);
        registrations.register(own);
        own.register_collector(Box::new(readings.clone()));
        registry.register_collector(Box::new(ProcessCollector::new(started)));
        Self { registry, web, runs, registrations, readings }
    }

    /// All of it, as a scraper reads it.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut told = String::new();
        text::encode(&mut told, &self.registry)?;
        Ok(told)
    }
}
