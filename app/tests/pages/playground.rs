//! The playground, its editor, what stands in frames and texts, and the showcase.

use std::collections::BTreeMap;

use regatta_app::components::badge::badge;
use regatta_app::components::demo_card::{Demo, DemoCard};
use regatta_app::components::fence::{demo_fence, text_fence};
use regatta_app::components::openness::{IsolationStatus, Openness, Sandbox};
use regatta_app::components::runs::RunSummary;
use regatta_app::components::surroundings::{ImageAlias, ImageContents, MissingSandbox, Surroundings};
use regatta_app::pages::demo_embed::demo_embed;
use regatta_app::pages::editor::{Asked, EditorView, Origin, editor};
use regatta_app::pages::playground::{PlaygroundView, playground};
use regatta_app::pages::showcase::{ShowcaseView, showcase, showcase_json};
use regatta_domain::pipeline::{
    ArgumentError, Diagnostic, Dialect, Job, Note, NoteKind, Parameter, ParameterKind, Pipeline, Problem,
    Reading, Step,
};
use regatta_domain::run::{Ending, ImageState, IsolationLevel, Milestone, RunState, RunTiming};
use regatta_domain::switches::{PlaygroundMode, Switches};

use crate::escaping::assert_harmless;
use crate::sample::{self, HOSTILE};

pub fn hostile_demo() -> Demo {
    let mut plan = sample::plan();
    HOSTILE.clone_into(&mut plan.jobs[0].name);
    Demo {
        slug: "demo".parse().unwrap(),
        title: HOSTILE.into(),
        summary: HOSTILE.into(),
        dialect: Dialect::Screwdriver,
        source: HOSTILE.into(),
        plan,
        parameters: vec![parameter(HOSTILE, ParameterKind::Text)],
    }
}

pub fn hostile_run() -> RunSummary {
    let timing = RunTiming {
        executor: HOSTILE.into(),
        level: IsolationLevel::Process,
        image_state: ImageState::Local,
        queued_ms: 1,
        setup_ms: 44,
        total_ms: 4_500,
        phases: vec![(Milestone::SandboxStarted, 30), (Milestone::RunnerReady, 8)],
    };
    RunSummary {
        id: sample::run_id(),
        title: HOSTILE.into(),
        demo: Some("demo".parse().unwrap()),
        state: RunState::Ended(Ending::Failed),
        accepted_at: sample::now(),
        total_ms: Some(4_500),
        timing: Some(timing),
    }
}

/// The gallery while isolation stands like this.
pub fn gallery_while(isolation: IsolationStatus) -> String {
    playground(&sample::shell(), &gallery(Openness { isolation, switches: Switches::default() }))
}

fn ready(words: &str) -> Openness {
    let level = IsolationLevel::Process;
    let lines = vec![words.to_owned()];
    let sandbox =
        Sandbox { executor: words.into(), level, findings: lines.clone(), probed_at: None, sizes: lines };
    Openness { isolation: IsolationStatus::Ready(vec![sandbox]), switches: Switches::default() }
}

fn gallery(openness: Openness) -> PlaygroundView {
    PlaygroundView {
        openness,
        surroundings: Surroundings::default(),
        demos: vec![fleet_card()],
        latest_runs: vec![],
    }
}

fn image(alias: &str, executor: &str, meaning: Result<ImageContents, String>) -> ImageAlias {
    ImageAlias { alias: alias.into(), meanings: vec![(executor.into(), meaning)] }
}

fn contents(words: &str, tool: &str) -> ImageContents {
    ImageContents { description: words.into(), tools: vec![(tool.into(), "1".into())] }
}

fn parameter(name: &str, kind: ParameterKind) -> Parameter {
    Parameter { name: name.into(), description: Some(name.into()), kind, default: None }
}

/// A demo with a parameter of each kind.
fn fleet() -> Demo {
    let routes = ParameterKind::Choice(vec!["east".into(), "west".into()]);
    Demo {
        slug: "join-the-fleet".parse().unwrap(),
        title: "Join the fleet".into(),
        summary: "A hull and a launch.".into(),
        dialect: Dialect::Screwdriver,
        source: "jobs: the text\n".into(),
        plan: sample::plan(),
        parameters: vec![
            parameter("ship", ParameterKind::Text),
            parameter("route", routes),
            parameter("loud", ParameterKind::Boolean),
        ],
    }
}

fn fleet_card() -> DemoCard {
    let latest = RunSummary { title: "Join the fleet".into(), ..hostile_run() };
    DemoCard { demo: fleet(), latest: Some(latest) }
}

