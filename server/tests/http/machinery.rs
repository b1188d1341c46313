//! What programs ask for: how the portal is, and what developers look at.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::Value;

use crate::support::Harbour;

#[tokio::test]
async fn readiness_tells_how_long_the_oldest_mail_has_waited() {
    let harbour = Harbour::open().await;
    let ready = async || -> Value {
        let answer = harbour.get("/readyz").await;
        assert_eq!(
            (answer.status, &answer.headers["content-type"]),
            (StatusCode::OK, &"application/json".parse().unwrap())
        );
        serde_json::from_str(&answer.body).unwrap()
    };
    let idle = ready().await;
    assert_eq!((&idle["status"], &idle["mail"]["owed"]), (&Value::from("ready"), &Value::from(0)));
    assert_eq!(idle["mail"]["oldest_owed_seconds"], Value::Null);
    harbour.sign_up("open", &[("name", "Ada"), ("email", "ada@example.org")]).await;
    harbour.later(SignedDuration::from_secs(90));
    let waiting = ready().await;
    assert_eq!((&waiting["mail"]["owed"], &waiting["mail"]["oldest_owed_seconds"]), (&1.into(), &90.into()));
    for count in ["failed", "unknown"] {
        assert_eq!(waiting["mail"][count], Value::from(0));
    }
}

#[tokio::test]
async fn without_its_database_it_is_not_ready_and_says_so() {
    let harbour = Harbour::open().await;
    harbour.open.portal.store.close().await;
    let answer = harbour.get("/readyz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(serde_json::from_str::<Value>(&answer.body).unwrap()["status"], "failed");
    assert_eq!(harbour.get("/healthz").await.status, StatusCode::OK, "it lives");
}

#[tokio::test]
async fn every_mail_can_be_looked_at_in_both_languages() {
    let harbour = Harbour::open().await;
    let list = harbour.get("/dev/mail/samples").await.body;
    let mut paths: Vec<_> = list
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|path| path.starts_with("/dev/mail/samples/"))
        .collect();
    paths.sort_unstable();
    paths.dedup();
    assert!(paths.len() > 4 * 19, "{} pages for 19 kinds in two languages, as text and HTML", paths.len());
    for path in paths {
        let answer = harbour.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert_eq!(policy.contains("unsafe-inline"), path.ends_with("/html"), "{path}");
        assert!(!answer.body.contains("<script>"), "{path}");
    }
    for path in ["/dev/mail/samples/none/en", "/dev/mail/samples/confirmed/xx"] {
        assert_eq!(harbour.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
