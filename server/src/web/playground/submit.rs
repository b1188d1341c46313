//! Asking for a run.

use std::time::Duration;

use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use regatta_app::forms::RunForm;
use regatta_app::pages::editor::{Asked, editor};
use regatta_app::paths;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::{ArgumentError, Arguments};
use regatta_playground::{NewRun, SubmitError};

use super::draft::Draft;
use super::shown::sentence;
use crate::web::errors::Refusal;
use crate::web::site::{PageResult, see_other, shell, too_many, unprocessable};
use crate::web::state::Portal;
use crate::web::visitor::VisitorNetwork;

/// What a run of a text of one's own is called.
const OWN_TITLE: &str = "Your own pipeline";

/// `GET /runs`: what stands in the address bar after a mistake in a pipeline.
pub async fn to_the_demos() -> Response {
    see_other(paths::PLAYGROUND)
}

/// `POST /runs`: 303 to the run, or to an earlier one of the same that is as good; else the editor with all that was sent,
/// and why it was not run.
pub async fn submit(
    State(portal): State<Portal>,
    visitor: VisitorNetwork,
    Form(fields): Form<Vec<(String, String)>>,
) -> PageResult {
    let library = portal.shelf.library();
    let draft = Draft::of(&portal, &library, RunForm::read(&fields)).await?;
    if let Some(flaw) = draft.flaw {
        return Ok(unprocessable(document(&portal, draft, Some(flaw.to_string()), vec![]).await?));
    }
    if !draft.reading.is_runnable() {
        return Ok(unprocessable(document(&portal, draft, None, vec![]).await?));
    }
    let arguments = match draft.arguments() {
        Ok(arguments) => arguments,
        Err(errors) => {
            let words = "Something that it is to run with is missing or wrong.".to_owned();
            return Ok(unprocessable(document(&portal, draft, Some(words), errors).await?));
        }
    };
    if let Some(replay) = replay(&portal, &draft, &arguments).await? {
        return Ok(see_other(&format!("{}?replay=yes", paths::run(&replay))));
    }
    match portal.playground.submit(new_run(&draft, arguments, visitor)).await {
        Ok(id) => Ok(see_other(&paths::run(&id))),
        Err(error) => refused(&portal, draft, error).await,
    }
}

/// The run that may be shown in place of a new one.
async fn replay(portal: &Portal, draft: &Draft, arguments: &Arguments) -> Result<Option<RunId>, Refusal> {
    match &draft.demo {
        Some(demo) if !draft.edited && !draft.fresh => {
            Ok(portal.playground.recent_same(&demo.slug, &demo.source, arguments).await?)
        }
        _ => Ok(None),
    }
}

fn new_run(draft: &Draft, arguments: Arguments, visitor: VisitorNetwork) -> NewRun {
    NewRun {
        demo: draft.demo.as_ref().map(|demo| demo.slug.clone()),
        edited: draft.edited,
        title: draft.demo.as_ref().map_or_else(|| OWN_TITLE.to_owned(), |demo| demo.title.clone()),
        dialect: draft.reading.dialect,
        source: draft.source.clone(),
        pipeline: draft.reading.pipeline.clone(),
        arguments,
        visitor: visitor.0,
    }
}

/// The editor with all that was sent, and what to do about its not being run.
async fn refused(portal: &Portal, draft: Draft, error: SubmitError) -> PageResult {
    let wait = error.retry_after();
    let why = match wait {
        Some(wait) => format!("{} {}", sentence(&error.to_string()), when_to_come_back(wait)),
        None => sentence(&error.to_string()),
    };
    let closed = matches!(error, SubmitError::Unavailable { .. } | SubmitError::Closed { .. });
    if let SubmitError::Store(error) = error {
        return Err(error.into());
    }
    let document = document(portal, draft, Some(why), vec![]).await?;
    Ok(match wait {
        Some(wait) => too_many(document, wait),
        None if closed => (StatusCode::SERVICE_UNAVAILABLE, Html(document)).into_response(),
        None => unprocessable(document),
    })
}

async fn document(
    portal: &Portal,
    draft: Draft,
    why: Option<String>,
    errors: Vec<ArgumentError>,
) -> Result<String, Refusal> {
    let view = draft.view(portal, Asked::ToRun(why), errors).await?;
    Ok(editor(&shell(portal, &portal.shelf.library()), &view))
}

fn when_to_come_back(wait: Duration) -> String {
    match wait.as_secs().div_ceil(60) {
        0 | 1 => "Try again in a minute.".to_owned(),
        minutes => format!("Try again in {minutes} minutes."),
    }
}
