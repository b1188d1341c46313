//! The playground: demos to run, the way to a text of one's own, and what runs have around them.

use leptos::prelude::*;
use regatta_domain::pipeline::Dialect;

pub use crate::components::demo_card::Demo;
use crate::components::demo_card::{Around, DemoCard, run_button};
use crate::components::layout::{Page, Section, compact_head};
use crate::components::openness::{IsolationStatus, Openness, Sandbox};
use crate::components::runs::{RunSummary, run_table};
use crate::components::state_mark::legend;
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct PlaygroundView {
    /// Whether something can be run.
    pub openness: Openness,
    /// What pipelines may name as their image, and what that means here.
    pub images: Vec<ImageAlias>,
    /// Images that are run as another one, in words.
    pub stand_ins: Vec<String>,
    /// What one run may use, one limit a line: "60 seconds from start to end".
    pub limits: Vec<String>,
    /// The demos.
    pub demos: Vec<DemoCard>,
    /// Runs that ended lately, the latest first.
    pub latest_runs: Vec<RunSummary>,
}

/// A name for what a job runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageAlias {
    /// The name as pipelines write it.
    pub alias: String,
    /// What it means here, or why it cannot be had.
    pub meaning: Result<ImageContents, String>,
}

/// What an image's alias means on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageContents {
    /// In words: "host tools: a listed part of this machine's /usr".
    pub description: String,
    /// The tools in it, each with its version.
    pub tools: Vec<(String, String)>,
}

/// The words that everything here is told in.
const WORDS: [(&str, &str); 3] = [
    (
        "Pipeline",
        "A text that says what is to be done with a piece of work, from its source to its users, and in which order.",
    ),
    (
        "Job",
        "A part of it with a sandbox of its own. Jobs run side by side, unless one says that it waits for another.",
    ),
    (
        "Step",
        "One command of a job. Steps run one after the other; when one fails, the rest of the job is left out.",
    ),
];

