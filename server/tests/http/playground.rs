//! The playground through its pages, with an executor that plays a part it was given.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use http::{Request, StatusCode};
use regatta_domain::run::{Ending, ImageState, IsolationLevel, Stream};
use regatta_playground::executor::{Executor, ImageMeaning, Isolation, JobEvent, JobOutcome, JobSpec, Tool};
use regatta_playground::{Availability, Router};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::Harbour;

/// Prints each step's script, and waits to be cancelled where the script says so.
struct Player {
    isolation: Isolation,
    image: ImageMeaning,
}

impl Player {
    fn ready() -> Availability {
        let isolation = Isolation {
            executor: "player".into(),
            level: IsolationLevel::Process,
            findings: vec!["found".into()],
        };
        let tool = Tool { name: "sh".into(), version: "1.0".into() };
        let image = ImageMeaning {
            description: "host tools for tests".into(),
            tools: vec![tool],
            state: ImageState::Local,
        };
        Availability::Ready(Arc::new(Router::new(vec![Arc::new(Self { isolation, image })], vec![], vec![])))
    }
}

#[async_trait]
impl Executor for Player {
    fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    fn image(&self, alias: &str) -> Result<&ImageMeaning, String> {
        if alias == "host-tools" { Ok(&self.image) } else { Err("There is only host-tools.".into()) }
    }

    fn images(&self) -> Vec<&str> {
        vec!["host-tools"]
    }

