//! What is measured of requests and connections.

use std::time::Duration;

use axum::extract::MatchedPath;
use http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// From a page out of memory to a form that waits for its turn at the desk.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 20.0];

/// What stands in the place of the route where nothing has the address.
const NO_ROUTE: &str = "(none)";

/// Requests and connections.
#[derive(Clone, Debug)]
pub struct WebMetrics {
    requests: Family<Answered, Counter>,
    took: Family<Asked, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    pages: Family<Page, Counter>,
    connections: Gauge,
    refused: Family<Refused, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Page {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    what: &'static str,
}

/// What somebody was turned away from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// A connection: their network has too many.
    Connection,
    /// A live stream.
    LiveStream,
    /// Sending in a text.
    Text,
}

impl Seat {
    const ALL: [Self; 3] = [Self::Connection, Self::LiveStream, Self::Text];

    fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::LiveStream => "live_stream",
            Self::Text => "text",
        }
    }
}

/// A request that is being answered, or a connection that is open; over when this is dropped.
#[derive(Debug)]
pub struct UnderWay(Gauge);

impl UnderWay {
    fn on(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for WebMetrics {
    fn default() -> Self {
        let refused = Family::default();
        for seat in Seat::ALL {
            // It is told from the first scrape on, so that the first refusal shows as an increase.
            drop(refused.get_or_create(&Refused { what: seat.as_str() }));
        }
        Self {
            requests: Family::default(),
            took: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            in_flight: Gauge::default(),
            pages: Family::default(),
            connections: Gauge::default(),
            refused,
        }
    }
}

impl WebMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("http");
        registry.register(
            "requests",
            "Requests that were answered, by method, pattern of the route and class of the status",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "From a request's head to the beginning of its answer",
            Unit::Seconds,
            self.took.clone(),
        );
        registry.register(
            "requests_in_flight",
            "Requests whose answer has not begun",
            self.in_flight.clone(),
        );
        registry.register(
            "pages",
            "Pages that were shown to somebody: GET, answered with 200 and HTML, by pattern of the route",
            self.pages.clone(),
        );
        registry.register(
            "connections_open",
            "Connections of visitors that are open",
            self.connections.clone(),
        );
        registry.register(
            "seats_refused",
            "Times that somebody was turned away, because there were too many or their network had its share",
            self.refused.clone(),
        );
    }

    /// A request arrived.
    pub fn begin(&self) -> UnderWay {
        UnderWay::on(&self.in_flight)
    }

    /// A connection was taken.
    pub fn connected(&self) -> UnderWay {
        UnderWay::on(&self.connections)
    }

    /// Somebody was turned away.
    pub fn refuse(&self, seat: Seat) {
        self.refused.get_or_create(&Refused { what: seat.as_str() }).inc();
    }

    /// The answer to a request begins.
    pub fn answered(&self, method: &Method, route: Option<&MatchedPath>, status: StatusCode, took: Duration) {
        let (method, route) = (method_label(method), route_label(route));
        let asked = Asked { method, route: route.clone() };
        self.took.get_or_create(&asked).observe(took.as_secs_f64());
        self.requests.get_or_create(&Answered { method, route, status: status_label(status) }).inc();
    }

    /// A page was shown.
    pub fn shown(&self, route: Option<&MatchedPath>) {
        self.pages.get_or_create(&Page { route: route_label(route) }).inc();
    }
}

fn route_label(route: Option<&MatchedPath>) -> String {
    route.map_or(NO_ROUTE, MatchedPath::as_str).to_owned()
}

/// Anybody can make up a method; only those that the portal knows have a name of their own.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    }
}

fn status_label(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
