//! A demo to pick: what it shows, its jobs as a drawing, how it went the last time, and the button that runs it.

use leptos::prelude::*;
use regatta_domain::pipeline::{Dialect, Parameter, Plan};
use regatta_domain::slug::Slug;

use super::findings::counted;
use super::graph::plan_graph;
use super::hoist::{Hoisting, hoist};
use super::openness::Openness;
use super::runs::{RunSummary, latest_run};
use crate::paths;

/// A pipeline to start from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demo {
    /// The last part of its address.
    pub slug: Slug,
    /// Its name.
    pub title: String,
    /// One or two sentences.
    pub summary: String,
    /// What it is written in.
    pub dialect: Dialect,
    /// Its text.
    pub source: String,
    /// Its jobs.
    pub plan: Plan,
    /// What one may choose before it runs.
    pub parameters: Vec<Parameter>,
}

/// A demo and how it went the last time.
#[derive(Clone, Debug)]
pub struct DemoCard {
    /// The demo.
    pub demo: Demo,
    /// Its latest run for the public that ended.
    pub latest: Option<RunSummary>,
}

/// Where a card stands, which decides on its heading and on where its run opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// A list of cards on a page of the playground.
    Gallery,
    /// The text of a page.
    Prose,
    /// A frame on another site: everything opens in a window of its own.
    Frame,
}

impl DemoCard {
    /// The card. Its button is only there while something can be run.
    pub fn render(&self, openness: &Openness, around: Around) -> AnyView {
        let demo = &self.demo;
        let target = (around == Around::Frame).then_some("_blank");
        view! {
            <div class="demo-words">
                {(around == Around::Gallery).then(|| hoist(demo.slug.as_str(), Hoisting::Row))}
                {self.heading(around, target)}
                <p class="demo-kind">{self.kind()}</p>
                <p>{demo.summary.clone()}</p>
                {latest_run(self.latest.as_ref())}
                <div class="demo-actions">
                    {openness.closed().is_none().then(|| run_form(demo, target, self.run_words()))}
                    <a class="button button-quiet" href=paths::demo(&demo.slug) target=target>"Read and change it"</a>
                </div>
            </div>
            {plan_graph(&demo.plan)}
        }
        .into_any()
    }

    fn heading(&self, around: Around, target: Option<&'static str>) -> AnyView {
        let link = view! { <a href=paths::demo(&self.demo.slug) target=target>{self.demo.title.clone()}</a> };
        match around {
            Around::Gallery => view! { <h3>{link}</h3> }.into_any(),
            Around::Prose => view! { <p class="demo-title">{link}</p> }.into_any(),
            Around::Frame => view! { <h1>{link}</h1> }.into_any(),
        }
    }

    fn run_words(&self) -> AnyView {
        let title = format!(": {}", self.demo.title);
        view! { "Run it"<span class="visually-hidden">{title}</span> }.into_any()
    }

    /// What it is, in a few words: `Screwdriver · 5 jobs · 2 parameters`.
    fn kind(&self) -> String {
        let demo = &self.demo;
        let mut parts = vec![demo.dialect.words().to_owned(), counted(demo.plan.jobs.len(), "job", "jobs")];
        if !demo.parameters.is_empty() {
            parts.push(counted(demo.parameters.len(), "parameter", "parameters"));
        }
        parts.join(" · ")
    }
}

/// The button that runs a demo as it is, with its parameters' defaults; nothing where nothing can be run. What it opens takes
/// the place of the page.
pub fn run_button(demo: &Demo, openness: &Openness, words: String) -> Option<AnyView> {
    openness.closed().is_none().then(|| run_form(demo, None, words.into_any()))
}

fn run_form(demo: &Demo, target: Option<&'static str>, words: AnyView) -> AnyView {
    view! {
        <form method="post" action=paths::RUNS target=target>
            <input type="hidden" name="demo" value=demo.slug.to_string()/>
            <button class="button" type="submit">{words}</button>
        </form>
    }
    .into_any()
}
