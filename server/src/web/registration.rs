//! Registering, and what owners do by the links in their mails. GET shows, POST acts.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use regatta_app::forms::{RegisterErrors, RegisterForm};
use regatta_app::pages::registered::{RegisteredPlace, RegisteredView, registered as registered_page};
use regatta_app::pages::registration::{
    Purpose, RegistrationView, dead_link, registration as registration_page,
};
use regatta_app::paths;
use regatta_content::EventAddress;
use regatta_domain::event::{Event, RegistrationWindow};
use regatta_domain::slug::Slug;
use regatta_registration::{Answer, LinkError, OwnView, RegisterError};
use serde::Deserialize;

use super::errors::Refusal;
use super::headers::NEVER_KEEP;
use super::site::{PageResult, see_other, shell, too_many, unprocessable};
use super::state::Portal;
use super::visitor::VisitorNetwork;
use super::website::event_document;

const TOO_OFTEN: &str = "Your network has registered very often within the last hour. Nothing was stored; try again later, \
                         or write to us if you are many.";

/// `GET /events/{slug}/register`: what stands in the address bar after a mistake in the form.
pub async fn to_the_form(Path(slug): Path<Slug>) -> Response {
    see_other(&format!("{}#register", paths::event(&slug)))
}

/// `POST /events/{slug}/register`
pub async fn register(
    State(portal): State<Portal>,
    Path(slug): Path<String>,
    visitor: VisitorNetwork,
    Form(form): Form<RegisterForm>,
) -> PageResult {
    let event = event_at(&portal, &slug).ok_or_else(|| {
        Refusal::unprocessable("There is no meetup at this address any more. Nothing was stored.")
    })?;
    let attendee = match form.parse() {
        Ok(attendee) => attendee,
        Err(errors) => return Ok(unprocessable(event_document(&portal, event, form, errors).await?)),
    };
    if let Err(wait) = portal.registrations.spend(&visitor.0, portal.clock.now()) {
        let document = event_document(&portal, event, form, RegisterErrors::refused(TOO_OFTEN)).await?;
        return Ok(too_many(document, wait));
    }
    let path = paths::registered(&event.slug);
    let why_not = match portal.desk.register(&event.id, attendee.name, attendee.email).await {
        Ok(Answer::SeatHeld { .. }) => return Ok(see_other(&format!("{path}?place=seat"))),
        Ok(Answer::OnWaitlist) => return Ok(see_other(&format!("{path}?place=waitlist"))),
        Err(RegisterError::Store(error)) => return Err(error.into()),
        Err(RegisterError::UnknownEvent) => "This meetup cannot be read at the moment. Nothing was stored.",
        Err(RegisterError::Full) => "All seats are taken and there is no waitlist. Nothing was stored.",
        Err(RegisterError::NotOpen(window)) => closed_words(window, event.is_past(portal.clock.now())),
    };
    let document = event_document(&portal, event, form, RegisterErrors::refused(why_not)).await?;
    Ok(unprocessable(document))
}

/// Why one cannot register, in words for whoever tried.
fn closed_words(window: RegistrationWindow, past: bool) -> &'static str {
    match window {
        RegistrationWindow::NotYet(_) => "Registration is not open yet. Nothing was stored.",
        RegistrationWindow::Closed => "Registration has closed. Nothing was stored.",
        RegistrationWindow::Past => {
            "This meetup has begun or is over, so one cannot register any more. Nothing was stored."
        }
        RegistrationWindow::Cancelled => {
            "This meetup was cancelled, so one cannot register. Nothing was stored."
        }
        RegistrationWindow::None if past => {
            "This meetup is over, so one cannot register. Nothing was stored."
        }
        RegistrationWindow::None | RegistrationWindow::Open => {
            "One does not register here for this meetup. Nothing was stored."
        }
    }
}

/// The event with this slug, or that had it before.
fn event_at(portal: &Portal, slug: &str) -> Option<Arc<Event>> {
    let library = portal.shelf.library();
    match library.event_by_slug(slug)? {
        EventAddress::Here(event) => Some(event),
        EventAddress::Moved(slug) => match library.event_by_slug(slug.as_str())? {
            EventAddress::Here(event) => Some(event),
            EventAddress::Moved(_) => None,
        },
    }
}

