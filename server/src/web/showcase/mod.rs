//! What the demos did lately: runs that ended, how long they took, and badges that say so.

mod badge;

use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CONTENT_TYPE;
use regatta_app::components::demo_card::DemoCard;
use regatta_app::components::runs::RunSummary;
use regatta_app::pages::showcase::{ShowcaseView, showcase as showcase_page, showcase_json};
use regatta_domain::slug::Slug;
use regatta_store::runs::{ListedRun, RunFilter};

use super::errors::Refusal;
use super::playground::shown_demos;
use super::site::{PageResult, page, shell};
use super::state::Portal;

pub use badge::badge;

/// The figures are those of the latest runs, at most so many.
const RUNS_COUNTED: u32 = 1_000;

/// `GET /showcase`
pub async fn showcase(State(portal): State<Portal>) -> PageResult {
    let view = view(&portal).await?;
    Ok(page(showcase_page(&shell(&portal, &portal.shelf.library()), &view)))
}

/// `GET /showcase.json`
pub async fn json(State(portal): State<Portal>) -> PageResult {
    let view = view(&portal).await?;
    let json = showcase_json(&shell(&portal, &portal.shelf.library()), &view).map_err(|error| {
        tracing::error!(%error, "the showcase has no JSON form");
        Refusal::Internal
    })?;
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}

async fn view(portal: &Portal) -> Result<ShowcaseView, Refusal> {
    let runs = latest_runs(portal, RUNS_COUNTED).await?;
    let mut demos = Vec::new();
    for demo in shown_demos(&portal.shelf.library()) {
        let latest = match runs.iter().find(|run| run.demo.as_ref() == Some(&demo.slug)) {
            Some(run) => Some(run.clone()),
            // Where these are all the runs that there are, it never ran.
            None if u32::try_from(runs.len()).is_ok_and(|count| count < RUNS_COUNTED) => None,
            None => latest_run_of(portal, &demo.slug).await?,
        };
        demos.push(DemoCard { demo, latest });
    }
    Ok(ShowcaseView { demos, runs })
}

/// The latest ended runs of unedited demos.
pub async fn latest_runs(portal: &Portal, limit: u32) -> Result<Vec<RunSummary>, Refusal> {
    listed(portal, RunFilter { public: true, limit, ..RunFilter::default() }).await
}

/// The latest ended run of this demo, unedited.
pub async fn latest_run_of(portal: &Portal, demo: &Slug) -> Result<Option<RunSummary>, Refusal> {
    let demo = Some(demo.clone());
    Ok(listed(portal, RunFilter { public: true, demo, limit: 1, ..RunFilter::default() }).await?.pop())
}

async fn listed(portal: &Portal, filter: RunFilter) -> Result<Vec<RunSummary>, Refusal> {
    Ok(portal.store.list_runs(&filter).await?.into_iter().map(summary).collect())
}

fn summary(run: ListedRun) -> RunSummary {
    let took =
        run.ended_at.and_then(|end| u64::try_from(end.duration_since(run.accepted_at).as_millis()).ok());
    let total_ms = run.timing.as_ref().map(|timing| timing.total_ms).or(took);
    RunSummary {
        id: run.id,
        title: run.title,
        demo: run.demo,
        state: run.state,
        accepted_at: run.accepted_at,
        total_ms,
        timing: run.timing,
    }
}
