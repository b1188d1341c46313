//! What owners do by the links in their mails. GET shows, POST acts: mail programs and their guards open every link.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse};
use axum::{Form, Json};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use regatta_app::forms::{Asked, ChangeErrors, ChangeForm, ChoiceError};
use regatta_app::pages::erase::{EraseView, erase as erase_page, erased as erased_page};
use regatta_app::pages::registration::{
    Done, Purpose, RegistrationView, dead_link, registration as registration_page,
};
use regatta_app::pages::ticket::{TicketView, ticket as ticket_page};
use regatta_app::paths;
use regatta_domain::ports::Schedule;
use regatta_registration::{Change, ChangeError, FormError, LinkError, OwnView};
use serde::Deserialize;

use super::errors::Refusal;
use super::registration::{Fields, form_again};
use super::site::{PageResult, page, see_other, shell};
use super::state::Portal;
use super::tickets;

const EVENT_UNREADABLE: &str =
    "This meetup cannot be read at the moment, so nothing was changed. Cancelling works all the same.";
const NO_ROOM: &str =
    "There are not enough free seats for this change. Nothing was changed: you keep what you have.";
const TOO_OFTEN: &str = "This registration was changed very often within the last hour. Nothing was changed this time; try again later.";
const SETTLED: &str = "It cannot be changed as it stands. Nothing was changed.";

/// What was just done, where the address says so.
#[derive(Deserialize)]
pub struct JustDone {
    #[serde(default)]
    done: String,
}

/// `GET /registrations/confirm/{token}`: how the registration stands, with the button that confirms it.
pub async fn ask_to_confirm(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let view = portal.desk.look(&token).await;
    shown(&portal, view, |view| RegistrationView { confirm_path: Some(paths::confirm(&token)), ..view })
}

/// `POST /registrations/confirm/{token}`
pub async fn confirm(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    match portal.desk.confirm(&token).await {
        Ok(own) => Ok(see_other(&own.manage_path)),
        refused => shown(&portal, refused, |view| view),
    }
}

/// `GET /registrations/manage/{token}`: how the registration stands.
pub async fn look(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    Query(just): Query<JustDone>,
) -> PageResult {
    let view = portal.desk.look(&token).await;
    shown(&portal, view, |view| RegistrationView { done: Done::named(&just.done), ..view })
}

/// `GET /registrations/manage/{token}/cancel`: the same, asking whether to give the place up.
pub async fn ask_to_cancel(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let view = portal.desk.look(&token).await;
    shown(&portal, view, |view| RegistrationView { purpose: Purpose::Cancel, ..view })
}

/// `POST /registrations/manage/{token}/cancel`
pub async fn cancel(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    match portal.desk.cancel(&token).await {
        Ok(own) => Ok(see_other(&own.manage_path)),
        refused => shown(&portal, refused, |view| view),
    }
}

/// `POST /registrations/manage/{token}/cancel-all`: every date that was registered for together.
pub async fn cancel_all(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    match portal.desk.cancel_booking(&token).await {
        Ok(own) => Ok(see_other(&own.manage_path)),
        refused => shown(&portal, refused, |view| view),
    }
}

/// `GET /registrations/manage/{token}/change`: the same, with the form to change it.
pub async fn ask_to_change(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let view = portal.desk.look(&token).await;
    shown(&portal, view, |view| RegistrationView { purpose: Purpose::Change, ..view })
}

/// `POST /registrations/manage/{token}/change`
pub async fn change(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    Form(fields): Form<Fields>,
) -> PageResult {
    let own = match portal.desk.look(&token).await {
        Ok(own) => own,
        refused => return shown(&portal, refused, |view| view),
    };
    let form = ChangeForm::read(&fields);
    let (errors, wait) = match changed(&portal, &token, &own, &form).await {
        Ok(own) => return Ok(see_other(&format!("{}?done={}", own.manage_path, Done::Changed.as_str()))),
        Err(NotChanged::Form(errors)) => (errors, None),
        Err(NotChanged::TooOften(wait)) => (ChangeErrors::refused(TOO_OFTEN), Some(wait)),
        Err(NotChanged::Link(refused)) => return shown(&portal, Err(*refused), |view| view),
    };
    let view = RegistrationView { form, errors, purpose: Purpose::Change, ..registration_view(&portal, own) };
    let shell = shell(&portal, &portal.shelf.library());
    Ok(form_again(registration_page(&shell, &view), wait))
}

enum NotChanged {
    Form(ChangeErrors),
    /// Each change is told by mail; there is room for another after this time.
    TooOften(Duration),
    Link(Box<LinkError>),
}

async fn changed(
    portal: &Portal,
    token: &str,
    own: &OwnView,
    form: &ChangeForm,
) -> Result<OwnView, NotChanged> {
    let refused = |words: &str| NotChanged::Form(ChangeErrors::refused(words));
    let policy = own.event.as_ref().and_then(|event| event.registration.as_ref());
    let asked = policy.map(Asked::by).ok_or_else(|| refused(EVENT_UNREADABLE))?;
    let wanted = form.parse(&asked).map_err(NotChanged::Form)?;
    let budget = &portal.budgets.owners;
    budget.spend(own.registration.id.as_str(), portal.clock.now()).map_err(NotChanged::TooOften)?;
    let change = Change {
        // What is not asked stays as it is.
        party: (asked.party_size > 1).then_some(wanted.party),
        attendance: (asked.attendances.len() > 1).then_some(wanted.attendance),
        answers: Some(wanted.answers.0),
        ..Change::default()
    };
    portal.desk.change(token, change).await.map_err(|error| match error {
        ChangeError::Link(error) => NotChanged::Link(Box::new(error)),
        ChangeError::Form(wrong) => NotChanged::Form(told_at_their_fields(wrong)),
        ChangeError::NoRoom => refused(NO_ROOM),
        ChangeError::Settled(_) => refused(SETTLED),
        ChangeError::EventUnreadable => refused(EVENT_UNREADABLE),
    })
}

