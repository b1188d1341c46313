//! A run's page.

use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use regatta_app::components::run::headline::Circumstances;
use regatta_app::components::run::onwards::Origin;
use regatta_app::pages::run::{MAX_LINES, RunPageView, run as run_page};
use regatta_app::paths;
use regatta_domain::run::RunView;
use regatta_playground::{Cancellation, was_interrupted};
use regatta_store::runs::StoredRun;
use serde::Deserialize;

use super::last_lines::keep_what_matters;
use super::{run_id, shown};
use crate::web::errors::Refusal;
use crate::web::site::{PageResult, page, see_other, shell};
use crate::web::state::Portal;

/// Whether the run is shown in place of a new one.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    replay: Option<String>,
}

/// `GET /runs/{id}`: the run so far, complete without JavaScript.
pub async fn show(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> PageResult {
    let id = run_id(&id)?;
    let turn_to_tell = portal.crowd.tell().await;
    let found = portal.playground.view_with_last_lines(&id, MAX_LINES).await?;
    drop(turn_to_tell);
    let (run, mut view) = found.ok_or(Refusal::NotFound)?;
    let run = shown(run)?;
    keep_what_matters(&mut view, MAX_LINES);
    let turn = portal.playground.turn(&id).await?;
    let is_replay = asked.replay.is_some_and(|replay| replay == "yes");
    let circumstances = circumstances(&run, &view, is_replay.then(|| portal.clock.now()));
    let view = RunPageView {
        id,
        title: run.title,
        origin: Origin {
            demo: run.demo,
            edited: run.edited,
            dialect: run.dialect,
            source: run.source,
            parameters: run.pipeline.parameters,
            arguments: run.arguments,
        },
        notes: run.pipeline.notes,
        accepted_at: run.accepted_at,
        turn,
        circumstances,
        run: view,
    };
    Ok(page(run_page(&shell(&portal, &portal.shelf.library()), &view)))
}

/// Only runs of a demo's own text that are over are shown in place of others, whatever the address says.
fn circumstances(run: &StoredRun, view: &RunView, replayed_at: Option<Timestamp>) -> Circumstances {
    let may_be_replay = run.state.is_final() && run.demo.is_some() && !run.edited;
    let age =
        |now: Timestamp| u64::try_from(now.duration_since(run.accepted_at).as_millis()).unwrap_or_default();
    Circumstances {
        replay_of: replayed_at.filter(|_| may_be_replay).map(age),
        interrupted: was_interrupted(view.reason.as_deref()),
        log_deleted: run.log_deleted,
    }
}

/// `POST /runs/{id}/cancel`: whoever has the address may stop the run.
pub async fn cancel(State(portal): State<Portal>, Path(id): Path<String>) -> PageResult {
    let id = run_id(&id)?;
    match portal.playground.cancel(&id).await? {
        Cancellation::Unknown => Err(Refusal::NotFound),
        Cancellation::Over | Cancellation::Stopping | Cancellation::TooLate => {
            Ok(see_other(&paths::run(&id)))
        }
    }
}
