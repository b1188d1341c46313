use leptos::prelude::*;
use regatta_domain::pipeline::{Needs, Plan, PlannedJob};
use regatta_domain::run::{Ending, JobState, RunEvent, RunFact, RunState, RunView, Stream};

use super::{LiveArea, LiveAreaProps};

const RUN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

fn told(facts: Vec<RunFact>) -> RunView {
    let job = |name: &str, all: Vec<usize>| PlannedJob {
        name: name.into(),
        needs: Needs { all, any: vec![] },
        image: "shell".into(),
        steps: vec!["one".into(), "two".into()],
    };
    let mut view = RunView::queued(&Plan { jobs: vec![job("build", vec![]), job("join", vec![0])] });
    for (seq, what) in (1..).zip(facts) {
        view.apply(&RunEvent { seq, at_ms: seq * 100, what });
    }
    view
}

fn html(view: RunView) -> String {
    Owner::new().with(|| {
        LiveArea(LiveAreaProps { run_id: RUN.into(), title: "Sails · Regatta".into(), view }).to_html()
    })
}

fn line(stream: Stream, text: &str) -> RunFact {
    RunFact::Line { job: 0, step: 0, stream, text: text.into() }
}

#[test]
fn a_run_that_is_over_is_plain_html() {
    let page = html(told(vec![
        RunFact::Run { state: RunState::Running, reason: None },
        RunFact::StepStarted { job: 0, step: 0 },
        RunFact::StepEnded { job: 0, step: 0, exit: 3, took_ms: 40 },
        RunFact::Job { job: 0, state: JobState::Ended(Ending::Failed), reason: None },
        RunFact::Job { job: 1, state: JobState::Skipped, reason: Some("build failed".into()) },
        RunFact::Run { state: RunState::Ended(Ending::Failed), reason: None },
    ]));
    assert!(!page.contains("leptos-island"), "{page}");
    assert!(!page.contains("/cancel"), "{page}");
    for words in ["Failed", "Skipped", "build failed", "Exit code 3", "40 ms", "after build"] {
        assert!(page.contains(words), "{words} is missing: {page}");
    }
}

#[test]
fn a_stopped_step_shows_no_exit_code() {
    let page = html(told(vec![
        RunFact::StepStarted { job: 0, step: 0 },
        RunFact::StepEnded { job: 0, step: 0, exit: 137, took_ms: 40 },
        RunFact::Job { job: 0, state: JobState::Ended(Ending::Cancelled), reason: None },
        RunFact::Run { state: RunState::Ended(Ending::Cancelled), reason: None },
    ]));
    assert!(page.contains(">Stopped<") && !page.contains("137"), "{page}");
}

#[test]
fn a_run_that_moves_is_complete_before_any_script_runs() {
    let page = html(told(vec![
        RunFact::Run { state: RunState::Running, reason: None },
        line(Stream::Out, "compiling"),
        line(Stream::Err, "a warning"),
    ]));
    for part in [
        "<leptos-island",
        "Refresh this page",
        "id=\"l2\"",
        "href=\"#l2\"",
        ">compiling",
        "data-stream=\"err\"",
        ">stderr",
        "action=\"/runs/aaaaaaaaaaaaaaaaaaaaaaaaaa/cancel\"",
    ] {
        assert!(page.contains(part), "{part} is missing: {page}");
    }
}

#[test]
fn what_a_step_prints_stays_text() {
    let page = html(told(vec![line(Stream::Out, "</span><script>alert(1)</script>\"'")]));
    assert!(!page.contains("<script"), "{page}");
}

#[test]
fn a_page_carries_no_style_and_no_script_of_its_own() {
    let page = html(told(vec![line(Stream::Out, "hello")]));
    assert!(!page.contains(" style="), "{page}");
    assert!(!page.contains(" onclick"), "{page}");
}
