//! One run: where it stands, its jobs and its log, complete at any moment.

use jiff::Timestamp;
use leptos::prelude::*;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::Note;
use regatta_domain::run::{RunView, Turn};
use regatta_domain::slug::Slug;
use regatta_islands::run::{LiveRun, document_title, waterfall_html, waterfall_words};

use crate::components::dates::moment;
use crate::components::findings::notes;
use crate::components::graph::run_graph;
use crate::components::layout::{Page, Section, compact_head};
use crate::components::run::headline::{Circumstances, headline, notices};
use crate::components::run::jobs::jobs;
use crate::components::run::onwards::{Origin, pass_on};
use crate::components::run::setup::bar_legend;
use crate::components::run::tools::{on_its_way, tools};
use crate::paths;
use crate::shell::Shell;

/// The most lines that the page has of all steps together; what else there is it links to.
pub const MAX_LINES: usize = 500;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct RunPageView {
    /// Its identity.
    pub id: RunId,
    /// What is run.
    pub title: String,
    /// What was run, so that it can be run again.
    pub origin: Origin,
    /// How it was read.
    pub notes: Vec<Note>,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Its turn, while it waits.
    pub turn: Option<Turn>,
    /// What happened to it through no fault of its pipeline.
    pub circumstances: Circumstances,
    /// The run so far, with at most [`MAX_LINES`] lines.
    pub run: RunView,
}

/// A run's page. Runs are known to those who have their address: the page is not to be indexed.
pub fn run(shell: &Shell, view: &RunPageView) -> String {
    let title = title(view);
    let page = Page {
        title: Some(document_title(view.run.state, &title)),
        description: format!("A run of {title}."),
        path: None,
        section: Some(Section::Playground),
        structured_data: None,
        main: ().into_any(),
    };
    page.render_reactive(shell, !view.circumstances.log_deleted, || main(shell, view))
}

/// The demo's title, and whether its text is no longer the demo's.
fn title(view: &RunPageView) -> String {
    let changed = view.origin.edited && view.origin.demo.is_some();
    if changed { format!("{}, edited", view.title) } else { view.title.clone() }
}

fn main(shell: &Shell, view: &RunPageView) -> AnyView {
    let RunPageView { id, origin, run, circumstances, .. } = view;
    let kind = if origin.edited { "Run of a text of one’s own" } else { "Run" };
    let slug = origin.demo.as_ref().map_or("run", Slug::as_str);
    let title = title(view);
    let with_log = !circumstances.log_deleted;
    let fresh = circumstances.replay_of.map(|_| origin.run_again("Run it fresh"));
    let again = circumstances.interrupted.then(|| origin.run_again("Run it again"));
    view! {
        {compact_head(kind, &title, None, slug)}
        {notices(run, *circumstances, fresh, again)}
        <div class="run">
            <div class="run-top">
                {headline(run, view.turn)}
                <div class="onwards">
                    {on_its_way(id, run)}
                    {origin.run_again("Run it again")}
                    {origin.edit(id)}
                    <copy-link href=shell.absolute(&paths::run(id))></copy-link>
                </div>
            </div>
            <div class="run-overview">
                <h2 class="visually-hidden">"Jobs"</h2>
                {run_graph(run, "")}
                {waterfall(run)}
            </div>
            {with_log.then(|| tools(run))}
            {jobs(id, run, accepted_ms(view), with_log)}
            {with_log.then(|| island(shell, view, &title))}
        </div>
        {about(shell, view, &title)}
    }
    .into_any()
}

/// What makes the page move.
fn island(shell: &Shell, view: &RunPageView, title: &str) -> AnyView {
    let mut run = view.run.clone();
    run.keep_last_lines(0);
    let in_tab = format!("{title} · {}", shell.site.name);
    view! { <LiveRun run_id=view.id.to_string() title=in_tab accepted_ms=accepted_ms(view) view=run/> }
        .into_any()
}

/// When it was accepted, in milliseconds of the portal's clock.
fn accepted_ms(view: &RunPageView) -> u64 {
    u64::try_from(view.accepted_at.as_millisecond()).unwrap_or_default()
}

fn waterfall(run: &RunView) -> AnyView {
    let words = waterfall_words(run);
    view! {
        <section class="waterfall-part" aria-labelledby="waterfall-title">
            <h2 class="run-part" id="waterfall-title">"Where the time goes"</h2>
            <p class="waterfall-words" id="waterfall-words" hidden=words.is_empty()>{words.clone()}</p>
            <ol class="waterfall" id="waterfall" inner_html=waterfall_html(run)></ol>
            {bar_legend(true)}
        </section>
    }
    .into_any()
}

/// What was run, and how to go on from it.
fn about(shell: &Shell, view: &RunPageView, title: &str) -> AnyView {
    let RunPageView { id, origin, accepted_at, .. } = view;
    let notes = notes(&view.notes, "text").map(|notes| {
        view! {
            <section aria-labelledby="notes">
                <h2 id="notes" class="run-part">"How it was read"</h2>
                {notes}
            </section>
        }
    });
    view! {
        <div class="run-about">
            <dl class="facts facts-row">
                <div>
                    <dt>"Accepted"</dt>
                    <dd><time datetime=accepted_at.to_string()>{moment(*accepted_at)}</time></dd>
                </div>
                <div><dt>"Written for"</dt><dd>{origin.dialect.words()}</dd></div>
                <div><dt>"Whole log"</dt><dd><a href=paths::run_log(id)>"as plain text"</a></dd></div>
            </dl>
            {origin.values()}
            {notes}
            {origin.run_otherwise()}
            <details class="source">
                <summary>"The text of this pipeline"</summary>
                <pre tabindex="0" id="text"><code>{origin.source.clone()}</code></pre>
            </details>
            {pass_on(shell, id, title)}
        </div>
    }
    .into_any()
}
