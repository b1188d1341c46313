//! Following, from the form to the one click that ends it.

use std::time::{Duration, Instant};

use axum::body::Body;
use http::{Request, StatusCode};
use jiff::SignedDuration;

use crate::support::{Harbour, event, link, registering};

const ADA: &str = "ada@example.org";

async fn harbour() -> Harbour {
    let more = format!("series: cicd\nplace: Hamburg, Germany\n{}", registering("capacity: 2"));
    Harbour::with(&[
        ("events/open.md", event("open", "Open", &more)),
        ("series/cicd.md", "---\ntitle: CI/CD evenings\nsummary: A series.\n---\nText.\n".to_owned()),
    ])
    .await
}

async fn ask(harbour: &Harbour, topic: &str, address: &str) -> crate::support::Answer {
    harbour.fill_in("/follow", "/follow", &[("email", address), ("topic", topic)]).await
}

/// Asks, confirms, and returns the path of the link in the mail.
async fn following(harbour: &Harbour, topic: &str) -> String {
    assert_eq!(ask(harbour, topic, ADA).await.location(), "/follow/asked");
    let confirm = link(&harbour.last_mail_to(ADA).await, "/follow/confirm/");
    assert_eq!(harbour.post(&confirm, &[]).await.status, StatusCode::OK);
    confirm
}

/// Announces another meetup and returns how many mails there are once that has settled.
async fn announce(harbour: &Harbour, file: &str) -> usize {
    let desk = &harbour.open.portal.desk;
    desk.herald().await.unwrap();
    let more = format!("place: Hamburg, Germany\n{}", registering("capacity: 2"));
    harbour.rewrite(&format!("events/{file}.md"), &event(file, "A new meetup", &more));
    desk.herald().await.unwrap();
    harbour.later(SignedDuration::from_mins(11));
    desk.herald().await.unwrap();
    harbour.mails().await.len()
}

#[tokio::test]
async fn whoever_follows_hears_of_a_new_meetup_once_and_ends_it_in_one_click() {
    let harbour = harbour().await;
    following(&harbour, "city:hamburg").await;
    assert_eq!(announce(&harbour, "new").await, 2);
    let told = harbour.last_mail_to(ADA).await;
    assert!(told.text.contains("A new meetup"), "{}", told.text);
    assert!(told.raw.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{}", told.raw);
    let head = told.raw.replace("\r\n ", " ");
    let line = head.lines().find(|line| line.starts_with("List-Unsubscribe: ")).unwrap();
    let stop = line.split("https://harbour.example.org").nth(1).unwrap().trim_end_matches('>').to_owned();

    for _ in 0..2 {
        assert_eq!(harbour.get(&stop).await.status, StatusCode::OK);
    }
    let follows = || harbour.open.portal.store.follows_by_address(ADA);
    assert_eq!(follows().await.unwrap().len(), 1, "looking ends nothing");

    // As mail providers send it: no cookies, no Origin, a form of several parts.
    let body =
        "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    let request = Request::post(&stop)
        .header("content-type", "multipart/form-data; boundary=x")
        .header("host", "harbour.example.org")
        .body(Body::from(body));
    assert_eq!(harbour.send(request.unwrap()).await.status, StatusCode::OK, "no redirect");
    assert!(follows().await.unwrap().is_empty());
    let again = harbour.post(&stop, &[("List-Unsubscribe", "One-Click")]).await;
    assert_eq!(again.status, StatusCode::OK, "it can be clicked twice");
    assert_eq!(announce(&harbour, "newer").await, 2, "nothing comes any more");
}

#[tokio::test]
async fn nobody_follows_before_they_said_so() {
    let harbour = harbour().await;
    ask(&harbour, "portal", ADA).await;
    let confirm = link(&harbour.last_mail_to(ADA).await, "/follow/confirm/");
    assert_eq!(harbour.get(&confirm).await.status, StatusCode::OK);
    assert_eq!(announce(&harbour, "new").await, 1, "opening the link confirms nothing");
}

#[tokio::test]
async fn the_answer_is_the_same_for_known_and_unknown_addresses() {
    let harbour = harbour().await;
    following(&harbour, "series:cicd").await;
    let known = ask(&harbour, "series:cicd", "ADA@example.org").await;
    let unknown = ask(&harbour, "series:cicd", "bob@example.org").await;
    assert_eq!((known.status, known.location()), (unknown.status, unknown.location()));
    assert_eq!(harbour.mails().await.len(), 2, "who follows already is not asked again");
    let began = Instant::now();
    ask(&harbour, "series:cicd", ADA).await;
    assert!(began.elapsed() >= Duration::from_millis(100), "nor is the answer there at once");
    assert_eq!(harbour.get(known.location()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn mistakes_are_told_and_nobody_is_written_to() {
    let harbour = harbour().await;
    for (topic, address, words) in [
        ("portal", "ada", "e-mail address"),
        ("city:atlantis", ADA, "choose what you want to follow"),
        ("<script>", ADA, "choose what you want to follow"),
    ] {
        let refused = ask(&harbour, topic, address).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{topic}");
        assert!(refused.body.contains(words) && refused.body.contains(address), "{topic}: {}", refused.body);
    }
    let stale = harbour.post("/follow", &[("email", ADA), ("topic", "portal")]).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    let chosen = harbour.get("/follow?topic=city%3Ahamburg").await.body;
    let hamburg = chosen.split("city:hamburg").nth(1).unwrap();
    assert!(hamburg.split('>').next().unwrap().contains("checked"), "what one came for is chosen");
    assert!(harbour.mails().await.is_empty());
}
