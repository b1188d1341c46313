//! The public website.

use axum::body::Body;
use http::{Request, StatusCode};

use crate::support::{Harbour, event, registering};

const PAGES: &[&str] = &[
    "/",
    "/ambassadors",
    "/ambassadors/ada",
    "/events",
    "/events/open",
    "/posts",
    "/posts/news",
    "/privacy",
    "/playground",
    "/playground/demo",
    "/showcase",
];

async fn full() -> Harbour {
    Harbour::with(&[
        ("events/open.md", event("open", "An open meetup", &registering("capacity: 2"))),
        ("ambassadors/ada.md", "---\nname: Ada\nsummary: A test person.\n---\nText.\n".to_owned()),
        ("posts/news.md", "---\ntitle: News\nsummary: Some news.\ndate: 2026-05-01\n---\nText.\n".to_owned()),
        ("pages/privacy.md", "---\ntitle: Privacy\nsummary: What is kept.\n---\nText.\n".to_owned()),
    ])
    .await
}

#[tokio::test]
async fn every_page_is_complete_html_without_scripts_of_its_own() {
    let harbour = full().await;
    for page in PAGES {
        let answer = harbour.get(page).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}");
        assert!(answer.body.starts_with("<!DOCTYPE html>"), "{page}");
        assert_eq!(answer.body.matches("<h1").count(), 1, "{page} has one heading of the first rank");
        assert!(
            !answer.body.contains("wasm") && !answer.body.contains("leptos-island"),
            "{page} loads no WebAssembly"
        );
        assert!(
            !answer.body.contains(" style=") && !answer.body.contains("<style"),
            "{page} has inline style"
        );
        let inline = answer.body.split("<script").skip(1).filter(|script| {
            let tag = script.split('>').next().unwrap();
            !tag.contains("src=") && !tag.contains("application/ld+json")
        });
        assert_eq!(inline.count(), 0, "{page} has an inline script");
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let harbour = full().await;
    for path in ["/", "/nothing-here", "/assets/none.css", "/healthz"] {
        let headers = harbour.get(path).await.headers;
        let policy = headers["content-security-policy"].to_str().unwrap().to_owned();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"),
            "{path}: {policy}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{path}");
        assert!(headers.contains_key("strict-transport-security"), "{path}");
    }
}

#[tokio::test]
async fn refusals_are_pages_with_the_right_status() {
    let harbour = full().await;
    for path in [
        "/nothing-here",
        "/events/none",
        "/posts/none",
        "/ambassadors/none",
        "/runs/none",
        "/playground/none",
    ] {
        let answer = harbour.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.body.contains("<h1"), "{path} has no page");
    }
    let wrong_method = harbour.post("/events", &[]).await;
    assert_eq!(wrong_method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(wrong_method.body.contains("<h1"));
    let asked = Request::get("/nothing-here").header("accept-encoding", "gzip").body(Body::empty()).unwrap();
    assert_eq!(
        harbour.send_raw(asked).await.headers["content-encoding"],
        "gzip",
        "error pages travel light too"
    );
    let not_a_form = Request::post("/events/open/register").body(Body::from("{}")).unwrap();
    let answer = harbour.send(not_a_form).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(answer.body.contains("<h1"));
}

#[tokio::test]
async fn a_slash_too_many_leads_home_and_nowhere_else() {
    let harbour = full().await;
    let answer = harbour.get("/events/?x=1").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::PERMANENT_REDIRECT, "/events?x=1"));
    for elsewhere in ["//evil.example/", "///evil.example/"] {
        assert_eq!(harbour.get(elsewhere).await.status, StatusCode::NOT_FOUND, "{elsewhere}");
    }
}

#[tokio::test]
async fn a_former_address_redirects_for_good() {
    let more = format!("formerly: [old-name]\n{}", registering("capacity: 2"));
    let harbour = Harbour::with(&[("events/new-name.md", event("kept", "Renamed", &more))]).await;
    for (old, new) in [("", ""), ("/calendar.ics", "/calendar.ics")] {
        let answer = harbour.get(&format!("/events/old-name{old}")).await;
        let new = format!("/events/new-name{new}");
        assert_eq!((answer.status, answer.location()), (StatusCode::PERMANENT_REDIRECT, new.as_str()));
    }
    let fields = [("name", "Ada"), ("email", "ada@example.org")];
    let posted = harbour.fill_in("/events/new-name", "/events/old-name/register", &fields).await;
    assert_eq!(
        posted.location(),
        "/events/new-name/registered?place=seat",
        "a form that was open loses nothing"
    );
}

#[tokio::test]
async fn a_broken_file_harms_no_other_page() {
    let plain = [("events/open.md", event("open", "An open meetup", "date: 2026-07-01"))];
    let harbour = Harbour::with(&plain).await;
    harbour.rewrite("events/broken.md", "---\nid: [\n---\n");
    assert_eq!(harbour.get("/events/open").await.status, StatusCode::OK);
    assert_eq!(harbour.get("/events/broken").await.status, StatusCode::NOT_FOUND);
    let library = harbour.open.portal.shelf.library();
    assert!(library.problems().iter().any(|problem| problem.to_string().contains("broken.md")));
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_pages_are_asked_for_again() {
    let harbour = full().await;
    let home = harbour.get("/").await;
    assert_eq!(home.headers["cache-control"], "private, no-cache");
    let sheet = home.body.split('"').find(|part| part.starts_with("/assets/site-")).unwrap();
    let plain = harbour.get(sheet).await;
    assert_eq!(plain.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(plain.headers["content-type"], "text/css; charset=utf-8");
    let asked = Request::head(sheet).header("accept-encoding", "gzip, br").body(Body::empty()).unwrap();
    assert_eq!(harbour.send(asked).await.headers["content-encoding"], "br");
}

#[tokio::test]
async fn an_event_can_be_put_into_a_calendar() {
    let harbour = full().await;
    let answer = harbour.get("/events/open/calendar.ics").await;
    assert_eq!(answer.headers["content-type"], "text/calendar; charset=utf-8; method=PUBLISH");
    assert!(answer.body.contains("UID:open@harbour.example.org\r\n"), "{}", answer.body);
    assert!(answer.body.contains("DTSTART;TZID=Europe/Berlin:20260701T180000\r\n"), "{}", answer.body);
}
