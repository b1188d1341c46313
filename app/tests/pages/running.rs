//! The page of a run at every moment, a page of its log, and its frame.

use std::collections::BTreeMap;

use regatta_app::components::run::headline::Circumstances;
use regatta_app::components::run::onwards::Origin;
use regatta_app::pages::run::{RunPageView, run};
use regatta_app::pages::run_embed::{RunEmbedView, run_embed};
use regatta_app::pages::run_lines::{RunLinesView, run_lines};
use regatta_domain::pipeline::{Dialect, Note, NoteKind, Parameter, ParameterKind, Pipeline};
use regatta_domain::run::{
    Ending, ImageState, IsolationLevel, JobState, LogLine, Milestone, Placement, RunEvent, RunFact, RunState,
    RunView, Stream, Turn, Usage,
};

use crate::sample::{self, HOSTILE};

fn origin(words: &str) -> Origin {
    let ship = Parameter {
        name: "ship".into(),
        description: Some(words.into()),
        kind: ParameterKind::Text,
        default: Some(words.into()),
    };
    let pipeline = Pipeline { parameters: vec![ship.clone()], ..Pipeline::default() };
    Origin {
        demo: Some("join-the-fleet".parse().unwrap()),
        edited: false,
        dialect: Dialect::Screwdriver,
        source: words.into(),
        parameters: vec![ship],
        arguments: pipeline.arguments(&BTreeMap::new()).unwrap(),
    }
}

/// A page of `run`, in which visitors and programs wrote `words`.
fn view(run: RunView, words: &str) -> RunPageView {
    RunPageView {
        id: sample::run_id(),
        title: words.into(),
        origin: origin(words),
        notes: vec![Note { line: Some(2), kind: NoteKind::Ignored, text: words.into() }],
        accepted_at: sample::now(),
        turn: None,
        circumstances: Circumstances::default(),
        run,
    }
}

fn ordinary(state: RunState) -> RunPageView {
    view(sample::run(state), "Join the fleet")
}

fn page(view: &RunPageView) -> String {
    run(&sample::shell(), view)
}

/// The same without the framework's markers between texts.
fn read(view: &RunPageView) -> String {
    page(view).replace("<!>", "")
}

/// The page of a run in `state`.
pub fn run_page(state: RunState) -> String {
    page(&ordinary(state))
}

/// The page of a run whose log was deleted: nothing moves on it any more.
pub fn without_its_log() -> String {
    let mut view = ordinary(RunState::Ended(Ending::Succeeded));
    view.run.keep_last_lines(0);
    view.circumstances.log_deleted = true;
    page(&view)
}

/// A run that has everything, told with `words`.
fn rich_run(words: &str) -> RunView {
    let placement = Placement {
        executor: "bubblewrap".into(),
        level: IsolationLevel::Process,
        reason: words.into(),
        image: Some(words.into()),
        image_state: ImageState::Local,
    };
    let line = |stream| RunFact::Line { job: 0, step: 0, stream, text: words.into(), spans: vec![] };
    let usage = Some(Usage { cpu_ms: 40, peak_bytes: 3 << 20 });
    let facts = [
        RunFact::Run { state: RunState::Starting, reason: None },
        RunFact::Placed { job: 0, placement, attempt: 0, outlives: false },
        RunFact::Reached { job: 0, milestone: Milestone::Asked, reported_ms: None },
        RunFact::Reached { job: 0, milestone: Milestone::SandboxStarted, reported_ms: None },
        RunFact::Reached { job: 0, milestone: Milestone::RunnerReady, reported_ms: None },
        RunFact::Run { state: RunState::Running, reason: None },
        RunFact::Job { job: 0, state: JobState::Running, reason: None },
        RunFact::StepStarted { job: 0, step: 0 },
        line(Stream::Out),
        line(Stream::Err),
        RunFact::StepEnded { job: 0, step: 0, exit: 3, took_ms: 420, usage },
        RunFact::Output { job: 0, name: words.into(), value: words.into(), exact: None },
        RunFact::Job { job: 0, state: JobState::Ended(Ending::Failed), reason: Some(words.into()) },
        RunFact::Job { job: 1, state: JobState::Skipped, reason: Some(words.into()) },
        RunFact::Run { state: RunState::Ended(Ending::Failed), reason: Some(words.into()) },
    ];
    let mut run = RunView::queued(&sample::plan());
    for (seq, what) in (1..).zip(facts) {
        run.apply(&RunEvent { seq, at_ms: seq * 100, what });
    }
    run
}

fn lines_of(words: &str) -> RunLinesView {
    let line = LogLine { seq: 9, at_ms: 1, stream: Stream::Out, text: words.into(), spans: vec![] };
    RunLinesView {
        id: sample::run_id(),
        title: words.into(),
        job: (1, words.into()),
        step: (2, words.into()),
        from: 501,
        printed: 1_200,
        lines: vec![line; 500],
    }
}

fn frame_of(run: RunView, words: &str) -> String {
    run_embed(&sample::shell(), &RunEmbedView { id: sample::run_id(), title: words.into(), run })
}

