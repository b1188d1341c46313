//! Runs in lists: what was run, how it went, how long it took.

use jiff::Timestamp;
use leptos::prelude::*;
use regatta_domain::ids::RunId;
use regatta_domain::run::{RunState, RunTiming};
use regatta_domain::slug::Slug;
use regatta_islands::run::duration;

use super::dates::moment;
use super::state_mark::run_mark;
use super::tables::framed;
use crate::paths;

/// A run as lists show it.
#[derive(Clone, Debug)]
pub struct RunSummary {
    /// Its identity.
    pub id: RunId,
    /// What was run.
    pub title: String,
    /// The demo it came from.
    pub demo: Option<Slug>,
    /// Where it stands.
    pub state: RunState,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Milliseconds from acceptance to the end, once it ended.
    pub total_ms: Option<u64>,
    /// What it took and in what, where a step of it began.
    pub timing: Option<RunTiming>,
}

impl RunSummary {
    /// Milliseconds from acceptance to the start of the first step, where one started.
    fn setup_ms(&self) -> Option<u64> {
        self.timing.as_ref().map(|timing| timing.setup_ms)
    }
}

/// Runs in a table, or words that say there are none.
pub fn run_table(caption: &'static str, runs: &[RunSummary]) -> AnyView {
    if runs.is_empty() {
        return view! { <p class="empty">"No run has ended yet. The first one is yours to start."</p> }
            .into_any();
    }
    let table = view! {
        <table class="runs">
            <caption class="visually-hidden">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Run"</th>
                    <th scope="col">"How it went"</th>
                    <th scope="col" class="number">"Set-up"</th>
                    <th scope="col" class="number">"Whole run"</th>
                    <th scope="col">"When"</th>
                </tr>
            </thead>
            <tbody>{runs.iter().map(row).collect_view()}</tbody>
        </table>
    };
    framed(caption, table.into_any())
}

fn row(run: &RunSummary) -> AnyView {
    let time = |ms: Option<u64>| ms.map_or_else(|| "–".to_owned(), duration);
    view! {
        <tr>
            <th scope="row"><a href=paths::run(&run.id)>{run.title.clone()}</a></th>
            <td>{run_mark(run.state)}</td>
            <td class="number">{time(run.setup_ms())}</td>
            <td class="number">{time(run.total_ms)}</td>
            <td><time datetime=run.accepted_at.to_string()>{moment(run.accepted_at)}</time></td>
        </tr>
    }
    .into_any()
}

/// The latest run of something, in a line that leads to it; words where there is none.
pub fn latest_run(run: Option<&RunSummary>) -> AnyView {
    let Some(run) = run else {
        return view! { <p class="latest latest-none">"Not run yet."</p> }.into_any();
    };
    let took = run.total_ms.map(|ms| format!("in {}", duration(ms)));
    view! {
        <p class="latest">
            <span class="latest-label">"Latest run: "</span>
            <a href=paths::run(&run.id)>{run_mark(run.state)}</a>
            <span>{took}</span>
            <time datetime=run.accepted_at.to_string()>{moment(run.accepted_at)}</time>
        </p>
    }
    .into_any()
}
