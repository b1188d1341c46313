//! A page of a step's log, for those whose browser runs no scripts.

use leptos::prelude::*;
use regatta_domain::ids::RunId;
use regatta_domain::run::LogLine;
use regatta_islands::run::log_html;

use crate::components::layout::{Page, Section, compact_head};
use crate::paths;
use crate::shell::Shell;

/// The most lines on a page.
pub const LINES_PER_PAGE: usize = 500;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct RunLinesView {
    /// The run.
    pub id: RunId,
    /// What is run.
    pub title: String,
    /// The job's number, from 1, and its name.
    pub job: (usize, String),
    /// The step's number within it, from 1, and its name.
    pub step: (usize, String),
    /// The number of the first line shown, from 1.
    pub from: usize,
    /// How many lines the step printed so far.
    pub printed: usize,
    /// The lines, at most [`LINES_PER_PAGE`].
    pub lines: Vec<LogLine>,
}

/// A page of a step's log.
pub fn run_lines(shell: &Shell, view: &RunLinesView) -> String {
    let RunLinesView { id, job, step, from, printed, lines, .. } = view;
    let shown = from.saturating_sub(1) + lines.len();
    let words = match lines.len() {
        0 => format!("{printed} lines in all; none from number {from} on."),
        _ => format!("Lines {from} to {shown} of {printed}."),
    };
    let main = view! {
        {compact_head("Log", &format!("{}, {}", job.1, step.1), Some(&words), "log")}
        {ways(view, shown)}
        <div class="run-log">
            <div
                class="log"
                role="group"
                aria-label=format!("Log of {}", step.1)
                tabindex="0"
                inner_html=log_html(shown, lines)
            ></div>
        </div>
        {ways(view, shown)}
        <p class="more"><a href=paths::run(id)>"Back to the run"</a></p>
    };
    let page = Page {
        title: Some(format!("{}, {} from line {from}: {}", job.1, step.1, view.title)),
        description: format!("A part of the log of a run of {}.", view.title),
        path: None,
        section: Some(Section::Playground),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}

/// The ways to the lines before and after these, and to all of them.
fn ways(view: &RunLinesView, shown: usize) -> AnyView {
    let (job, step) = (view.job.0, view.step.0);
    let to = |from: usize, words: &'static str| {
        view! { <a href=paths::run_lines(&view.id, job, step, from)>{words}</a> }
    };
    let before =
        (view.from > 1).then(|| to(view.from.saturating_sub(LINES_PER_PAGE).max(1), "Earlier lines"));
    let after = (shown < view.printed && shown >= view.from).then(|| to(shown + 1, "Later lines"));
    view! {
        <p class="log-ways">
            {before} {after} <a href=paths::step_log(&view.id, job, step)>"All of it as plain text"</a>
        </p>
    }
    .into_any()
}