fn fleet_reading() -> Reading {
    let job = |name: &str| Job::new(name, "host-tools", vec![Step::new("one", "true")]);
    let pipeline = Pipeline {
        parameters: fleet().parameters,
        jobs: vec![job("hull"), job("launch")],
        ..Pipeline::default()
    };
    Reading { pipeline, ..Reading::default() }
}

fn fleet_editor(openness: Openness) -> EditorView {
    let card = fleet_card();
    let source = card.demo.source.clone();
    EditorView::opened(Origin::Demo(Box::new(card)), openness, source, fleet_reading())
}

fn html_of(view: &EditorView) -> String {
    editor(&sample::shell(), view)
}

/// One element a line, so that a change shows where it is; the head and the masthead are told elsewhere.
fn main_of(html: &str) -> String {
    let (_, main) = html.split_once("<main").unwrap();
    main.split_once("</main>").unwrap().0.replace("><", ">\n<")
}

#[test]
fn the_gallery() {
    let view = PlaygroundView {
        surroundings: Surroundings {
            images: vec![image("host-tools", "bubblewrap", Ok(contents("host tools", "sh")))],
            stand_ins: vec!["alpine are run as host-tools; each run says so.".into()],
            limits: vec!["60 seconds for each job".into()],
            missing: vec![],
        },
        ..gallery(ready("bubblewrap"))
    };
    insta::assert_snapshot!(main_of(&playground(&sample::shell(), &view)));
}

#[test]
fn a_demo_in_the_editor() {
    insta::assert_snapshot!(main_of(&html_of(&fleet_editor(ready("bubblewrap")))));
}

#[test]
fn a_text_of_ones_own_that_was_not_run() {
    let diagnostic = Diagnostic {
        line: 1,
        column: 1,
        problem: Problem::Mistake,
        message: "there is nothing to run".into(),
        hint: Some("write a job".into()),
    };
    let reading = Reading { diagnostics: vec![diagnostic], ..Reading::default() };
    let view = EditorView {
        asked: Asked::ToRun(None),
        ..EditorView::opened(
            Origin::Own(Dialect::Screwdriver),
            ready("bubblewrap"),
            "jobs:\n".into(),
            reading,
        )
    };
    insta::assert_snapshot!(main_of(&html_of(&view)));
}

#[test]
fn the_figures_of_the_showcase() {
    let view = ShowcaseView {
        demos: vec![fleet_card()],
        runs: vec![RunSummary { title: "Join the fleet".into(), ..hostile_run() }],
    };
    insta::assert_snapshot!(main_of(&showcase(&sample::shell(), &view)));
}

#[test]
fn nothing_hostile_gets_through() {
    let shell = sample::shell();
    let card = DemoCard { demo: hostile_demo(), latest: Some(hostile_run()) };
    let view = PlaygroundView {
        openness: ready(HOSTILE),
        surroundings: Surroundings {
            images: vec![
                image(HOSTILE, HOSTILE, Ok(contents(HOSTILE, HOSTILE))),
                image("node", HOSTILE, Err(HOSTILE.into())),
            ],
            stand_ins: vec![HOSTILE.into()],
            limits: vec![HOSTILE.into()],
            missing: vec![MissingSandbox { executor: HOSTILE.into(), reason: HOSTILE.into() }],
        },
        demos: vec![card.clone()],
        latest_runs: vec![hostile_run()],
    };
    assert_harmless(&playground(&shell, &view));
    assert_harmless(&demo_embed(&shell, &card, &ready(HOSTILE)));

    let html = html_of(&hostile_editor(card.clone()));
    assert_harmless(&html);
    assert_eq!(html.matches("</textarea>").count(), 1, "the text area was ended early: {html}");
    assert!(html.contains("\n ^</pre>"), "the caret is not under column 2: {html}");

    let runs = vec![hostile_run()];
    let html = showcase(&shell, &ShowcaseView { demos: vec![card.clone()], runs });
    assert!(html.contains("&lt;script&gt;alert(") && !html.contains("<script>alert("), "{html}");
    for part in
        [demo_fence(&card, &ready(HOSTILE)), text_fence(&Reading::default(), HOSTILE), badge(HOSTILE, None)]
    {
        assert!(part.contains("&lt;script&gt;alert(") && !part.contains("<script>"), "{part}");
    }
}