/// What the address of the answer says: the event's public state and nothing of the visitor.
#[derive(Deserialize)]
pub struct Registered {
    #[serde(default)]
    place: String,
}

/// `GET /events/{slug}/registered`: what happens next.
pub async fn registered(
    State(portal): State<Portal>,
    Path(slug): Path<String>,
    Query(registered): Query<Registered>,
) -> PageResult {
    let event = event_at(&portal, &slug).ok_or(Refusal::NotFound)?;
    let place = match registered.place.as_str() {
        "seat" => RegisteredPlace::Seat,
        "waitlist" => RegisteredPlace::Waitlist,
        _ => return Ok(see_other(&paths::event(&event.slug))),
    };
    Ok(super::site::page(registered_page(
        &shell(&portal, &portal.shelf.library()),
        &RegisteredView { event, place },
    )))
}

/// `GET /registrations/…/{token}`: how the registration stands. Changes nothing, whoever opens it.
pub async fn look(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let view = portal.desk.look(&token).await;
    shown(&portal, &token, view, Purpose::Overview)
}

/// `GET /registrations/manage/{token}/cancel`: the same, asking whether to give the place up.
pub async fn ask_to_cancel(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let view = portal.desk.look(&token).await;
    shown(&portal, &token, view, Purpose::Cancel)
}

/// `POST /registrations/confirm/{token}`
pub async fn confirm(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    match portal.desk.confirm(&token).await {
        Ok(own) => Ok(see_other(&own.manage_path)),
        refused => shown(&portal, &token, refused, Purpose::Overview),
    }
}

/// `POST /registrations/manage/{token}/cancel`
pub async fn cancel(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    match portal.desk.cancel(&token).await {
        Ok(own) => Ok(see_other(&own.manage_path)),
        refused => shown(&portal, &token, refused, Purpose::Cancel),
    }
}

/// `GET /registrations/manage/{token}/calendar.ics`
pub async fn calendar(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let own = match portal.desk.look(&token).await {
        Ok(own) => own,
        refused => return shown(&portal, &token, refused, Purpose::Overview),
    };
    let event = own.event.as_ref().ok_or(Refusal::NotFound)?;
    let calendar = super::calendars::own(&portal, event, &own.registration);
    let kind = "text/calendar; charset=utf-8; method=PUBLISH";
    Ok(([(CONTENT_TYPE, kind)], [(CACHE_CONTROL, NEVER_KEEP)], calendar).into_response())
}

/// The registration's page, or the words why the link shows none.
fn shown(portal: &Portal, token: &str, view: Result<OwnView, LinkError>, purpose: Purpose) -> PageResult {
    let shell = shell(portal, &portal.shelf.library());
    let (status, own) = match view {
        Ok(own) => (StatusCode::OK, own),
        // The page shows the state that stands in the way, and what can be done about it.
        Err(LinkError::HoldOver(own) | LinkError::Cancelled(own) | LinkError::EventOver(own)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, *own)
        }
        Err(LinkError::Store(error)) => return Err(error.into()),
        Err(LinkError::Invalid | LinkError::Expired | LinkError::Revoked | LinkError::Gone) => {
            return Ok(private(StatusCode::NOT_FOUND, dead_link(&shell)));
        }
    };
    let view = RegistrationView {
        confirm_action: format!("/registrations/confirm/{token}"),
        cancel_action: format!("{}/cancel", own.manage_path),
        calendar_href: format!("{}/calendar.ics", own.manage_path),
        registration: own.registration,
        event: own.event,
        waitlist_position: own.waitlist_position,
        purpose,
    };
    Ok(private(status, registration_page(&shell, &view)))
}

/// A page behind a secret address: kept by nobody, found by no search engine.
fn private(status: StatusCode, document: String) -> Response {
    let headers = [(CACHE_CONTROL, NEVER_KEEP)];
    (status, headers, [("x-robots-tag", "noindex")], axum::response::Html(document)).into_response()
}
