//! The playground: demos to run, the way to a text of one's own, and what runs have around them.

use leptos::prelude::*;
use regatta_domain::pipeline::Dialect;

pub use crate::components::demo_card::Demo;
use crate::components::demo_card::{Around, DemoCard, run_button};
use crate::components::layout::{Page, Section, compact_head};
use crate::components::openness::Openness;
use crate::components::runs::{RunSummary, run_table};
use crate::components::surroundings::{Surroundings, around};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct PlaygroundView {
    /// Whether something can be run.
    pub openness: Openness,
    /// What runs have around them.
    pub surroundings: Surroundings,
    /// The demos.
    pub demos: Vec<DemoCard>,
    /// Runs that ended lately, the latest first.
    pub latest_runs: Vec<RunSummary>,
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
        {around(&view.openness, &view.surroundings)}
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