    async fn run(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome {
        for (step, spec) in job.steps.iter().enumerate() {
            let chosen: Vec<String> =
                job.environment.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
            let bytes = format!("{}{}", chosen.concat(), spec.script).into_bytes();
            let _ = events.send(JobEvent::StepStarted { step }).await;
            let _ = events.send(JobEvent::Output { step, stream: Stream::Out, bytes }).await;
            if spec.script.contains("wait-for-cancel") {
                cancel.cancelled().await;
                return JobOutcome::new(Ending::Cancelled, None);
            }
            let took = Duration::from_millis(5);
            let _ = events.send(JobEvent::StepEnded { step, exit: 0, took, usage: None }).await;
        }
        JobOutcome::new(Ending::Succeeded, None)
    }
}

pub async fn ready() -> Harbour {
    let harbour = Harbour::open().await;
    harbour.open.portal.playground.set_availability(Player::ready());
    harbour
}

pub fn pipeline(script: &str) -> String {
    format!(
        "shared:\n  image: host-tools\njobs:\n  main:\n    requires: [~commit]\n    steps:\n      - only: {script}\n"
    )
}

#[tokio::test]
async fn a_demo_runs_and_its_page_tells_all() {
    let harbour = ready().await;
    let accepted = harbour.post("/runs", &[("demo", "demo")]).await;
    assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{}", accepted.body);
    let run = accepted.location().to_owned();
    let stream = harbour.get(&format!("{run}/events")).await;
    assert_eq!(stream.headers["content-type"], "text/event-stream");
    assert_eq!(stream.body.matches("echo hello").count(), 1, "{}", stream.body);
    assert!(stream.body.trim_end().ends_with("data: over"), "{}", stream.body);
    let page = harbour.get(&run).await;
    assert!(page.body.contains("Succeeded") && page.body.contains("echo hello"));
    assert!(page.body.contains("noindex"), "runs are known to those who have their address");
    harbour.until("/showcase", &run).await;
}

#[tokio::test]
async fn a_broken_connection_resumes_where_it_was() {
    let harbour = ready().await;
    let run = harbour.post("/runs", &[("demo", "demo")]).await.location().to_owned();
    let all = harbour.get(&format!("{run}/events")).await.body;
    let seqs = |body: &str| body.matches("\"seq\":").count();
    let total = seqs(&all);
    assert!(total > 4);
    // Its end is told a moment before it is settled; who has it all until then is asked to come again.
    harbour.until("/showcase", &run).await;
    let resume = |seq: usize| {
        let request = Request::get(format!("{run}/events?after=1")).header("last-event-id", seq.to_string());
        harbour.send(request.body(Body::empty()).unwrap())
    };
    for seq in 0..=total {
        let resumed = resume(seq).await.body;
        assert_eq!(seqs(&resumed), total - seq, "after {seq}");
        assert!(resumed.trim_end().ends_with("data: over"), "whoever has it all is told so");
    }
    assert!(resume(usize::MAX).await.body.contains("data: over"));
}

#[tokio::test]
async fn an_edited_demo_runs_and_is_listed_nowhere() {
    let harbour = ready().await;
    let edited = pipeline("echo changed");
    let run = harbour.post("/runs", &[("demo", "demo"), ("pipeline", &edited)]).await.location().to_owned();
    assert!(harbour.get(&format!("{run}/events")).await.body.contains("echo changed"));
    let id = run.rsplit('/').next().unwrap();
    assert!(
        harbour.get(&format!("/playground/demo?from={id}")).await.body.contains("echo changed"),
        "to be edited on"
    );
    for page in ["/", "/playground", "/showcase"] {
        assert!(!harbour.get(page).await.body.contains(&run), "{page}");
    }
}

#[tokio::test]
async fn line_ends_of_browsers_are_no_edit() {
    let harbour = ready().await;
    let library = harbour.open.portal.shelf.library();
    let source = library.pipeline("demo").unwrap().source.replace('\n', "\r\n");
    let run = harbour.post("/runs", &[("demo", "demo"), ("pipeline", &source)]).await.location().to_owned();
    harbour.get(&format!("{run}/events")).await;
    harbour.until("/showcase", &run).await;
}

#[tokio::test]
async fn mistakes_are_told_with_their_place_and_the_text_is_kept() {
    let harbour = ready().await;
    let text = "jobs:\n  main:\n    imag: host-tools\n";
    let answer = harbour.post("/runs", &[("demo", "demo"), ("pipeline", text)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("imag: host-tools") && answer.body.contains("ine 3"), "{}", answer.body);
}

#[tokio::test]
async fn an_image_that_is_not_to_be_had_is_refused_before_the_run() {
    let harbour = ready().await;
    let text = pipeline("echo hi").replace("host-tools", "node:12");
    let answer = harbour.post("/runs", &[("demo", "demo"), ("pipeline", &text)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("only host-tools"), "{}", answer.body);
}

#[tokio::test]
async fn a_text_beyond_the_limit_is_refused() {
    let harbour = ready().await;
    let long = pipeline(&"x".repeat(65 << 10));
    let answer = harbour.post("/runs", &[("demo", "demo"), ("pipeline", &long)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let huge = "x".repeat(500 << 10);
    let answer = harbour.post("/runs", &[("demo", "demo"), ("pipeline", &huge)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_visitor_has_a_share_and_is_told_when_to_come_back() {
    let harbour = ready().await;
    let waiting = pipeline("wait-for-cancel");
    let fields = [("demo", "demo"), ("pipeline", waiting.as_str())];
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(harbour.post("/runs", &fields).await.location().to_owned());
    }
    let refused = harbour.post("/runs", &fields).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers.contains_key("retry-after"));
    assert!(refused.body.contains("Try again in"), "{}", refused.body);
    assert!(refused.body.contains("wait-for-cancel"), "the text is kept");
    for run in runs {
        assert_eq!(harbour.post(&format!("{run}/cancel"), &[]).await.status, StatusCode::SEE_OTHER);
        assert!(harbour.get(&format!("{run}/events")).await.body.contains("cancelled"));
    }
}

#[tokio::test]
async fn without_a_sandbox_nothing_runs_and_the_page_says_why() {
    let harbour = Harbour::open().await;
    assert!(harbour.get("/playground").await.body.contains("hecking isolation"));
    let reason = "no sandbox was found: install bubblewrap".to_owned();
    harbour.open.portal.playground.set_availability(Availability::Off { reason });
    assert!(harbour.get("/playground").await.body.contains("install bubblewrap"));
    let answer = harbour.post("/runs", &[("demo", "demo")]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body.contains("install bubblewrap"));
}
