//! One run: where it stands, its jobs and its log, complete at any moment.

use jiff::Timestamp;
use leptos::prelude::*;
use regatta_domain::ids::RunId;
use regatta_domain::run::RunView;
use regatta_domain::slug::Slug;
use regatta_islands::run::{LiveArea, document_title};

use crate::components::dates::moment;
use crate::components::layout::{Page, Section, compact_head};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct RunPageView {
    /// Its identity.
    pub id: RunId,
    /// What is run.
    pub title: String,
    /// The demo it came from.
    pub demo: Option<Slug>,
    /// Whether the visitor changed the demo's text.
    pub edited: bool,
    /// The text that is run.
    pub source: String,
    /// How it is isolated, in words, once it started.
    pub isolation: Option<String>,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Its place in the queue, from 1, while it waits for its turn.
    pub queue_position: Option<usize>,
    /// The run so far.
    pub run: RunView,
}

/// A run's page. Runs are known to those who have their address: the page is not to be indexed.
pub fn run(shell: &Shell, view: &RunPageView) -> String {
    let over = view.run.state.is_final();
    let title = title(view);
    let page = Page {
        title: Some(document_title(view.run.state, &title)),
        description: format!("A run of {title}."),
        path: None,
        section: Some(Section::Playground),
        structured_data: None,
        main: ().into_any(),
    };
    page.render_reactive(shell, !over, || main(shell, view))
}

/// The demo's title, and whether its text is no longer the demo's.
fn title(view: &RunPageView) -> String {
    if view.edited { format!("{}, edited", view.title) } else { view.title.clone() }
}

fn main(shell: &Shell, view: &RunPageView) -> AnyView {
    let kind = if view.edited { "Run of an edited demo" } else { "Run" };
    let slug = view.demo.as_ref().map_or("run", Slug::as_str);
    let title = title(view);
    let in_tab = format!("{title} · {}", shell.site.name);
    view! {
        {compact_head(kind, &title, None, slug)}
        {facts(view)}
        <LiveArea run_id=view.id.to_string() title=in_tab view=view.run.clone()/>
        {source(&view.source)}
        {onwards(shell, view)}
    }
    .into_any()
}

fn facts(view: &RunPageView) -> AnyView {
    let isolation = view.isolation.clone().unwrap_or_else(|| "Shown here once the run starts".to_owned());
    view! {
        <dl class="facts facts-row">
            <div>
                <dt>"Accepted"</dt>
                <dd><time datetime=view.accepted_at.to_string()>{moment(view.accepted_at)}</time></dd>
            </div>
            <div><dt>"Isolation"</dt><dd>{isolation}</dd></div>
            {view.queue_position.map(|place| view! {
                <div><dt>"Place in the queue"</dt><dd>{place}</dd></div>
            })}
        </dl>
    }
    .into_any()
}

/// The text that is run, for those who want to know what they are looking at.
fn source(source: &str) -> AnyView {
    view! {
        <details class="source">
            <summary>"The text of this pipeline"</summary>
            <pre tabindex="0"><code>{source.to_owned()}</code></pre>
        </details>
    }
    .into_any()
}

/// What to do next: run it again, change its text first, pass its address on.
fn onwards(shell: &Shell, view: &RunPageView) -> AnyView {
    let again = view.demo.as_ref().filter(|_| !view.edited).map(|demo| {
        view! {
            <form method="post" action=paths::RUNS>
                <input type="hidden" name="demo" value=demo.to_string()/>
                <button class="button" type="submit">"Run it again"</button>
            </form>
        }
    });
    let edit = view.demo.as_ref().map(|demo| {
        view! { <a class="button button-quiet" href=paths::edit_run(demo, &view.id)>"Edit and run again"</a> }
    });
    view! {
        <div class="onwards">
            {again}
            {edit}
            <copy-link href=shell.absolute(&paths::run(&view.id))></copy-link>
        </div>
    }
    .into_any()
}