/// Every page of a run in which everybody wrote what hurts.
pub fn hostile_pages() -> Vec<String> {
    let mut edited = view(rich_run(HOSTILE), HOSTILE);
    edited.origin.edited = true;
    edited.origin.demo = None;
    vec![
        page(&view(rich_run(HOSTILE), HOSTILE)),
        page(&edited),
        page(&view(sample::run(RunState::Running), HOSTILE)),
        run_lines(&sample::shell(), &lines_of(HOSTILE)),
        frame_of(rich_run(HOSTILE), HOSTILE),
    ]
}

#[test]
fn a_run_that_failed_tells_everything_without_scripts() {
    let html = read(&view(rich_run("no wind"), "Join the fleet"));
    let parts = [
        "Exit code 3",
        "420 ms · 40 ms of processor · 3 MiB at most",
        "bubblewrap: process isolation, shared kernel",
        "Waits for hull.",
        "id=\"node-1\"",
        "id=\"l9\"",
        "Handed on <code>no wind",
        "<details id=\"step-1-1\" open",
        "<li class=\"waterfall-row\">",
        "name=\"p-ship\"",
        "Left out",
        "/log?job=1&amp;step=1&amp;download=yes",
        "/embed",
    ];
    for part in parts {
        assert!(html.contains(part), "{part} is missing: {html}");
    }
    assert!(!html.contains(" style="), "{html}");
}

#[test]
fn a_run_that_waits_says_when_its_turn_comes_and_can_be_stopped() {
    let mut view = ordinary(RunState::Queued);
    view.turn = Some(Turn { position: 2, wait_ms: Some(12_000) });
    let html = read(&view);
    for part in ["Place 2 in the line. It should start in about 12 s.", "Stop this run", "Refresh this page"]
    {
        assert!(html.contains(part), "{part} is missing: {html}");
    }
    let (head, _) = html.split_once("</head>").unwrap();
    assert!(head.contains("<title>Queued: Join the fleet · Regatta</title>"), "{head}");
    assert!(!head.contains("<!>") && !head.contains("<!--"), "{head}");
}

#[test]
fn a_page_moves_as_long_as_there_is_a_log() {
    let over = run_page(RunState::Ended(Ending::Failed));
    assert!(over.contains("<leptos-island"), "{over}");
    assert!(over.contains(r#"<script type="module" src="/assets/islands-3.js"></script>"#), "{over}");
    let island = over.split_once("data-props=").unwrap().1.split_once('>').unwrap().0;
    assert!(!island.contains("alert("), "lines are not sent twice: {island}");
    let deleted = without_its_log();
    assert!(!deleted.contains("leptos-island") && !deleted.contains("islands-3.js"), "{deleted}");
    assert!(deleted.contains("The log of this run was deleted"), "{deleted}");
    assert!(!deleted.contains("class=\"log\""), "{deleted}");
}

#[test]
fn a_replay_says_so_and_offers_a_fresh_run() {
    let mut view = ordinary(RunState::Ended(Ending::Succeeded));
    view.circumstances.replay_of = Some(180_000);
    let html = read(&view);
    assert!(html.contains("A replay of a run of 3 minutes ago") && html.contains("Run it fresh"), "{html}");
    assert!(html.contains("name=\"fresh\" value=\"yes\""), "{html}");
}

#[test]
fn an_interrupted_run_is_no_fault_of_its_pipeline() {
    let mut view = ordinary(RunState::Ended(Ending::InfraError));
    view.circumstances.interrupted = true;
    let html = read(&view);
    assert!(html.contains("The pipeline is not to blame. Run it again."), "{html}");
}

#[test]
fn an_edited_run_keeps_its_text_and_leads_to_it() {
    let mut view = ordinary(RunState::Ended(Ending::Succeeded));
    view.origin.edited = true;
    let html = read(&view);
    assert!(html.contains("<h1>Join the fleet, edited</h1>"), "{html}");
    assert!(html.contains(r#"name="pipeline" value="Join the fleet""#), "{html}");
    assert!(html.contains(&format!(r#"href="/playground/join-the-fleet?from={}""#, sample::ID)), "{html}");
    view.origin.demo = None;
    let own = read(&view);
    assert!(own.contains(&format!(r#"href="/playground/new?from={}""#, sample::ID)), "{own}");
}

#[test]
fn pages_of_a_log_lead_to_those_before_and_after() {
    let html = run_lines(&sample::shell(), &lines_of("crate"));
    assert!(html.contains("Lines 501 to 1000 of 1200."), "{html}");
    assert!(html.contains("from=1\">Earlier lines") && html.contains("from=1001\">Later lines"), "{html}");
    assert!(html.contains("aria-label=\"Line 501\""), "{html}");
}

#[test]
fn a_frame_shows_what_matters_and_opens_windows_of_its_own() {
    let html = frame_of(rich_run("no wind"), "Join the fleet");
    let run = format!("https://cd.example.org/runs/{}", sample::ID);
    for part in
        [&format!("href=\"{run}\""), &format!("href=\"{run}#job-1\""), "target=\"_blank\"", ">no wind<"]
    {
        assert!(html.contains(part), "{part} is missing: {html}");
    }
    assert!(!html.contains("<script") && !html.contains("<form"), "{html}");
}

#[test]
fn the_page_of_a_run() {
    let html = read(&view(rich_run("no wind"), "Join the fleet"));
    let main = html.split_once("<main").unwrap().1.split_once("</main>").unwrap().0;
    insta::assert_snapshot!(main.replace("><", ">\n<"));
}
