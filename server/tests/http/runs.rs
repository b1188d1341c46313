//! A run's log in every form, through the front door.

use http::StatusCode;
use jiff::SignedDuration;
use regatta_store::records::AuditEntry;
use serde_json::Value;

use crate::playground::{pipeline, ready};
use crate::support::Harbour;

/// What a log can be read from, and a job of it.
const FORMS: [&str; 4] = ["/events", "/events.json", "/log", "/lines?job=1&step=1"];

/// A run of the demo that is over, also in the store.
async fn over(harbour: &Harbour) -> String {
    let run = harbour.post("/runs", &[("demo", "demo")]).await.location().to_owned();
    harbour.until("/showcase", &run).await;
    run
}

/// A run of two jobs, the second of which has two steps, that told its last event.
async fn of_two_jobs(harbour: &Harbour) -> String {
    let text = format!(
        "{}  ship:\n    requires: [main]\n    steps:\n      - load: echo loaded\n      - sail: |\n          echo sailed\n          echo <b>far</b>\n",
        pipeline("echo packed")
    );
    let run = harbour.post("/runs", &[("demo", "demo"), ("pipeline", &text)]).await.location().to_owned();
    harbour.get(&format!("{run}/events")).await;
    run
}

/// The lines of a text without those in which the executor tells of its environment.
fn said(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.contains('=')).collect()
}

fn events(json: &str) -> Vec<Value> {
    serde_json::from_str(json).unwrap()
}

