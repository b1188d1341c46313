//! What authors and visitors write arrives as text on every page, never as markup.

use std::sync::Arc;

use regatta_app::components::runs::RunSummary;
use regatta_app::forms::{RegisterErrors, RegisterForm};
use regatta_app::pages::ambassador::{AmbassadorView, ambassador};
use regatta_app::pages::demo::{DemoView, demo};
use regatta_app::pages::dev_mail::{DevMailEntry, DevMailView, dev_mail};
use regatta_app::pages::error::{Problem, error};
use regatta_app::pages::event::{EventView, event};
use regatta_app::pages::home::{HomeView, home};
use regatta_app::pages::playground::{
    Demo, ImageAlias, ImageContents, IsolationStatus, PlaygroundView, playground,
};
use regatta_app::pages::post::{PostView, post};
use regatta_app::pages::run::{RunPageView, run};
use regatta_app::pages::standing::{StandingView, standing};
use regatta_domain::event::{Event, Link, Place};
use regatta_domain::page::StandingPage;
use regatta_domain::people::Ambassador;
use regatta_domain::pipeline::{Diagnostic, Note, Plan};
use regatta_domain::post::Post;
use regatta_domain::run::{Ending, RunState};

use crate::sample::{self, HOSTILE};

/// The hostile text is there, but neither its script nor what ends the element around it.
fn assert_harmless(html: &str) {
    assert!(html.contains("&lt;script&gt;alert("), "the text is missing: {html}");
    assert!(!html.contains("<script>alert("), "a script got through: {html}");
    assert_eq!(html.matches("</title>").count(), 1, "the title was ended early: {html}");
    assert!(html.contains("&amp;amp;"), "an ampersand was taken for an escape: {html}");
}

fn hostile_event() -> Event {
    let mut meetup = sample::meetup();
    for text in [&mut meetup.title, &mut meetup.summary] {
        HOSTILE.clone_into(text);
    }
    meetup.place = Some(Place::Located(HOSTILE.into()));
    meetup.hosts = vec![HOSTILE.into()];
    meetup.topics = vec![HOSTILE.into()];
    meetup.links = vec![Link { title: HOSTILE.into(), url: format!("https://example.org/{HOSTILE}") }];
    HOSTILE.clone_into(&mut meetup.agenda[0].title);
    HOSTILE.clone_into(&mut meetup.agenda[0].speakers[0].name);
    meetup.agenda[0].speakers[0].affiliation = Some(HOSTILE.into());
    meetup
}

fn hostile_demo() -> Demo {
    let mut plan = sample::plan();
    HOSTILE.clone_into(&mut plan.jobs[0].name);
    Demo {
        slug: "demo".parse().unwrap(),
        title: HOSTILE.into(),
        summary: HOSTILE.into(),
        source: HOSTILE.into(),
        plan,
    }
}

fn ready() -> IsolationStatus {
    IsolationStatus::Ready { executor: HOSTILE.into(), kind: HOSTILE.into(), findings: vec![HOSTILE.into()] }
}

