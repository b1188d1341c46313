//! What operators and their machines are shown, on a listener that visitors do not reach.

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, Request, StatusCode};
use regatta::telemetry::logs::Fault;
use regatta::web::admin_router;
use regatta_playground::Availability;
use serde_json::Value;
use tower::ServiceExt as _;
use tracing::Level;

use crate::playground::{pipeline, ready};
use crate::support::{Answer, Harbour};

/// What the second listener serves.
pub struct Office(Router);

impl Office {
    pub fn of(harbour: &Harbour) -> Self {
        Self(admin_router(harbour.open.portal.clone()))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.0.clone().oneshot(request).await.unwrap().into_parts();
        let body = String::from_utf8(to_bytes(body, 8 << 20).await.unwrap().into()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

fn readiness(answer: &Answer) -> (StatusCode, Value) {
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

#[tokio::test]
async fn visitors_reach_none_of_it() {
    let harbour = Harbour::open().await;
    for path in ["/metrics", "/health", "/health/probe"] {
        assert_eq!(harbour.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let office = Office::of(&harbour);
    for path in ["/metrics", "/health", "/healthz", "/readyz"] {
        assert_eq!(office.get(path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(office.get("/events").await.status, StatusCode::NOT_FOUND, "and operators none of the rest");
}

#[tokio::test]
async fn readiness_says_what_is_missing() {
    let harbour = Harbour::open().await;
    let office = Office::of(&harbour);
    let (status, told) = readiness(&office.get("/readyz").await);
    assert_eq!((status, &told["status"], &told["missing"]), (StatusCode::OK, &"ready".into(), &Value::Null));
    harbour.open.portal.store.close().await;
    let (status, told) = readiness(&office.get("/readyz").await);
    assert_eq!((status, &told["status"]), (StatusCode::SERVICE_UNAVAILABLE, &"failed".into()));
    assert_eq!(told["missing"], serde_json::json!(["database"]));
    assert_eq!(office.get("/healthz").await.status, StatusCode::OK, "it lives");
    let page = office.get("/health").await;
    assert_eq!(page.status, StatusCode::OK, "the page is shown most of all when something is wrong");
    assert!(
        page.body.contains("Missing: database") && page.body.contains("it does not answer"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn who_was_told_to_stop_is_not_ready_but_still_serves() {
    let harbour = Harbour::open().await;
    harbour.open.portal.draining.cancel();
    for answer in [Office::of(&harbour).get("/readyz").await, harbour.get("/readyz").await] {
        let (status, told) = readiness(&answer);
        assert_eq!((status, &told["status"]), (StatusCode::SERVICE_UNAVAILABLE, &"draining".into()));
    }
    assert_eq!(harbour.get("/events").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_page_tells_how_everything_is() {
    let harbour = ready().await;
    let portal = &harbour.open.portal;
    let now = portal.clock.now();
    portal
        .store
        .lease("herald", "herald-of-this-test", now, now + jiff::SignedDuration::from_secs(30))
        .await
        .unwrap();
    let (level, target) = (Level::ERROR, "regatta::test".to_owned());
    portal.telemetry.faults.note(Fault { at: now, level, target, words: "<b>it broke</b>".to_owned() });
    harbour.sign_up("open", &[("name", "Ada"), ("email", "ada@example.org")]).await;
    let page = Office::of(&harbour).get("/health").await;
    assert_eq!(page.headers[CONTENT_TYPE], "text/html; charset=utf-8");
    for wanted in [
        "The portal is ready.",
        "sqlite",
        "herald-of-this-test",
        "player: process isolation",
        "found",
        "room for 4",
        "&lt;b&gt;it broke&lt;/b&gt;",
        "2026-06-01 10:00:00 UTC",
    ] {
        assert!(page.body.contains(wanted), "{wanted} in {}", page.body);
    }
    assert!(!page.body.contains("ada@example.org") && !page.body.contains("<script"), "{}", page.body);
    let reason = "no sandbox was found: install bubblewrap".to_owned();
    portal.playground.set_availability(Availability::Off { reason });
    assert!(Office::of(&harbour).get("/health").await.body.contains("install bubblewrap"));
}

#[tokio::test]
async fn its_style_sheet_is_served_beside_it() {
    let harbour = Harbour::open().await;
    let office = Office::of(&harbour);
    let page = office.get("/health").await.body;
    let sheet =
        page.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(office.get(&sheet).await.status, StatusCode::OK, "{sheet}");
}

#[tokio::test]
async fn another_probe_is_asked_for_by_a_button_of_this_page_alone() {
    let harbour = Harbour::open().await;
    let office = Office::of(&harbour);
    let post = |headers: &[(&str, &str)]| {
        let mut request = Request::post("/health/probe");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        office.send(request.body(Body::empty()).unwrap())
    };
    let foreign = post(&[("sec-fetch-site", "cross-site"), ("host", "127.0.0.1:9090")]).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let asked = post(&[("sec-fetch-site", "same-origin"), ("host", "127.0.0.1:9090")]).await;
    assert_eq!((asked.status, asked.location()), (StatusCode::SEE_OTHER, "/health"));
    assert!(asked.headers.contains_key(LOCATION));
    // A name of somebody else's that leads here (DNS rebinding).
    assert_eq!(post(&[("host", "evil.example")]).await.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn requests_have_ids_that_only_trusted_proxies_give() {
    let harbour = Harbour::configured(&[], &[("REGATTA__HTTP__TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    let id = async |peer: [u8; 4]| -> String {
        let peer = std::net::SocketAddr::from((peer, 4000));
        let mut request = Request::get("/").header("x-request-id", "given-7").body(Body::empty()).unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        let headers: HeaderMap = harbour.send_raw(request).await.headers;
        headers["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(id([10, 0, 0, 1]).await, "given-7");
    let (one, two) = (id([198, 51, 100, 1]).await, id([198, 51, 100, 1]).await);
    assert!(one != "given-7" && one != two, "{one} {two}");
}

#[tokio::test]
async fn live_streams_end_with_the_portal_and_say_when_to_come_back() {
    let harbour = ready().await;
    let fields = [("demo", "demo"), ("pipeline", &*pipeline("wait-for-cancel"))];
    let run = harbour.post("/runs", &fields).await.location().to_owned();
    let stream = harbour.begin(Request::get(format!("{run}/events")).body(Body::empty()).unwrap()).await;
    let watching = Office::of(&harbour);
    let metrics = || watching.get("/metrics");
    assert!(metrics().await.body.contains("regatta_live_streams_open 1"));
    harbour.open.portal.closing.cancel();
    let told = to_bytes(stream.into_body(), 1 << 20).await.unwrap();
    let told = std::str::from_utf8(&told).unwrap();
    let last = told.trim_end().rsplit("\n\n").next().unwrap();
    let wait: u64 = last.strip_prefix("retry: ").unwrap().parse().unwrap();
    assert!((1000..5000).contains(&wait), "{told}");
}