/// What has changed about the event since the form was handed out, at the fields that it is about.
fn told_at_their_fields(wrong: Vec<FormError>) -> ChangeErrors {
    let mut errors = ChangeErrors::default();
    for one in wrong {
        match one {
            FormError::Attendance => errors.attendance = Some(ChoiceError::Attendance),
            FormError::Party { .. } => errors.party = Some(ChoiceError::Party),
            FormError::Answer(question, error) => errors.answers.push((question, error)),
            FormError::Invitation | FormError::Terms => errors.refusal = Some(SETTLED.to_owned()),
        }
    }
    errors
}

/// `GET /registrations/manage/{token}/erase`: what being forgotten means, with the button that does it.
pub async fn ask_to_erase(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let own = match portal.desk.look(&token).await {
        Ok(own) => own,
        refused => return shown(&portal, refused, |view| view),
    };
    let kept = portal.store.by_address(&own.registration.email.normalized()).await?;
    let live = kept.iter().filter(|one| one.state.is_live());
    let seats_given_up = live.filter_map(|one| Schedule::event(&*portal.shelf, &one.event)).collect();
    let view = EraseView { registration: own.registration, seats_given_up, manage_path: own.manage_path };
    Ok(page(erase_page(&shell(&portal, &portal.shelf.library()), &view)))
}

/// `POST /registrations/manage/{token}/erase`
pub async fn erase(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    match portal.desk.erase(&token).await {
        Ok(_) => Ok(page(erased_page(&shell(&portal, &portal.shelf.library())))),
        Err(refused) => shown(&portal, Err(refused), |view| view),
    }
}

/// `GET /registrations/manage/{token}/ticket`
pub async fn ticket(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let own = match portal.desk.look(&token).await {
        Ok(own) => own,
        refused => return shown(&portal, refused, |view| view),
    };
    let (Some(text), Some(event)) = (tickets::text(&portal, &own.registration), own.event) else {
        // Who has no seat yet, or none any more, sees how things stand.
        return Ok(see_other(&own.manage_path));
    };
    let qr_svg = tickets::drawn(&text).ok_or(Refusal::Internal)?;
    let (registration, manage_path) = (own.registration, own.manage_path);
    let view = TicketView { registration, event, qr_svg, text, manage_path };
    Ok(page(ticket_page(&shell(&portal, &portal.shelf.library()), &view)))
}

/// `GET /registrations/manage/{token}/calendar.ics`
pub async fn calendar(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let own = match portal.desk.look(&token).await {
        Ok(own) => own,
        refused => return shown(&portal, refused, |view| view),
    };
    let event = own.event.as_ref().ok_or(Refusal::NotFound)?;
    let calendar = super::calendars::own(&portal, event, &own.registration);
    Ok(([(CONTENT_TYPE, "text/calendar; charset=utf-8; method=PUBLISH")], calendar).into_response())
}

/// `GET /registrations/manage/{token}/export.json`: everything that is kept about the address.
pub async fn export(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    match portal.desk.export(&token).await {
        Ok(kept) => {
            let name = [(CONTENT_DISPOSITION, "attachment; filename=\"kept-about-me.json\"")];
            Ok((name, Json(kept)).into_response())
        }
        Err(refused) => shown(&portal, Err(refused), |view| view),
    }
}

/// The registration's page as `dressed`, or the words why the link shows none.
fn shown(
    portal: &Portal,
    view: Result<OwnView, LinkError>,
    dressed: impl FnOnce(RegistrationView) -> RegistrationView,
) -> PageResult {
    let shell = shell(portal, &portal.shelf.library());
    let (status, own) = match view {
        Ok(own) => (StatusCode::OK, own),
        // The page shows the state that stands in the way, and what can be done about it.
        Err(
            LinkError::HoldOver(own)
            | LinkError::Cancelled(own)
            | LinkError::Declined(own)
            | LinkError::EventOver(own),
        ) => (StatusCode::UNPROCESSABLE_ENTITY, *own),
        // The page says that the meetup cannot be read, and that the registration is not affected.
        Err(LinkError::EventUnreadable(own)) => (StatusCode::SERVICE_UNAVAILABLE, *own),
        Err(LinkError::Store(error)) => return Err(error.into()),
        Err(LinkError::Invalid | LinkError::Expired | LinkError::Revoked | LinkError::Gone) => {
            return Ok((StatusCode::NOT_FOUND, Html(dead_link(&shell))).into_response());
        }
    };
    let view = dressed(registration_view(portal, own));
    Ok((status, Html(registration_page(&shell, &view))).into_response())
}

fn registration_view(portal: &Portal, own: OwnView) -> RegistrationView {
    let OwnView { registration, event, waitlist_position, history, manage_path, others } = own;
    let mut booking: Vec<_> = others
        .into_iter()
        .filter_map(|other| {
            let state = other.registration.state;
            other.event.map(|event| (event, state))
        })
        .collect();
    booking.sort_by_key(|(event, _)| event.when.begins_at());
    RegistrationView {
        waitlist_position,
        history,
        booking,
        ..RegistrationView::of(registration, event, portal.clock.now(), manage_path)
    }
}
