//! A step's log, page by page.

use axum::extract::{Path, Query, State};
use regatta_app::pages::run_lines::{LINES_PER_PAGE, RunLinesView, run_lines};
use serde::Deserialize;

use super::{place, run_id, run_with_log};
use crate::web::errors::Refusal;
use crate::web::site::{PageResult, page, shell};
use crate::web::state::Portal;

/// Which lines are asked for; all are counted from 1.
#[derive(Deserialize)]
pub struct Part {
    job: usize,
    step: usize,
    #[serde(default = "first")]
    from: usize,
}

fn first() -> usize {
    1
}

/// `GET /runs/{id}/lines`
pub async fn lines(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Query(part): Query<Part>,
) -> PageResult {
    let id = run_id(&id)?;
    let run = run_with_log(&portal, &id).await?;
    let (job, step, from) = (place(part.job)?, place(part.step)?, place(part.from)?);
    let turn_to_tell = portal.crowd.tell().await;
    let found = portal.playground.lines(&id, job, step, from, LINES_PER_PAGE).await?;
    drop(turn_to_tell);
    let found = found.ok_or(Refusal::NotFound)?;
    let planned = run.pipeline.jobs.get(job).ok_or(Refusal::NotFound)?;
    let step_name = planned.steps.get(step).ok_or(Refusal::NotFound)?.name.clone();
    let view = RunLinesView {
        id,
        title: run.title,
        job: (part.job, planned.name.clone()),
        step: (part.step, step_name),
        from: part.from,
        printed: found.printed,
        lines: found.lines,
    };
    Ok(page(run_lines(&shell(&portal, &portal.shelf.library()), &view)))
}