/// The playground's page.
pub fn playground(shell: &Shell, view: &PlaygroundView) -> String {
    let lede = "Press Run and watch a build pipeline go: its jobs start, branch, fail or succeed, and its log arrives while \
                it is written. Nothing to install, nothing to sign up for.";
    let main = view! {
        {compact_head("Playground", "Run a pipeline", Some(lede), "playground")}
        {view.openness.notice()}
        {at_once(view)}
        {words()}
        <section aria-labelledby="demos">
            <h2 id="demos" class="section-title">"Pick a demo"</h2>
            <ul class="demos">{gallery(&view.demos, &view.openness)}</ul>
        </section>
        {own(&view.openness)}
        <section aria-labelledby="latest">
            <h2 id="latest" class="section-title">"Latest runs"</h2>
            {run_table("The latest runs of the demos", &view.latest_runs)}
            <p class="more"><a href=paths::SHOWCASE>"How fast it is"</a></p>
        </section>
        {around(view)}
    };
    let page = Page {
        title: Some("Playground".to_owned()),
        description: lede.to_owned(),
        path: Some(paths::PLAYGROUND.to_owned()),
        section: Some(Section::Playground),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}

/// The first demo right away: whoever comes here should not have to look for a button.
fn at_once(view: &PlaygroundView) -> Option<AnyView> {
    let demo = &view.demos.first()?.demo;
    Some(
        view! {
            <div class="head-actions">
                {run_button(demo, &view.openness, format!("Run “{}”", demo.title))}
                <a href="#own">"Write your own"</a>
            </div>
        }
        .into_any(),
    )
}

fn words() -> AnyView {
    let one = |(word, meaning): &(&'static str, &'static str)| {
        view! { <div><dt>{*word}</dt><dd>{*meaning}</dd></div> }
    };
    view! { <dl class="three-words">{WORDS.iter().map(one).collect_view()}</dl> }.into_any()
}

/// The demos as entries of a list.
pub fn gallery(demos: &[DemoCard], openness: &Openness) -> AnyView {
    let entry = |card: &DemoCard| {
        let id = format!("demo-{}", card.demo.slug);
        view! { <li class="demo-entry" id=id>{card.render(openness, Around::Gallery)}</li> }
    };
    demos.iter().map(entry).collect_view().into_any()
}

fn own(openness: &Openness) -> AnyView {
    let closed = openness.closed_to_own_texts().map(|words| view! { <p class="field-hint">{words}</p> });
    let begin = |dialect: Dialect| {
        let class = if dialect == Dialect::default() { "button" } else { "button button-quiet" };
        view! { <a class=class href=paths::own_pipeline(dialect)>{format!("Begin in {}’s language", dialect.words())}</a> }
    };
    view! {
        <section class="own-pipeline" aria-labelledby="own">
            <h2 id="own" class="section-title">"Write your own"</h2>
            <p class="measured">
                "Begin with a small text that runs, or change any of the demos. The editor checks while you type, \
                 draws the jobs, and says line by line what it does with what you wrote. Bring a pipeline of your own \
                 project: what this playground does not do, it names and explains."
            </p>
            <p class="measured">
                "Screwdriver and Tekton are two systems for continuous delivery. Each has a language of its own for pipelines, \
                 both of them YAML: lists and names, told apart by how far lines are indented. Screwdriver’s is the shorter one."
            </p>
            {closed}
            <div class="form-actions">{Dialect::ALL.map(begin).collect_view()}</div>
        </section>
    }
    .into_any()
}

/// What a run has around it: isolation, images, limits, and how states look.
fn around(view: &PlaygroundView) -> AnyView {
    let sandboxes = match &view.openness.isolation {
        IsolationStatus::Ready(sandboxes) => sandboxes.as_slice(),
        IsolationStatus::Checking | IsolationStatus::Unavailable { .. } => &[],
    };
    view! {
        <section class="around" aria-labelledby="around">
            <h2 id="around" class="section-title">"What a run has around it"</h2>
            {view.openness.isolation_words().map(|words| view! { <p class="measured">{words}</p> })}
            <div class="around-parts">
                <div>
                    <h3 id="images">"Images"</h3>
                    <p class="field-hint">"What a job runs in is called its image. Pipelines name it."</p>
                    {view.images.iter().map(image).collect_view()}
                    {stand_ins(&view.stand_ins)}
                </div>
                {listed("limits", "Limits", &view.limits)}
                {sandboxes.iter().map(findings).collect_view()}
                <div><h3>"How states look"</h3>{legend()}</div>
            </div>
        </section>
    }
    .into_any()
}

fn stand_ins(rules: &[String]) -> Option<AnyView> {
    (!rules.is_empty()).then(|| {
        let rules = rules.iter().map(|rule| view! { <li>{rule.clone()}</li> }).collect_view();
        view! { <ul class="stand-ins">{rules}</ul> }.into_any()
    })
}

fn findings(sandbox: &Sandbox) -> AnyView {
    let lines = sandbox.findings.iter().map(|line| view! { <li>{line.clone()}</li> }).collect_view();
    view! {
        <div>
            <h3>{format!("What the probe of {} showed", sandbox.executor)}</h3>
            <p class="field-hint">
                "At its start the portal attacks its own sandbox. "
                {format!("What it is: {}.", sandbox.level.words())}
            </p>
            <ul>{lines}</ul>
        </div>
    }
    .into_any()
}

fn listed(id: &'static str, title: &'static str, lines: &[String]) -> Option<AnyView> {
    (!lines.is_empty()).then(|| {
        let lines = lines.iter().map(|line| view! { <li>{line.clone()}</li> }).collect_view();
        view! { <div><h3 id=id>{title}</h3><ul>{lines}</ul></div> }.into_any()
    })
}

fn image(image: &ImageAlias) -> AnyView {
    let meaning = match &image.meaning {
        Ok(contents) => contents_of(contents),
        Err(reason) => {
            view! { <p class="unavailable">{format!("Not to be had here: {reason}")}</p> }.into_any()
        }
    };
    view! { <div class="image"><h4><code>{image.alias.clone()}</code></h4>{meaning}</div> }.into_any()
}

fn contents_of(contents: &ImageContents) -> AnyView {
    let tool = |(name, version): &(String, String)| {
        view! { <div><dt>{name.clone()}</dt><dd>{version.clone()}</dd></div> }
    };
    let tools = (!contents.tools.is_empty()).then(|| {
        view! {
            <details>
                <summary>{format!("{} tools and their versions", contents.tools.len())}</summary>
                <dl class="tools">{contents.tools.iter().map(tool).collect_view()}</dl>
            </details>
        }
    });
    view! { <p>{contents.description.clone()}</p> {tools} }.into_any()
}
