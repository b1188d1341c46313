//! The editor through its pages: parameters, checks, sharing, forks, what operators switched off.

use axum::body::Body;
use http::header::ACCEPT;
use http::{HeaderValue, StatusCode};
use regatta_domain::switches::{PlaygroundMode, Switches};
use regatta_playground::Availability;
use regatta_store::records::AuditEntry;

use crate::playground::{pipeline, ready};
use crate::support::{Answer, Harbour, form};

const CHOOSING: &str = "# Choosing\n# Takes parameters.\nshared: {image: host-tools}\nparameters:\n  SHIP: Patience\n  COURSE: [east, \
                        west]\n  HORN: true\njobs:\n  main: {requires: [~commit], steps: [{sail: echo sail}]}\n";

/// A portal with a demo that takes parameters.
async fn choosing() -> Harbour {
    let harbour = Harbour::with(&[("pipelines/choosing.yaml", CHOOSING.to_owned())]).await;
    let ready = ready().await;
    harbour.open.portal.playground.set_availability(ready.open.portal.playground.availability());
    harbour
}

async fn log_of(harbour: &Harbour, accepted: &Answer) -> String {
    assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{}", accepted.body);
    harbour.get(&format!("{}/events", accepted.location())).await.body
}

async fn check(harbour: &Harbour, fields: &[(&str, &str)]) -> serde_json::Value {
    let mut request = form("/playground/check", fields);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    let answer = harbour.send(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn parameters_are_a_form_and_reach_the_steps() {
    let harbour = choosing().await;
    let page = harbour.get("/playground/choosing").await.body;
    for field in ["name=\"p-SHIP\"", "name=\"p-COURSE\"", "type=\"checkbox\""] {
        assert!(page.contains(field), "{field} in {page}");
    }
    let chosen = [("demo", "choosing"), ("p-SHIP", "$(whoami)"), ("p-COURSE", "west"), ("p-HORN", "false")];
    let run = harbour.post("/runs", &chosen).await;
    let log = log_of(&harbour, &run).await;
    assert!(
        log.contains("SHIP=$(whoami)") && log.contains("COURSE=west") && log.contains("HORN=false"),
        "{log}"
    );
    let defaults = harbour.post("/runs", &[("demo", "choosing"), ("fresh", "yes")]).await;
    let log = log_of(&harbour, &defaults).await;
    assert!(
        log.contains("SHIP=Patience") && log.contains("COURSE=east") && log.contains("HORN=true"),
        "{log}"
    );
    let id = run.location().rsplit('/').next().unwrap();
    let again = harbour.get(&format!("/playground/choosing?from={id}")).await.body;
    assert!(again.contains("value=\"$(whoami)\""), "what was chosen is chosen again: {again}");
}

#[tokio::test]
async fn a_value_that_is_none_is_told_beside_its_field_and_everything_stays() {
    let harbour = choosing().await;
    let fields = [("demo", "choosing"), ("p-SHIP", "a\nb"), ("p-COURSE", "north"), ("pipeline", CHOOSING)];
    let refused = harbour.post("/runs", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in [
        "SHIP is one line",
        "Choose one of these for COURSE: east, west.",
        "href=\"#p-SHIP\"",
        "Takes parameters.",
    ] {
        assert!(refused.body.contains(words), "{words} in {}", refused.body);
    }
}

#[tokio::test]
async fn a_parameter_that_the_text_no_longer_has_is_no_mistake() {
    let harbour = choosing().await;
    let text = pipeline("echo none");
    let run = harbour.post("/runs", &[("demo", "choosing"), ("pipeline", &text), ("p-SHIP", "x")]).await;
    assert!(log_of(&harbour, &run).await.contains("echo none"));
}

#[tokio::test]
async fn a_check_runs_nothing_and_tells_people_and_programs_the_same() {
    let harbour = ready().await;
    let wrong = "jobs:\n  main:\n    imag: host-tools\n";
    let told = check(&harbour, &[("pipeline", wrong)]).await;
    assert_eq!(told["runnable"], false);
    let mark = told["marks"].as_array().unwrap().iter().find(|mark| mark["line"] == 3).unwrap();
    assert_eq!((mark["kind"].as_str(), mark["column"].as_u64()), (Some("mistake"), Some(5)));
    let page = harbour.post("/playground/check", &[("pipeline", wrong)]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("Line 3, column 5") && page.body.contains("imag: host-tools"),
        "{}",
        page.body
    );
    let good = check(&harbour, &[("pipeline", &pipeline("echo hi"))]).await;
    assert_eq!(good["runnable"], true);
    assert!(good["drawing"].as_str().unwrap().contains("<svg"));
    for (none, words) in [("  ".to_owned(), "is empty"), (" x".repeat(33 << 10), "is too long")] {
        let told = check(&harbour, &[("pipeline", &none)]).await;
        assert_eq!(told["runnable"], false);
        let findings = told["findings"].as_str().unwrap();
        assert!(findings.contains(words) && !findings.contains("It can run"), "{findings}");
    }
    let without_image = "jobs:\n  main:\n    steps:\n      - say: echo hi\n";
    let told = check(&harbour, &[("pipeline", without_image)]).await;
    assert!(told["findings"].as_str().unwrap().contains("has no image"), "{told}");
    assert!(told["closed"].is_null(), "no image is looked for where none is named: {told}");
    let elsewhere = pipeline("echo hi").replace("host-tools", "node:12");
    let told = check(&harbour, &[("pipeline", &elsewhere)]).await;
    assert!(told["closed"].as_str().unwrap().contains("the image node:12"), "{told}");
    let page = harbour.post("/playground/check", &[("pipeline", &elsewhere)]).await.body;
    assert!(page.contains("the image node:12") && page.contains("Run this pipeline"), "{page}");
    assert!(harbour.get("/playground").await.body.contains("No run has ended yet"));
}

#[tokio::test]
async fn a_check_says_which_fields_the_text_asks_for() {
    let harbour = choosing().await;
    let told = check(&harbour, &[("demo", "choosing"), ("p-SHIP", "<Ada>"), ("pipeline", CHOOSING)]).await;
    let fields = told["parameters"].as_str().unwrap();
    assert!(fields.contains("value=\"&lt;Ada&gt;\"") && fields.contains("name=\"p-HORN\""), "{fields}");
    let other = check(&harbour, &[("demo", "choosing"), ("pipeline", &pipeline("echo"))]).await;
    assert_eq!(other["parameters"], "");
    assert_ne!(other["parameters_key"], told["parameters_key"]);
}

#[tokio::test]
async fn a_text_of_ones_own_begins_small_runs_and_is_forked() {
    let harbour = ready().await;
    for dialect in ["screwdriver", "tekton"] {
        let page = harbour.get(&format!("/playground/new?dialect={dialect}")).await;
        assert!(page.body.contains("It can run: 2 jobs"), "{}", page.body);
    }
    let run = harbour.post("/runs", &[("pipeline", &pipeline("echo mine"))]).await;
    assert!(log_of(&harbour, &run).await.contains("echo mine"));
    let id = run.location().rsplit('/').next().unwrap();
    let fork = harbour.get(&format!("/playground/new?from={id}")).await.body;
    assert!(fork.contains("echo mine") && fork.contains("an earlier run"), "{fork}");
    assert!(!harbour.get("/showcase").await.body.contains(id), "nobody else hears of it");
}

#[tokio::test]
async fn a_shared_text_can_be_read_by_whoever_has_its_address() {
    let harbour = ready().await;
    let text = pipeline("echo passed-on");
    let shared = harbour.post("/playground/share", &[("demo", "demo"), ("pipeline", &text)]).await;
    assert_eq!(shared.status, StatusCode::SEE_OTHER, "{}", shared.body);
    let page = harbour.get(shared.location()).await;
    assert!(page.body.contains("echo passed-on") && page.body.contains("noindex"), "{}", page.body);
    let id = shared.location().rsplit('/').next().unwrap();
    assert!(harbour.get(&format!("/playground/demo?from={id}")).await.body.contains("echo passed-on"));
    let own = harbour.post("/playground/share", &[("demo", "demo")]).await;
    assert_eq!(own.location(), "/playground/demo", "a demo has an address already");
    let broken = harbour.post("/playground/share", &[("pipeline", "no: pipeline")]).await;
    assert_eq!(broken.status, StatusCode::SEE_OTHER, "what cannot run can be asked about");
    assert_eq!(harbour.get(broken.location()).await.status, StatusCode::OK);
    let unknown = format!("/playground/shared/{}", "a".repeat(26));
    assert_eq!(harbour.get(&unknown).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_zero_byte_is_refused_with_words() {
    no_zero_byte(&ready().await).await;
}

/// Databases take no zero byte in a text, or cut it there.
pub async fn no_zero_byte(harbour: &Harbour) {
    for path in ["/playground/share", "/runs"] {
        let refused = harbour.post(path, &[("pipeline", "jobs:\n  a: \0")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", refused.body);
        assert!(refused.body.contains("There is a zero byte in line 2 of the pipeline"), "{}", refused.body);
    }
    let checked = harbour.post("/playground/check", &[("pipeline", "\0")]).await;
    assert!(
        checked.status == StatusCode::OK && checked.body.contains("zero byte in line 1"),
        "{}",
        checked.body
    );
}

#[tokio::test]
async fn who_shares_much_is_told_when_to_come_back() {
    let harbour = Harbour::configured(&[], &[("REGATTA__LIMITS__SHARES_PER_HOUR", "2")]).await;
    let share = async |text: &str| harbour.post("/playground/share", &[("pipeline", text)]).await;
    for text in ["one", "two"] {
        assert_eq!(share(text).await.status, StatusCode::SEE_OTHER);
    }
    let refused = share("three").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers.contains_key("retry-after"));
    assert!(refused.body.contains(">\nthree</textarea>"), "the text is kept: {}", refused.body);
}

#[tokio::test]
async fn what_operators_switch_off_is_not_run_and_told_with_its_reason() {
    let harbour = ready().await;
    let portal = &harbour.open.portal;
    let reason = Some("We look for a miner.".to_owned());
    let audit = AuditEntry {
        at: portal.clock.now(),
        actor: "harbour master".into(),
        action: "playground".into(),
        subject: "playground".into(),
        reason: "a test".into(),
        detail: String::new(),
    };
    let demos_only = Switches { edited_runs: false, reason: reason.clone(), ..Switches::default() };
    portal.playground.set_switches(&demos_only, &audit).await.unwrap();
    let text = pipeline("echo mine");
    let refused = harbour.post("/runs", &[("pipeline", &text)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("We look for a miner.") && refused.body.contains("echo mine"),
        "{}",
        refused.body
    );
    let told = check(&harbour, &[("demo", "demo"), ("pipeline", &text)]).await;
    assert_eq!(told["runnable"], true, "it is explained all the same");
    assert!(told["closed"].as_str().unwrap().ends_with("We look for a miner."), "{told}");
    let own = portal.shelf.library().pipeline("demo").unwrap().source.clone();
    let undone = check(&harbour, &[("demo", "demo"), ("pipeline", &own)]).await;
    assert_eq!(undone["closed"], serde_json::Value::Null, "undone, it is the demo again");
    assert_eq!(harbour.post("/runs", &[("demo", "demo")]).await.status, StatusCode::SEE_OTHER);
    let closed = Switches { mode: PlaygroundMode::ReadOnly, reason, ..Switches::default() };
    portal.playground.set_switches(&closed, &audit).await.unwrap();
    let refused = harbour.post("/runs", &[("demo", "demo")]).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(harbour.get("/playground").await.body.contains("We look for a miner."));
}

#[tokio::test]
async fn a_pipeline_in_a_text_is_a_card_with_a_way_on() {
    let body = format!(
        "---\ntitle: P\nsummary: S.\n---\nA\n\n```pipeline\ndemo: demo\n```\n\n```pipeline\n{}```\n",
        pipeline("echo fenced")
    );
    let person = body.replacen("title: P", "name: Ada", 1);
    let meetup = body.replacen("title: P", "id: m\ndate: 2020-06-19\ntitle: P", 1);
    let files = [
        ("posts/p.md", body.clone()),
        ("ambassadors/a.md", person),
        ("series/s.md", body.clone()),
        ("events/m.md", meetup),
        ("pages/q.md", body),
    ];
    let harbour = Harbour::with(&files).await;
    harbour.open.portal.playground.set_availability(Availability::Off { reason: "no sandbox".into() });
    for page in ["/posts/p", "/ambassadors/a", "/series/s", "/events/m", "/q"] {
        let html = harbour.get(page).await.body;
        assert!(html.contains("Open in the playground") && html.contains("echo fenced"), "{html}");
        assert!(html.contains("A demo") && html.contains("Not run yet."), "{html}");
        assert!(!html.contains("Run it") && !html.contains("pipeline-fence"), "{html}");
    }
    harbour.open.portal.playground.set_availability(ready().await.open.portal.playground.availability());
    assert!(harbour.get("/posts/p").await.body.contains("Run it"));
}

#[tokio::test]
async fn a_demo_may_be_framed_by_whom_the_operator_names() {
    let setting = [("REGATTA__HTTP__FRAME_ANCESTORS", "https://talks.example.org")];
    let harbour = Harbour::configured(&[], &setting).await;
    let frame = harbour.get("/playground/demo/embed").await;
    let policy = frame.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("frame-ancestors 'self' https://talks.example.org"), "{policy}");
    assert!(frame.body.contains("target=\"_blank\"") && frame.body.contains("noindex"), "{}", frame.body);
    let page = harbour.get("/playground/demo").await;
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(
        harbour.send(http::Request::get("/playground/none/embed").body(Body::empty()).unwrap()).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_demo_that_was_just_run_may_be_answered_by_a_replay() {
    let harbour = Harbour::configured(&[], &[("REGATTA__PLAYGROUND__REPLAY", "always")]).await;
    let ready = ready().await;
    harbour.open.portal.playground.set_availability(ready.open.portal.playground.availability());
    let first = harbour.post("/runs", &[("demo", "demo")]).await.location().to_owned();
    harbour.until("/showcase", &first).await;
    let again = harbour.post("/runs", &[("demo", "demo")]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    assert_eq!(again.location(), format!("{first}?replay=yes"));
    let page = harbour.get(again.location()).await.body;
    assert!(page.contains("A replay of a run of") && page.contains("Run it fresh"), "{page}");
    let edited = pipeline("echo hello again");
    for own in
        [vec![("demo", "demo"), ("fresh", "yes")], vec![("demo", "demo"), ("pipeline", edited.as_str())]]
    {
        let run = harbour.post("/runs", &own).await;
        assert_eq!(run.status, StatusCode::SEE_OTHER, "{}", run.body);
        assert!(!run.location().contains("replay") && run.location() != first, "{}", run.location());
    }
}