fn hostile_editor(card: DemoCard) -> EditorView {
    let diagnostic = Diagnostic {
        line: 1,
        column: 2,
        problem: Problem::Refused,
        message: HOSTILE.into(),
        hint: Some(HOSTILE.into()),
    };
    let notes = vec![Note { line: Some(1), kind: NoteKind::Ignored, text: HOSTILE.into() }];
    let parameters = hostile_demo().parameters;
    let pipeline = Pipeline { parameters, notes, ..Pipeline::default() };
    let reading = Reading { pipeline, diagnostics: vec![diagnostic], ..Reading::default() };
    let origin = Origin::Demo(Box::new(card));
    EditorView {
        values: BTreeMap::from([(HOSTILE.into(), HOSTILE.into())]),
        errors: vec![ArgumentError::NotALine { name: HOSTILE.into() }],
        asked: Asked::ToRun(Some(HOSTILE.into())),
        ..EditorView::opened(origin, ready(HOSTILE), HOSTILE.into(), reading)
    }
}

#[test]
fn without_isolation_nothing_can_be_pressed() {
    assert!(gallery_while(IsolationStatus::Checking).contains("Checking isolation"));
    let reason = "bubblewrap is not installed. Run apt-get install bubblewrap".to_owned();
    let off = gallery_while(IsolationStatus::Unavailable { reason });
    assert!(off.contains("bubblewrap is not installed") && off.contains("apt-get install"), "{off}");
    assert!(!off.contains("Run it"), "{off}");
}

#[test]
fn what_operators_switched_off_is_told_and_the_rest_goes_on() {
    let with = |switches| Openness { switches, ..ready("bubblewrap") };
    let reason = Some("Too many miners.".to_owned());
    let demos_only = with(Switches { edited_runs: false, reason: reason.clone(), ..Switches::default() });
    let html = html_of(&fleet_editor(demos_only.clone()));
    assert!(
        html.contains("Too many miners.") && html.contains("Run this pipeline"),
        "the demo itself runs: {html}"
    );
    let own = EditorView::opened(Origin::Own(Dialect::Tekton), demos_only, "x".into(), fleet_reading());
    let html = html_of(&own);
    assert!(
        html.contains("Cannot be run now") && html.contains("It can run: 2 jobs"),
        "it is explained all the same: {html}"
    );
    let closed = with(Switches { mode: PlaygroundMode::ReadOnly, reason, ..Switches::default() });
    let html = html_of(&fleet_editor(closed));
    assert!(html.contains("read-only") && html.contains("Cannot be run now"), "{html}");
}

#[test]
fn a_shared_text_is_for_those_who_have_its_address() {
    let origin = Origin::Shared { id: sample::ID.parse().unwrap(), shared_at: sample::now() };
    let html = html_of(&EditorView::opened(origin, ready("bubblewrap"), "jobs:\n".into(), fleet_reading()));
    assert!(html.contains(r#"<meta name="robots" content="noindex">"#), "{html}");
    assert!(html.contains(&format!("/playground/shared/{}", sample::ID)), "{html}");
}

#[test]
fn only_the_editor_brings_the_editors_module() {
    let html = html_of(&fleet_editor(ready("bubblewrap")));
    assert!(html.contains(r#"<script type="module" src="/assets/editor-6.js"></script>"#), "{html}");
    assert!(!html.contains(" style=") && !html.contains(" onclick="), "{html}");
    assert!(!gallery_while(IsolationStatus::Checking).contains("editor-6.js"));
}

#[test]
fn programs_are_told_what_people_are() {
    let view = ShowcaseView { demos: vec![fleet_card()], runs: vec![hostile_run()] };
    let json: serde_json::Value =
        serde_json::from_str(&showcase_json(&sample::shell(), &view).unwrap()).unwrap();
    assert_eq!(json["counted_runs"], 1);
    let figures = json["figures"].as_array().unwrap();
    let of = |executor: &str, image: &str| {
        figures.iter().find(|figure| figure["executor"] == executor && figure["image"] == image).unwrap()
    };
    assert_eq!(of(HOSTILE, "local")["setup_ms"], serde_json::json!({"p50": 44, "p95": 44}));
    assert_eq!(of(HOSTILE, "local")["phases_ms"]["sandbox_started"], 30);
    for image in ["cached", "fetched"] {
        let kata = of("kubernetes", image);
        assert_eq!((&kata["isolation"], &kata["runs"]), (&"virtual_machine".into(), &0.into()));
        assert_eq!(
            (&kata["total_ms"], &kata["phases_ms"]),
            (&serde_json::Value::Null, &serde_json::json!({}))
        );
    }
    assert_eq!(json["published"][0]["setup_s"], 28);
    assert_eq!(json["demos"][0]["badge"], "https://cd.example.org/badges/join-the-fleet.svg");
    assert_eq!(json["demos"][0]["latest"]["state"], "failed");
    assert_eq!(json["runs"][0]["total_ms"], 4_500);
}