#[tokio::test]
async fn a_log_whose_time_is_over_is_gone_and_the_page_still_says_how_it_went() {
    let harbour = ready().await;
    let run = over(&harbour).await;
    harbour.later(SignedDuration::from_hours(31 * 24));
    harbour.open.portal.playground.sweep().await.unwrap();
    for form in FORMS {
        let answer = harbour.get(&format!("{run}{form}")).await;
        assert_eq!(answer.status, StatusCode::GONE, "{form}");
        assert!(answer.body.contains("logs are kept for a limited time"), "{form}: {}", answer.body);
    }
    let page = harbour.get(&run).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Succeeded") && page.body.contains("The log of this run was deleted"));
    assert!(!page.body.contains("class=\"log-line"), "{}", page.body);
    assert_eq!(harbour.get(&format!("{run}/embed")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_operators_took_away_is_gone_in_every_form_until_they_give_it_back() {
    let harbour = ready().await;
    let run = over(&harbour).await;
    let id = run.rsplit('/').next().unwrap().parse().unwrap();
    let audit = AuditEntry {
        at: harbour.open.portal.clock.now(),
        actor: "ann".into(),
        action: "hide".into(),
        subject: run.clone(),
        reason: "abuse".into(),
        detail: String::new(),
    };
    let store = &harbour.open.portal.store;
    assert!(store.hide_run(&id, true, &audit).await.unwrap());
    for form in FORMS.into_iter().chain(["", "/embed"]) {
        let answer = harbour.get(&format!("{run}{form}")).await;
        assert_eq!(answer.status, StatusCode::GONE, "{form}");
        assert!(!answer.body.contains("echo hello"), "{form}: {}", answer.body);
    }
    assert!(store.hide_run(&id, false, &audit).await.unwrap());
    assert!(harbour.get(&format!("{run}/log")).await.body.contains("echo hello"));
}

#[tokio::test]
async fn events_come_page_by_page_without_gaps() {
    let harbour = ready().await;
    let run = over(&harbour).await;
    let whole = harbour.get(&format!("{run}/events.json")).await;
    assert_eq!(whole.headers["content-type"], "application/json");
    assert_eq!(whole.headers["cache-control"], "private, no-store");
    let whole = events(&whole.body);
    assert!(whole.len() > 4, "{whole:?}");
    let mut pages = Vec::new();
    loop {
        let page =
            events(&harbour.get(&format!("{run}/events.json?after={}&limit=2", pages.len())).await.body);
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        pages.extend(page);
    }
    assert_eq!(pages, whole);
    let seqs: Vec<u64> = whole.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    assert_eq!(events(&harbour.get(&format!("{run}/events.json?limit=0")).await.body).len(), 1);
    assert_eq!(harbour.get(&format!("{run}/events.json?after=none")).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn plain_text_is_of_the_run_of_a_job_or_of_a_step() {
    let harbour = ready().await;
    let run = of_two_jobs(&harbour).await;
    let text = async |part: &str| harbour.get(&format!("{run}/log{part}")).await;
    let whole = text("").await;
    assert_eq!(whole.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(whole.headers["x-content-type-options"], "nosniff");
    assert_eq!(whole.headers["x-robots-tag"], "noindex");
    assert_eq!(
        said(&whole.body),
        [
            "main/only: echo packed",
            "ship/load: echo loaded",
            "ship/sail: echo sailed",
            "ship/sail: echo <b>far</b>"
        ]
    );
    let job = text("?job=2").await.body;
    assert_eq!(said(&job), ["load: echo loaded", "sail: echo sailed", "sail: echo <b>far</b>"]);
    let step = text("?job=2&step=2&download=yes").await;
    assert_eq!(said(&step.body), ["echo sailed", "echo <b>far</b>"]);
    let id = run.rsplit('/').next().unwrap();
    assert_eq!(
        step.headers["content-disposition"].to_str().unwrap(),
        format!("attachment; filename=\"run-{id}-job-2-step-2.log\"")
    );
    for part in ["?job=0", "?job=3", "?job=2&step=0", "?job=2&step=3"] {
        assert_eq!(text(part).await.status, StatusCode::NOT_FOUND, "{part}");
    }
}

#[tokio::test]
async fn lines_are_read_by_their_numbers() {
    let harbour = ready().await;
    let run = of_two_jobs(&harbour).await;
    let page = async |part: &str| harbour.get(&format!("{run}/lines{part}")).await;
    let all = harbour.get(&format!("{run}/log?job=2&step=2")).await.body.lines().count();
    let last = page(&format!("?job=2&step=2&from={all}")).await;
    assert!(last.body.contains(&format!("Lines {all} to {all} of {all}.")), "{}", last.body);
    assert!(last.body.contains("&lt;b&gt;far"), "{}", last.body);
    assert!(!last.body.contains("echo sailed"));
    assert!(page("?job=2&step=2&from=99").await.body.contains("none from number 99 on."));
    for part in ["?job=0&step=1", "?job=1&step=2", "?job=1&step=1&from=0"] {
        assert_eq!(page(part).await.status, StatusCode::NOT_FOUND, "{part}");
    }
    assert_eq!(page("").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_stream_says_how_to_come_back_numbers_what_it_tells_and_says_when_all_is_told() {
    let harbour = ready().await;
    let run = of_two_jobs(&harbour).await;
    let stream = harbour.get(&format!("{run}/events")).await;
    assert_eq!(stream.headers["content-type"], "text/event-stream");
    assert_eq!(stream.headers["cache-control"], "private, no-store");
    assert_eq!(stream.headers["x-accel-buffering"], "no");
    assert!(!stream.headers.contains_key("content-encoding"));
    let messages: Vec<&str> = stream.body.split_terminator("\n\n").collect();
    let [first, messages @ .., last] = &messages[..] else {
        panic!("a stream begins and ends: {messages:?}")
    };
    assert_eq!((*first, *last), ("retry: 1000", "event: end\ndata: over"));
    let mut told = 0;
    for message in messages {
        let fields: Vec<&str> = message.lines().collect();
        let [event, id, data] = fields[..] else { panic!("three fields: {message}") };
        assert_eq!(event, "event: log");
        let events = events(data.strip_prefix("data: ").unwrap());
        assert_eq!(events[0]["seq"], told + 1, "{message}");
        told = events.last().unwrap()["seq"].as_u64().unwrap();
        assert_eq!(id, format!("id: {told}"));
    }
    let kept = events(&harbour.get(&format!("{run}/events.json")).await.body);
    assert_eq!(kept.last().unwrap()["seq"], told);
}

#[tokio::test]
async fn of_a_run_that_never_was_there_is_nothing() {
    let harbour = ready().await;
    for id in ["aaaaaaaaaaaaaaaaaaaaaaaaaa", "..", "%00", "A", &"a".repeat(4_000)] {
        for form in FORMS.into_iter().chain(["", "/embed"]) {
            let status = harbour.get(&format!("/runs/{id}{form}")).await.status;
            assert_eq!(status, StatusCode::NOT_FOUND, "{id}{form}");
        }
    }
}
