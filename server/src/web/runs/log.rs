//! A run's log as plain text.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use regatta_playground::LogScope;
use regatta_store::runs::StoredRun;
use serde::Deserialize;

use super::{place, run_id, run_with_log};
use crate::web::errors::Refusal;
use crate::web::headers::NEVER_KEEP;
use crate::web::state::Portal;

/// Which part is asked for, jobs and steps counted from 1, and whether it is to be kept as a file.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Part {
    job: Option<usize>,
    step: Option<usize>,
    download: Option<String>,
}

/// `GET /runs/{id}/log`: all of it, or that of a job or of a step.
pub async fn log(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Query(part): Query<Part>,
) -> Result<Response, Refusal> {
    let id = run_id(&id)?;
    let run = run_with_log(&portal, &id).await?;
    let scope = scope(&run, &part)?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (CACHE_CONTROL, NEVER_KEEP),
        (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")),
        (CONTENT_DISPOSITION, disposition(&run, &part)),
    ];
    // What compresses a body asks it once more after its end.
    let text = portal.playground.raw_log(&run, scope).fuse();
    Ok((headers, Body::from_stream(text)).into_response())
}

fn scope(run: &StoredRun, part: &Part) -> Result<LogScope, Refusal> {
    let Some(job) = part.job else { return Ok(LogScope::Run) };
    let job = place(job)?;
    let steps = run.pipeline.jobs.get(job).ok_or(Refusal::NotFound)?.steps.len();
    match part.step.map(place).transpose()? {
        None => Ok(LogScope::Job(job)),
        Some(step) if step < steps => Ok(LogScope::Step { job, step }),
        Some(_) => Err(Refusal::NotFound),
    }
}

/// The name of the file says what it is a log of, in numbers, which are safe in any file system.
fn disposition(run: &StoredRun, part: &Part) -> HeaderValue {
    let kind = if part.download.is_some() { "attachment" } else { "inline" };
    let job = part.job.map(|job| format!("-job-{job}")).unwrap_or_default();
    let step = part.step.map(|step| format!("-step-{step}")).unwrap_or_default();
    let name = format!("{kind}; filename=\"run-{}{job}{step}.log\"", run.id);
    HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("inline"))
}