#[test]
fn a_meetup() {
    let view = EventView {
        event: Arc::new(hostile_event()),
        now: sample::now(),
        seats: None,
        form: RegisterForm { name: HOSTILE.into(), email: HOSTILE.into() },
        errors: RegisterErrors::refused(HOSTILE),
    };
    let html = event(&sample::shell(), &view);
    assert_harmless(&html);
    assert!(html.contains(r#"value="&lt;/title&gt;&lt;/textarea&gt;"#), "the typed value is missing: {html}");
}

#[test]
fn structured_data_stays_inside_its_script_and_keeps_the_text() {
    let view = EventView {
        event: Arc::new(Event { sample: false, ..hostile_event() }),
        now: sample::now(),
        seats: None,
        form: RegisterForm::default(),
        errors: RegisterErrors::default(),
    };
    let html = event(&sample::shell(), &view);
    let (_, rest) = html.split_once(r#"<script type="application/ld+json">"#).unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    let data: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(data["name"], HOSTILE);
    assert_eq!(data["startDate"], "2026-12-10T18:00:00+01:00");
    assert_eq!(data["endDate"], "2026-12-10T20:00:00+01:00");
    assert_eq!(data["eventStatus"], "https://schema.org/EventScheduled");
    assert_eq!(data["offers"], serde_json::Value::Null, "no price is known");
    assert_eq!(data["eventAttendanceMode"], "https://schema.org/OfflineEventAttendanceMode");
}

#[test]
fn the_first_page() {
    let summary = RunSummary {
        id: sample::run_id(),
        title: HOSTILE.into(),
        demo: None,
        state: RunState::Ended(Ending::Failed),
        accepted_at: sample::now(),
        setup_ms: None,
        total_ms: Some(1_234),
    };
    let view = HomeView {
        upcoming: vec![Arc::new(hostile_event()), Arc::new(hostile_event())],
        demo: Some(hostile_demo()),
        latest_runs: vec![summary],
        ..HomeView::default()
    };
    assert_harmless(&home(&sample::shell(), &view));
}

#[test]
fn people_posts_and_standing_pages() {
    let person = Ambassador {
        name: HOSTILE.into(),
        summary: HOSTILE.into(),
        affiliation: Some(HOSTILE.into()),
        ..sample::ambassador()
    };
    let view = AmbassadorView { ambassador: Arc::new(person), events: vec![] };
    assert_harmless(&ambassador(&sample::shell(), &view));

    let article = Post {
        title: HOSTILE.into(),
        summary: HOSTILE.into(),
        authors: vec![HOSTILE.into()],
        ..sample::post()
    };
    assert_harmless(&post(&sample::shell(), &PostView { post: Arc::new(article) }));

    let page = StandingPage { title: HOSTILE.into(), summary: HOSTILE.into(), ..sample::standing_page() };
    assert_harmless(&standing(&sample::shell(), &StandingView { page: Arc::new(page) }));
}

#[test]
fn the_playground_and_a_demo() {
    let image = ImageAlias {
        alias: HOSTILE.into(),
        meaning: Ok(ImageContents {
            description: HOSTILE.into(),
            tools: vec![(HOSTILE.into(), HOSTILE.into())],
        }),
    };
    let view = PlaygroundView {
        isolation: ready(),
        images: vec![image, ImageAlias { alias: "node".into(), meaning: Err(HOSTILE.into()) }],
        limits: vec![HOSTILE.into()],
        demos: vec![hostile_demo()],
        latest_runs: vec![],
    };
    assert_harmless(&playground(&sample::shell(), &view));

    let view = DemoView {
        diagnostics: vec![Diagnostic {
            line: 1,
            column: 2,
            message: HOSTILE.into(),
            hint: Some(HOSTILE.into()),
        }],
        refusal: Some(HOSTILE.into()),
        plan: None::<Plan>,
        ..DemoView::fresh(hostile_demo(), ready(), vec![Note { line: Some(1), text: HOSTILE.into() }])
    };
    let html = demo(&sample::shell(), &view);
    assert_harmless(&html);
    assert_eq!(html.matches("</textarea>").count(), 1, "the text area was ended early: {html}");
    assert!(html.contains("\n ^</pre>"), "the caret is not under column 2: {html}");
}

#[test]
fn a_run_that_is_over_and_one_that_moves() {
    for state in [RunState::Ended(Ending::Failed), RunState::Running] {
        let view = RunPageView {
            id: sample::run_id(),
            title: HOSTILE.into(),
            demo: None,
            edited: true,
            source: HOSTILE.into(),
            isolation: Some(HOSTILE.into()),
            accepted_at: sample::now(),
            queue_position: None,
            run: sample::run(state),
        };
        assert_harmless(&run(&sample::shell(), &view));
    }
}

#[test]
fn a_kept_mail_and_a_problem() {
    let view = DevMailView {
        entry: DevMailEntry { name: "1.eml".into(), subject: HOSTILE.into(), to: HOSTILE.into(), at: None },
        text: format!("{HOSTILE} http://127.0.0.1/a?b=1&c=2\nend"),
        raw: HOSTILE.into(),
    };
    let html = dev_mail(&sample::shell(), &view);
    assert_harmless(&html);
    assert!(html.contains(r#"<a href="http://127.0.0.1/a?b=1&amp;c=2">"#), "{html}");

    assert_harmless(&error(&sample::shell(), &Problem::Unprocessable(HOSTILE.into())));
}
