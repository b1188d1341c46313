//! A run for other sites to show in a frame: where it stands, its jobs, its last lines.

use leptos::prelude::*;
use regatta_domain::ids::RunId;
use regatta_domain::run::{RunView, StepState, StepView};
use regatta_islands::run::{log_html, run_clock, run_shown, run_summary};

use crate::components::graph::run_graph;
use crate::components::state_mark::mark;
use crate::paths;
use crate::render;
use crate::shell::Shell;

/// The lines that are shown of the step that matters most.
pub const EMBEDDED_LINES: usize = 12;

/// What the frame shows.
#[derive(Clone, Debug)]
pub struct RunEmbedView {
    /// The run.
    pub id: RunId,
    /// What is run.
    pub title: String,
    /// The run so far, with at most [`EMBEDDED_LINES`] lines of each step.
    pub run: RunView,
}

/// The document in the frame. What it leads to opens in a window of its own: other pages are not shown in frames.
pub fn run_embed(shell: &Shell, view: &RunEmbedView) -> String {
    render::document(|| {
        view! {
            <html lang="en" class="framed">
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <title>{format!("{}: {} · {}", view.run.state.words(), view.title, shell.site.name)}</title>
                    <meta name="robots" content="noindex"/>
                    <meta name="color-scheme" content="light dark"/>
                    <base target="_blank"/>
                    <link rel="stylesheet" href=shell.assets.stylesheet.clone()/>
                </head>
                <body>
                    <main id="main" class="run-card">{card(shell, view)}</main>
                </body>
            </html>
        }
        .into_any()
    })
}

fn card(shell: &Shell, view: &RunEmbedView) -> AnyView {
    let run = &view.run;
    let page = shell.absolute(&paths::run(&view.id));
    view! {
        <header class="run-card-head">
            <h1><a href=page.clone()>{view.title.clone()}</a></h1>
            {mark(None, run_shown(run.state))}
            <p class="run-figures">{run_summary(run)} " " {run_clock(run)}</p>
        </header>
        {run_graph(run, &page)}
        {last_lines(run)}
        <p class="run-card-foot">
            <a href=page.clone()>{if run.state.is_final() { "The whole run" } else { "Follow it live" }}</a>
            <span>{shell.site.name.clone()}</span>
        </p>
    }
    .into_any()
}

fn last_lines(run: &RunView) -> Option<AnyView> {
    let step = step_that_matters(run)?;
    Some(
        view! {
            <div class="run-log">
                <p class="run-card-step">{step.name.clone()}</p>
                <div
                    class="log"
                    role="group"
                    aria-label=format!("Last lines of {}", step.name)
                    tabindex="0"
                    inner_html=log_html(step.printed, &step.lines)
                ></div>
            </div>
        }
        .into_any(),
    )
}

/// The first step that failed, else one that runs, else the last that printed something.
fn step_that_matters(run: &RunView) -> Option<&StepView> {
    let printed = || run.jobs.iter().flat_map(|job| &job.steps).filter(|step| !step.lines.is_empty());
    printed()
        .find(|step| matches!(step.state, StepState::Exited(code) if code != 0))
        .or_else(|| printed().find(|step| step.state == StepState::Running))
        .or_else(|| printed().next_back())
}
