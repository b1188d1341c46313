//! Traces, as a collector receives them over HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::routing::post;
use http::{HeaderMap, Request, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use regatta::config::Telemetry;
use regatta::telemetry::traces::Traces;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::playground::{pipeline, ready};
use crate::support::Harbour;

/// What a collector was sent.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

impl Collector {
    async fn open() -> (Self, String) {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/v1/traces", post(receive)).with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (collector, format!("http://{address}/v1/traces"))
    }

    fn spans(&self) -> Vec<Span> {
        let received = self.0.lock().unwrap();
        let scopes = received.iter().flat_map(|sent| &sent.resource_spans).flat_map(|of| &of.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    fn span(&self, name: &str) -> Span {
        let spans = self.spans();
        let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
        spans
            .iter()
            .find(|span| span.name == name)
            .cloned()
            .unwrap_or_else(|| panic!("no {name} in {names:?}"))
    }
}

async fn receive(State(collector): State<Collector>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    collector.0.lock().unwrap().push(ExportTraceServiceRequest::decode(body).unwrap());
    StatusCode::OK
}

fn settings(endpoint: String) -> Telemetry {
    Telemetry { otlp_endpoint: Some(endpoint), service_name: "regatta-under-test".into(), sample_ratio: 1.0 }
}

fn attribute(span: &Span, key: &str) -> Option<Value> {
    span.attributes.iter().find(|it| it.key == key)?.value.clone()?.value
}

fn text(span: &Span, key: &str) -> String {
    match attribute(span, key) {
        Some(Value::StringValue(text)) => text,
        other => panic!("{key} is {other:?} in {span:?}"),
    }
}

/// Asks as a proxy that the operator trusts, or does not, with the trace that it is in.
async fn ask_within(harbour: &Harbour, peer: [u8; 4], trace: &str) {
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let mut request = Request::get("/events").header("traceparent", parent).body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 4000))));
    assert_eq!(harbour.send_raw(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_run_is_a_trace_with_its_jobs_and_their_milestones() {
    let (collector, endpoint) = Collector::open().await;
    let traces = Traces::begin(&settings(endpoint), &Handle::current()).unwrap().unwrap();
    let listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.layer()));
    let harbour = ready().await;
    let fields = [("demo", "demo"), ("pipeline", &*pipeline("echo zanzibar"))];
    let run = harbour.post("/runs", &fields).await.location().to_owned();
    assert!(harbour.get(&format!("{run}/events")).await.body.contains("data: over"));
    harbour.open.close().await;
    drop(listening);
    traces.end().await;

    let id = run.rsplit('/').next().unwrap();
    let (asked, conducted) = (collector.span("POST /runs"), collector.span("run"));
    assert_eq!(text(&conducted, "run"), id);
    assert_eq!(conducted.links[0].trace_id, asked.trace_id, "the run leads back to who asked for it");
    let events: Vec<&str> = conducted.events.iter().map(|event| event.name.as_str()).collect();
    for wanted in ["accepted", "a run has its turn", "a run is over"] {
        assert!(events.contains(&wanted), "{wanted}: {events:?}");
    }
    let job = collector.span("job");
    assert_eq!((&job.trace_id, &job.parent_span_id), (&conducted.trace_id, &conducted.span_id));
    assert!(job.events.iter().any(|event| event.name == "asked"), "{:?}", job.events);
    assert!(job.end_time_unix_nano >= job.start_time_unix_nano && job.start_time_unix_nano > 0);
    let sent = format!("{:?}", collector.0.lock().unwrap());
    assert!(sent.contains("regatta-under-test"));
    assert!(!sent.contains("zanzibar"), "no text of a visitor is in a trace");
}

#[tokio::test]
async fn a_trace_is_joined_where_a_trusted_proxy_began_it() {
    let (collector, endpoint) = Collector::open().await;
    let traces = Traces::begin(&settings(endpoint), &Handle::current()).unwrap().unwrap();
    let listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.layer()));
    let harbour = Harbour::configured(&[], &[("REGATTA__HTTP__TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    let (trusted, stranger) = ("4bf92f3577b34da6a3ce929d0e0e4736", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    ask_within(&harbour, [10, 0, 0, 1], trusted).await;
    ask_within(&harbour, [198, 51, 100, 1], stranger).await;
    harbour.open.close().await;
    drop(listening);
    traces.end().await;

    let spans: Vec<Span> = collector.spans().into_iter().filter(|span| span.name == "GET /events").collect();
    let ids: Vec<String> = spans.iter().map(|span| data_encoding::HEXLOWER.encode(&span.trace_id)).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.iter().any(|id| id == trusted) && ids.iter().all(|id| id != stranger), "{ids:?}");
    assert_eq!(attribute(&spans[0], "status"), Some(Value::IntValue(200)));
}

#[tokio::test]
async fn a_collector_that_is_away_hurts_nobody() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v1/traces", closed.local_addr().unwrap());
    drop(closed);
    let traces = Traces::begin(&settings(endpoint), &Handle::current()).unwrap().unwrap();
    let listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.layer()));
    let harbour = Harbour::open().await;
    assert_eq!(harbour.get("/events").await.status, StatusCode::OK);
    drop(listening);
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), traces.end()).await;
    assert!(ended.is_ok(), "the end is not put off for long");
}

#[tokio::test]
async fn without_an_endpoint_there_are_no_traces() {
    let off = Telemetry { otlp_endpoint: None, ..settings(String::new()) };
    assert!(Traces::begin(&off, &Handle::current()).unwrap().is_none());
}
