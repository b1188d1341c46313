//! The log while people are here: what it tells of them, and what it must never tell.

use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::{Request, StatusCode};
use regatta::config::LogFormat;
use regatta::telemetry::logs::{Faults, LogLayer};
use regatta::world::WallClock;
use serde_json::Value;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::playground::ready;

/// What is written into a log.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Sink {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Keeps the log of everything on this thread, in full.
fn listen(format: LogFormat) -> (Sink, Faults, DefaultGuard) {
    let (sink, faults) = (Sink::default(), Faults::default());
    let clock = Arc::new(WallClock);
    let log = LogLayer { clock, format, colours: false, writer: sink.clone(), faults: faults.clone() };
    let subscriber =
        tracing_subscriber::registry().with(log.with_filter(EnvFilter::new("warn,regatta=trace")));
    (sink, faults, tracing::subscriber::set_default(subscriber))
}

/// Everything that visitors write has this in it.
const MARK: &str = "zanzibar";

/// Registers, runs a text of one's own, looks at all of it, and makes mistakes; returns the id of the run.
async fn visit() -> String {
    let harbour = ready().await;
    let address = format!("{MARK}@example.org");
    let name = format!("{MARK} Lovelace");
    harbour.sign_up("open", &[("name", &name), ("email", &address)]).await;
    let link = regatta_link(&harbour.last_mail_to(&address).await.text);
    let token = link.rsplit('/').next().unwrap().to_owned();
    assert_eq!(harbour.get(&link).await.status, StatusCode::OK);
    assert_eq!(harbour.post(&link, &[]).await.status, StatusCode::SEE_OTHER);
    harbour.sign_up("open", &[("name", &name), ("email", &format!("{MARK}@@"))]).await;
    let text = format!(
        "shared:\n  image: host-tools\n  environment:\n    V: {MARK}\njobs:\n  {MARK}:\n    requires: [~commit]\n    steps:\n      - \
         {MARK}: echo {MARK} $V\n"
    );
    let accepted = harbour.post("/runs", &[("demo", "demo"), ("pipeline", &text)]).await;
    let run = accepted.location().to_owned();
    assert!(run.starts_with("/runs/"), "{}", accepted.body);
    assert!(harbour.get(&format!("{run}/events")).await.body.contains("data: over"));
    harbour.until("/showcase", "demo").await;
    let nosy = Request::get(format!("/runs/{MARK}?q={MARK}"))
        .header("user-agent", MARK)
        .header("referer", format!("https://{MARK}.example"))
        .header("cookie", format!("a={MARK}"))
        .header("x-forwarded-for", "203.0.113.77")
        .header("x-request-id", MARK);
    harbour.send(nosy.body(Body::empty()).unwrap()).await;
    SECRETS.with(|secrets| secrets.lock().unwrap().push(token));
    run.rsplit('/').next().unwrap().to_owned()
}

thread_local! {
    /// Tokens that were in mails.
    static SECRETS: Mutex<Vec<String>> = const { Mutex::new(Vec::new()) };
}

fn regatta_link(text: &str) -> String {
    let at = text.find("/registrations/confirm/").unwrap();
    text[at..].split_whitespace().next().unwrap().to_owned()
}

fn assert_discreet(log: &str) {
    let tokens = SECRETS.with(|secrets| secrets.lock().unwrap().clone());
    assert_eq!(tokens.len(), 1);
    for private in [MARK, "Lovelace", "203.0.113.77", "example.org", &tokens[0]] {
        assert!(!log.contains(private), "{private} is in the log:\n{log}");
    }
}

#[tokio::test]
async fn a_text_log_tells_of_a_run_from_the_request_to_its_end_and_nothing_of_its_visitor() {
    let (sink, _, _listening) = listen(LogFormat::Text);
    let run = visit().await;
    wait_for_the_end(&sink, &run).await;
    let log = sink.text();
    assert_discreet(&log);
    let told: Vec<&str> = log.lines().filter(|line| line.contains(&format!("run={run}"))).collect();
    for wanted in
        ["a run was accepted", "a run has its turn", "a job begins", "a job is over", "a run is over"]
    {
        assert!(told.iter().any(|line| line.contains(wanted)), "{wanted}: {told:#?}");
    }
    assert!(told[0].contains("request=") && told[0].contains("route=/runs"), "{}", told[0]);
    assert!(told.iter().any(|line| line.contains("job=0")), "{told:#?}");
}

#[tokio::test]
async fn a_json_log_is_an_object_a_line() {
    let (sink, faults, _listening) = listen(LogFormat::Json);
    let run = visit().await;
    wait_for_the_end(&sink, &run).await;
    let log = sink.text();
    assert_discreet(&log);
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        let told = ["time", "level", "target", "message"].iter().all(|name| line[*name].is_string());
        assert!(told, "{line}");
        assert!(line["time"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{line}");
    }
    let of_run = lines.iter().filter(|line| line["run"] == run.as_str());
    assert!(of_run.clone().count() >= 5);
    assert!(of_run.clone().any(|line| line["job"] == 0), "{log}");
    tracing::error!(words = %format!("a\nb{}", "x".repeat(5000)), "it\u{1b}[2J broke");
    let last = sink.text();
    let last = last.lines().last().unwrap();
    assert!(last.len() < 1500 && !last.contains('\u{1b}'), "{last}");
    assert_eq!(faults.latest()[0].level, tracing::Level::ERROR);
}

async fn wait_for_the_end(sink: &Sink, run: &str) {
    let ended = |line: &str| line.contains(run) && line.contains("a run is over");
    while !sink.text().lines().any(ended) {
        tokio::task::yield_now().await;
    }
}
