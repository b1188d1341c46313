//! What the demos did lately: runs that ended, and how long they took.

use axum::extract::State;
use regatta_app::components::runs::RunSummary;
use regatta_app::pages::showcase::{LocalFigures, ShowcaseView, showcase as showcase_page};
use regatta_domain::run::RunFact;
use regatta_playground::Availability;
use regatta_store::runs::StoredRun;

use super::errors::Refusal;
use super::site::{PageResult, page, shell};
use super::state::Portal;

const RUNS_ON_SHOWCASE: u32 = 20;
/// The first step begins within this many events: states of the run and of its first jobs stand before it.
const EVENTS_TO_FIRST_STEP: u32 = 50;

/// `GET /showcase`
pub async fn showcase(State(portal): State<Portal>) -> PageResult {
    let runs = latest_runs(&portal, RUNS_ON_SHOWCASE).await?;
    let local = local_figures(&portal, &runs);
    Ok(page(showcase_page(&shell(&portal, &portal.shelf.library()), &ShowcaseView { runs, local })))
}

/// The latest ended runs of unedited demos, with how long they took to set up.
pub async fn latest_runs(portal: &Portal, limit: u32) -> Result<Vec<RunSummary>, Refusal> {
    let mut summaries = Vec::new();
    for run in portal.playground.latest_demo_runs(limit).await? {
        let setup_ms = setup_ms(portal, &run).await?;
        let total_ms =
            run.ended_at.and_then(|end| u64::try_from(end.duration_since(run.accepted_at).as_millis()).ok());
        summaries.push(RunSummary {
            id: run.id,
            title: run.title,
            demo: run.demo,
            state: run.state,
            accepted_at: run.accepted_at,
            setup_ms,
            total_ms,
        });
    }
    Ok(summaries)
}

/// From acceptance to the beginning of the first step.
async fn setup_ms(portal: &Portal, run: &StoredRun) -> Result<Option<u64>, Refusal> {
    let events = portal.store.events_after(&run.id, 0, EVENTS_TO_FIRST_STEP).await?;
    let first = events.iter().find(|event| matches!(event.what, RunFact::StepStarted { .. }));
    Ok(first.map(|event| event.at_ms))
}

fn local_figures(portal: &Portal, runs: &[RunSummary]) -> Option<LocalFigures> {
    let Availability::Ready(executor) = portal.playground.availability() else { return None };
    let timed: Vec<(u64, u64)> = runs.iter().filter_map(|run| Some((run.setup_ms?, run.total_ms?))).collect();
    Some(LocalFigures {
        runs: timed.len(),
        isolation: executor.isolation().executor.clone(),
        setup_ms: median(timed.iter().map(|(setup, _)| *setup))?,
        total_ms: median(timed.iter().map(|(_, total)| *total))?,
    })
}

fn median(figures: impl Iterator<Item = u64>) -> Option<u64> {
    let mut figures: Vec<u64> = figures.collect();
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied()
}
