//! What one network asks for at once, and that it leaves room for others.

use axum::body::{Body, Bytes};
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};

use crate::support::{Harbour, form};

/// A portal with a demo and nothing that could run it yet, behind a proxy that tells who asks.
async fn behind_a_proxy(settings: &[(&str, &str)]) -> Harbour {
    let proxy = [("REGATTA__HTTP__TRUSTED_PROXIES", "127.0.0.0/8")];
    Harbour::configured(&[], &[&proxy, settings].concat()).await
}

fn from(network: &str, mut request: Request<Body>) -> Request<Body> {
    request.headers_mut().insert("x-forwarded-for", network.parse().unwrap());
    request
}

#[tokio::test]
async fn one_network_leaves_live_seats_to_others() {
    let harbour = behind_a_proxy(&[("REGATTA__LIMITS__VIEWERS", "20")]).await;
    let run = harbour.post("/runs", &[("demo", "demo")]).await.location().to_owned();
    let watch = async |network: &str| {
        let request = Request::get(format!("{run}/events")).body(Body::empty()).unwrap();
        harbour.begin(from(network, request)).await
    };
    let mut greedy = Vec::new();
    for _ in 0..10 {
        let stream = watch("198.51.100.7").await;
        assert_eq!(stream.status(), StatusCode::OK);
        greedy.push(stream);
    }
    assert_eq!(watch("198.51.100.8").await.status(), StatusCode::SERVICE_UNAVAILABLE, "the same network");
    let other = watch("203.0.113.5").await;
    assert_eq!(other.status(), StatusCode::OK, "another has a seat");
    drop(greedy);
    assert_eq!(watch("198.51.100.7").await.status(), StatusCode::OK, "who leaves gives the seat back");
}

/// A form whose text never comes to its end.
fn endless(path: &str) -> Request<Body> {
    let begun = futures_util::stream::once(async { Ok::<_, std::io::Error>(Bytes::from("pipeline=jobs")) });
    let body = futures_util::StreamExt::chain(begun, futures_util::stream::pending());
    let kind = "application/x-www-form-urlencoded";
    Request::post(path).header(CONTENT_TYPE, kind).body(Body::from_stream(body)).unwrap()
}

#[tokio::test]
async fn texts_that_never_end_keep_nobody_else_from_sending_theirs() {
    let harbour = behind_a_proxy(&[]).await;
    let mut slow: Vec<_> = (0..128)
        .map(|number| {
            let path = ["/runs", "/playground/check", "/playground/share"][number % 3];
            Box::pin(harbour.begin(from("198.51.100.7", endless(path))))
        })
        .collect();
    for sent in &mut slow {
        assert!(futures_util::poll!(sent).is_pending());
    }
    let fields = [("pipeline", "jobs: {}")];
    let refused = harbour.send(from("198.51.100.9", form("/playground/check", &fields))).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers["retry-after"], "1");
    assert!(refused.body.contains("<h1"), "in words: {}", refused.body);
    let page = from("198.51.100.9", Request::get("/playground").body(Body::empty()).unwrap());
    assert_eq!(harbour.send(page).await.status, StatusCode::OK, "pages are not texts");
    let other = harbour.send(from("203.0.113.5", form("/playground/check", &fields))).await;
    assert_eq!(other.status, StatusCode::OK);
    drop(slow);
    let again = harbour.send(from("198.51.100.9", form("/playground/check", &fields))).await;
    assert_eq!(again.status, StatusCode::OK);
}

/// Browsers send the end of a line as six characters.
#[tokio::test]
async fn the_longest_text_fits_into_a_form_however_it_is_encoded() {
    let harbour = behind_a_proxy(&[]).await;
    let start = "shared: {image: host-tools}\njobs: {main: {requires: [], steps: [hello: echo]}}\n";
    let text = |bytes: usize| format!("{start}{}", "\n".repeat(bytes - start.len())).replace('\n', "\r\n");
    let fits = harbour.post("/playground/check", &[("pipeline", &text(64 << 10))]).await;
    assert_eq!(fits.status, StatusCode::OK);
    assert!(!fits.body.contains("64 KiB"), "nothing is said of its length");
    let longer = harbour.post("/runs", &[("pipeline", &text((64 << 10) + 1))]).await;
    assert_eq!(longer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(longer.body.contains("64 KiB"), "{}", &longer.body[..2000]);
}
