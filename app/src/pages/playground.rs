//! The playground: how runs are isolated, what they run in, and the demos to start from.

use leptos::prelude::*;
use regatta_domain::pipeline::Plan;
use regatta_domain::slug::Slug;

use crate::components::graph::plan_graph;
use crate::components::hoist::{Hoisting, hoist};
use crate::components::layout::{Page, Section, compact_head};
use crate::components::runs::{RunSummary, run_table};
use crate::components::state_mark::legend;
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct PlaygroundView {
    /// Whether and how runs are isolated.
    pub isolation: IsolationStatus,
    /// What pipelines may name as their image, and what that means here.
    pub images: Vec<ImageAlias>,
    /// What one run may use, one limit a line: "60 seconds from start to end".
    pub limits: Vec<String>,
    /// The demos.
    pub demos: Vec<Demo>,
    /// Runs that ended lately, the latest first.
    pub latest_runs: Vec<RunSummary>,
}

/// Whether runs can be isolated on this machine. Without isolation nothing runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IsolationStatus {
    /// The start-up probe is not done yet.
    Checking,
    /// Runs are isolated.
    Ready {
        /// What isolates them: `bubblewrap`.
        executor: String,
        /// What kind of isolation that is, truthfully: "process isolation, shared kernel".
        kind: String,
        /// What the probe showed, one finding a line.
        findings: Vec<String>,
    },
    /// Nothing can be run.
    Unavailable {
        /// Why not, and what the operator can do about it.
        reason: String,
    },
}

impl IsolationStatus {
    /// Whether a run can be asked for.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }
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

/// A pipeline to start from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demo {
    /// The last part of its address.
    pub slug: Slug,
    /// Its name.
    pub title: String,
    /// One or two sentences.
    pub summary: String,
    /// Its text.
    pub source: String,
    /// Its jobs.
    pub plan: Plan,
}

/// The playground's page.
pub fn playground(shell: &Shell, view: &PlaygroundView) -> String {
    let lede = "Start a pipeline and watch its log while it is written. Change it if you like: each run begins afresh.";
    let demos = view.demos.iter().map(|demo| demo_entry(demo, &view.isolation)).collect_view();
    let main = view! {
        {compact_head("Playground", "Run a pipeline", Some(lede), "playground")}
        {isolation_notice(&view.isolation)}
        <section aria-labelledby="demos">
            <h2 id="demos" class="section-title">"Demos"</h2>
            <ul class="demos">{demos}</ul>
        </section>
        <section aria-labelledby="latest">
            <h2 id="latest" class="section-title">"Latest runs"</h2>
            {run_table("The latest runs of the demos", &view.latest_runs)}
            <p class="more"><a href=paths::SHOWCASE>"All figures"</a></p>
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

/// Whether and how runs are isolated, in a sentence.
pub fn isolation_notice(isolation: &IsolationStatus) -> AnyView {
    match isolation {
        IsolationStatus::Checking => view! {
            <p class="notice notice-busy" role="status">
                "Checking isolation: runs can be started as soon as the sandbox has shown that it holds. Load this page again in a moment."
            </p>
        }
        .into_any(),
        IsolationStatus::Ready { executor, kind, .. } => view! {
            <p class="notice">{format!("Each job runs alone in a sandbox by {executor}: {kind}.")}</p>
        }
        .into_any(),
        IsolationStatus::Unavailable { reason } => view! {
            <div class="notice notice-bad" role="status">
                <p>{format!("Nothing can be run on this machine: {reason}")}</p>
            </div>
        }
        .into_any(),
    }
}

fn demo_entry(demo: &Demo, isolation: &IsolationStatus) -> AnyView {
    let run = isolation.is_ready().then(|| {
        view! {
            <form method="post" action=paths::RUNS>
                <input type="hidden" name="demo" value=demo.slug.to_string()/>
                <button class="button" type="submit">"Run it"<span class="visually-hidden">{format!(": {}", demo.title)}</span></button>
            </form>
        }
    });
    view! {
        <li class="demo-entry">
            <div class="demo-words">
                {hoist(demo.slug.as_str(), Hoisting::Row)}
                <h3><a href=paths::demo(&demo.slug)>{demo.title.clone()}</a></h3>
                <p>{demo.summary.clone()}</p>
                <div class="demo-actions">
                    {run}
                    <a class="button button-quiet" href=paths::demo(&demo.slug)>"Read and edit"</a>
                </div>
            </div>
            {plan_graph(&demo.plan)}
        </li>
    }
    .into_any()
}

/// What a run has around it: images, limits, findings of the probe, and how states look.
fn around(view: &PlaygroundView) -> AnyView {
    let findings = match &view.isolation {
        IsolationStatus::Ready { findings, .. } => findings.clone(),
        _ => Vec::new(),
    };
    view! {
        <section class="around" aria-labelledby="around">
            <h2 id="around" class="section-title">"What a run has around it"</h2>
            <div class="around-parts">
                <div><h3 id="images">"Images"</h3>{view.images.iter().map(image).collect_view()}</div>
                {listed("limits", "Limits", &view.limits)}
                {listed("findings", "What the probe showed", &findings)}
                <div><h3>"How states look"</h3>{legend()}</div>
            </div>
        </section>
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
        Ok(contents) => {
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
        Err(reason) => {
            view! { <p class="unavailable">{format!("Not to be had here: {reason}")}</p> }.into_any()
        }
    };
    view! { <div class="image"><h4><code>{image.alias.clone()}</code></h4>{meaning}</div> }.into_any()
}
