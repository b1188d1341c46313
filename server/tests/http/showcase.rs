//! The showcase: figures from the portal's own runs, as a page, as JSON and as badges.

use axum::body::Body;
use http::{Request, StatusCode};

use crate::playground::ready;

#[tokio::test]
async fn figures_are_those_of_runs_that_ended() {
    let harbour = ready().await;
    let before = harbour.get("/showcase").await;
    assert_eq!(before.status, StatusCode::OK);
    let none = "No run yet on this portal.";
    assert_eq!(before.body.matches(none).count(), 4, "{}", before.body);
    assert!(!before.body.contains("player: process isolation"), "{}", before.body);
    let run = harbour.post("/runs", &[("demo", "demo")]).await.location().to_owned();
    harbour.until("/showcase", &run).await;
    let page = harbour.get("/showcase").await.body;
    assert!(page.matches(none).count() == 4 && page.contains("player: process isolation"), "{page}");
    assert!(page.contains("class=\"chart\"") && page.contains("The same as a table"), "{page}");
    let json = harbour.get("/showcase.json").await;
    assert_eq!(json.headers["content-type"], "application/json");
    let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(json["counted_runs"], 1);
    let figures = json["figures"].as_array().unwrap();
    let runs = |executor: &str| {
        figures.iter().find(|figure| figure["executor"] == executor).unwrap()["runs"].clone()
    };
    assert_eq!((runs("player"), runs("bubblewrap"), runs("kubernetes")), (1.into(), 0.into(), 0.into()));
    assert_eq!(json["demos"][0]["latest"]["state"], "succeeded");
    assert!(harbour.get("/playground").await.body.contains("Latest run: "));
}

#[tokio::test]
async fn a_badge_can_be_shown_anywhere_and_is_asked_for_again() {
    let harbour = ready().await;
    let badge = harbour.get("/badges/demo.svg").await;
    assert_eq!(badge.headers["content-type"], "image/svg+xml");
    assert_eq!(badge.headers["cross-origin-resource-policy"], "cross-origin");
    assert!(badge.headers["cache-control"].to_str().unwrap().starts_with("public, max-age=60"));
    assert!(badge.body.contains("not run yet"), "{}", badge.body);
    let again = |tag: &str| {
        let request = Request::get("/badges/demo.svg").header("if-none-match", tag);
        harbour.send(request.body(Body::empty()).unwrap())
    };
    let tag = badge.headers["etag"].to_str().unwrap();
    assert_eq!(again(tag).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(again(&format!("W/{tag}")).await.status, StatusCode::NOT_MODIFIED);
    let run = harbour.post("/runs", &[("demo", "demo")]).await.location().to_owned();
    harbour.until("/showcase", &run).await;
    let changed = again(tag).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert!(changed.body.contains("succeeded in"), "{}", changed.body);
    for none in ["/badges/demo", "/badges/none.svg", "/badges/demo.png"] {
        assert_eq!(harbour.get(none).await.status, StatusCode::NOT_FOUND, "{none}");
    }
}
