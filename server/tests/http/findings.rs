//! What frameworks like ours have let through elsewhere, and must not here.

use axum::body::Body;
use http::{Request, StatusCode};

use crate::support::{Harbour, event, form, registering};

const REGISTER: &str = "/events/open/register";
const FIELDS: &[(&str, &str)] = &[("name", "Ada"), ("email", "ada@example.org")];

/// A title is text, though the framework's own title component writes it raw.
#[tokio::test]
async fn a_title_cannot_leave_its_element() {
    let hostile = "</title><script>alert(1)</script>";
    let harbour =
        Harbour::with(&[("events/open.md", event("open", hostile, &registering("capacity: 2")))]).await;
    for page in ["/", "/events", "/events/open"] {
        let body = harbour.get(page).await.body;
        assert!(!body.contains("<script>alert"), "{page}");
    }
    assert!(harbour.get("/events/open").await.body.contains("&lt;/title&gt;&lt;script&gt;alert(1)"));
}

/// What is typed into a text area is text, though the framework renders its children raw.
#[tokio::test]
async fn typed_text_cannot_leave_the_text_area() {
    let harbour = Harbour::open().await;
    let hostile = "</textarea><script>alert(1)</script>";
    let answer = harbour.post("/runs", &[("demo", "demo"), ("pipeline", hostile)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!answer.body.contains("<script>alert"), "{}", answer.body);
    assert!(answer.body.contains("&lt;/textarea&gt;"), "what was typed is kept");
}

/// A guard that redirects or refuses ends the request: nothing after it is done.
#[tokio::test]
async fn what_is_refused_is_not_done() {
    let past = "start: 2026-05-01 10:00\nzone: UTC\nregistration: {capacity: 2}";
    let harbour = Harbour::with(&[("events/open.md", event("open", "Past", past))]).await;
    assert_eq!(harbour.post(REGISTER, FIELDS).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(harbour.seats("open").await.taken, 0);
    assert!(harbour.mails().await.is_empty());
}

/// An address cannot put words into a page.
#[tokio::test]
async fn errors_in_the_address_are_not_shown() {
    let harbour = Harbour::open().await;
    let plain = harbour.get("/events/open").await.body;
    let spoofed =
        harbour.get("/events/open?__path=%2Fevents&__err=WW91ciBhY2NvdW50IGlzIGxvY2tlZA").await.body;
    assert_eq!(plain, spoofed);
    let place = harbour.get("/events/open/registered?place=%3Cscript%3E").await;
    assert_eq!(place.location(), "/events/open", "only the two places there are have words");
}

async fn posted_with(harbour: &Harbour, headers: &[(&str, &str)]) -> StatusCode {
    let token = harbour.token("/events/open").await;
    let fields: Vec<_> = FIELDS.iter().copied().chain([("form", token.as_str())]).collect();
    let mut request: Request<Body> = form(REGISTER, &fields);
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    harbour.send(request).await.status
}

/// Another site's form changes nothing here.
#[tokio::test]
async fn posts_from_other_sites_are_refused() {
    let harbour = Harbour::open().await;
    let host = ("host", "harbour.example.org");
    for headers in [
        &[host, ("sec-fetch-site", "cross-site")][..],
        &[host, ("sec-fetch-site", "same-site")],
        &[host, ("origin", "https://evil.example")],
        &[host, ("origin", "null")],
    ] {
        assert_eq!(posted_with(&harbour, headers).await, StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert_eq!(harbour.seats("open").await.taken, 0);
    for headers in [
        &[host, ("sec-fetch-site", "same-origin")][..],
        &[host, ("origin", "https://harbour.example.org")],
        &[host],
    ] {
        assert_eq!(posted_with(&harbour, headers).await, StatusCode::SEE_OTHER, "{headers:?}");
    }
}

/// Nothing that changes something can be reached by GET.
#[tokio::test]
async fn actions_do_not_answer_to_get() {
    let harbour = Harbour::open().await;
    assert_eq!(harbour.get(REGISTER).await.location(), "/events/open#register");
    assert_eq!(harbour.get("/runs").await.location(), "/playground");
    let cancel = harbour.get("/runs/aaaaaaaaaaaaaaaaaaaaaaaaaa/cancel").await;
    assert_eq!(cancel.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(harbour.seats("open").await.taken, 0);
}

/// A page elsewhere cannot reach the development portal by a name of its own.
#[tokio::test]
async fn strange_names_lead_nowhere_in_development() {
    let harbour = Harbour::open().await;
    let asked = |host: &str| {
        let request = Request::get("/dev/mail").header("host", host).body(Body::empty()).unwrap();
        harbour.send(request)
    };
    assert_eq!(asked("evil.example").await.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(asked("localhost:3000").await.status, StatusCode::OK);
}
