//! The short form after a meetup.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse};
use http::StatusCode;
use regatta_app::forms::{FeedbackErrors, FeedbackForm};
use regatta_app::pages::feedback::{
    FeedbackView as FeedbackPage, feedback as feedback_page, feedback_thanks,
};
use regatta_app::pages::registration::dead_link;
use regatta_app::paths;
use regatta_registration::{FeedbackError, FeedbackView};

use super::errors::Refusal;
use super::registration::{Fields, form_again};
use super::site::{PageResult, page, shell, unprocessable};
use super::state::Portal;

const TOO_OFTEN: &str =
    "This form was sent very often within the last hour. What you said first is kept; try again later.";

/// `GET /registrations/feedback/{token}`
pub async fn show(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    match portal.desk.look_feedback(&token).await {
        Ok(view) => {
            let form = view.given.as_ref().map(FeedbackForm::of).unwrap_or_default();
            Ok(page(document(&portal, &token, view, form, FeedbackErrors::default())?))
        }
        Err(error) => dead(&portal, error),
    }
}

/// `POST /registrations/feedback/{token}`
pub async fn give(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    Form(fields): Form<Fields>,
) -> PageResult {
    let form = FeedbackForm::read(&fields);
    let view = match portal.desk.look_feedback(&token).await {
        Ok(view) => view,
        Err(error) => return dead(&portal, error),
    };
    let opinion = match form.parse() {
        Ok(opinion) => opinion,
        Err(errors) => return Ok(unprocessable(document(&portal, &token, view, form, errors)?)),
    };
    let budget = &portal.budgets.owners;
    if let Err(wait) = budget.spend(view.registration.id.as_str(), portal.clock.now()) {
        let refused = FeedbackErrors::refused(TOO_OFTEN);
        return Ok(form_again(document(&portal, &token, view, form, refused)?, Some(wait)));
    }
    match portal.desk.give_feedback(&token, opinion.rating, &opinion.comment).await {
        Ok(FeedbackView { event: Some(event), .. }) => {
            Ok(page(feedback_thanks(&shell(&portal, &portal.shelf.library()), &event)))
        }
        Ok(FeedbackView { event: None, .. }) => Err(unreadable()),
        Err(error) => dead(&portal, error),
    }
}

fn document(
    portal: &Portal,
    token: &str,
    view: FeedbackView,
    form: FeedbackForm,
    errors: FeedbackErrors,
) -> Result<String, Refusal> {
    let event = view.event.ok_or_else(unreadable)?;
    let page = FeedbackPage { event, action: paths::feedback(token), form, errors };
    Ok(feedback_page(&shell(portal, &portal.shelf.library()), &page))
}

fn unreadable() -> Refusal {
    Refusal::Unavailable("The page of this meetup cannot be read at the moment. Try again later.".to_owned())
}

fn dead(portal: &Portal, error: FeedbackError) -> PageResult {
    match error {
        FeedbackError::Store(error) => Err(error.into()),
        FeedbackError::TooEarly => {
            Err(Refusal::unprocessable("This meetup is not over yet. Come back afterwards."))
        }
        FeedbackError::Invalid | FeedbackError::Expired | FeedbackError::Gone | FeedbackError::TooLong => {
            let document = dead_link(&shell(portal, &portal.shelf.library()));
            Ok((StatusCode::NOT_FOUND, Html(document)).into_response())
        }
    }
}
