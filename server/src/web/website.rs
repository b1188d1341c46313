//! The public website: content as it lies in the folder.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use http::header::CONTENT_TYPE;
use regatta_app::forms::{RegisterErrors, RegisterForm};
use regatta_app::pages::ambassador::{AmbassadorView, ambassador as ambassador_page};
use regatta_app::pages::ambassadors::{AmbassadorsView, ambassadors as ambassadors_page};
use regatta_app::pages::event::{EventView, event as event_page};
use regatta_app::pages::events::{EventsView, events as events_page};
use regatta_app::pages::home::{HomeView, home as home_page};
use regatta_app::pages::post::{PostView, post as post_page};
use regatta_app::pages::posts::{PostsView, posts as posts_page};
use regatta_app::pages::standing::{StandingView, standing};
use regatta_app::paths;
use regatta_content::EventAddress;
use regatta_domain::event::Event;
use regatta_domain::slug::Slug;

use super::errors::Refusal;
use super::fences;
use super::language::ReadersLanguage;
use super::playground::shown_demos;
use super::registration::purpose;
use super::showcase::latest_runs;
use super::site::{PageResult, moved, page, shell};
use super::state::Portal;

const RUNS_ON_HOME: u32 = 3;

/// `GET /`
pub async fn home(State(portal): State<Portal>) -> PageResult {
    let library = portal.shelf.library();
    let now = portal.clock.now();
    let view = HomeView {
        upcoming: library.upcoming_events(now),
        past: library.past_events(now),
        posts: library.posts().to_vec(),
        ambassadors: library.ambassadors().to_vec(),
        demo: shown_demos(&library).into_iter().max_by_key(|demo| demo.plan.jobs.len()),
        latest_runs: latest_runs(&portal, RUNS_ON_HOME).await?,
    };
    Ok(page(home_page(&shell(&portal, &library), &view)))
}

/// `GET /ambassadors`
pub async fn ambassadors(State(portal): State<Portal>) -> PageResult {
    let library = portal.shelf.library();
    let view = AmbassadorsView { ambassadors: library.ambassadors().to_vec() };
    Ok(page(ambassadors_page(&shell(&portal, &library), &view)))
}

/// `GET /ambassadors/{slug}`
pub async fn ambassador(State(portal): State<Portal>, Path(slug): Path<String>) -> PageResult {
    let library = portal.shelf.library();
    let mut ambassador = library.ambassador(&slug).ok_or(Refusal::NotFound)?;
    if let Some(body) = fences::filled(&portal, &library, &ambassador.body).await? {
        Arc::make_mut(&mut ambassador).body = body;
    }
    let events =
        library.events().iter().rev().filter(|event| names(event, &ambassador.slug)).cloned().collect();
    Ok(page(ambassador_page(&shell(&portal, &library), &AmbassadorView { ambassador, events })))
}

fn names(event: &Event, ambassador: &Slug) -> bool {
    let mut speakers = event.agenda.iter().flat_map(|item| &item.speakers);
    speakers.any(|speaker| speaker.ambassador.as_ref() == Some(ambassador))
}

/// `GET /events`
pub async fn events(State(portal): State<Portal>) -> PageResult {
    let library = portal.shelf.library();
    let now = portal.clock.now();
    let view = EventsView { upcoming: library.upcoming_events(now), past: library.past_events(now) };
    Ok(page(events_page(&shell(&portal, &library), &view)))
}

/// `GET /events/{slug}`
pub async fn event(
    State(portal): State<Portal>,
    Path(slug): Path<String>,
    language: ReadersLanguage,
) -> PageResult {
    match portal.shelf.library().event_by_slug(&slug) {
        Some(EventAddress::Here(event)) => {
            let event = Arc::new(portal.desk.as_decided(&event).await?);
            let token = portal.form_tokens.issue(&purpose(&event), portal.clock.now());
            let form = RegisterForm::fresh(language.0, token);
            Ok(page(event_document(&portal, event, form, RegisterErrors::default()).await?))
        }
        Some(EventAddress::Moved(slug)) => Ok(moved(&paths::event(&slug))),
        None => Err(Refusal::NotFound),
    }
}

/// An event's page, with the registration form as it was filled in so far. `event` is as its organizers decided.
pub async fn event_document(
    portal: &Portal,
    event: Arc<Event>,
    form: RegisterForm,
    errors: RegisterErrors,
) -> Result<String, Refusal> {
    let seats = match event.registration {
        Some(_) => Some(portal.desk.seats(&event.id).await?),
        None => None,
    };
    let library = portal.shelf.library();
    let mut event = event;
    if let Some(body) = fences::filled(portal, &library, &event.body).await? {
        Arc::make_mut(&mut event).body = body;
    }
    let series = event.series.as_ref().and_then(|slug| library.series(slug.as_str()));
    let view = EventView { event, series, now: portal.clock.now(), seats, form, errors };
    Ok(event_page(&shell(portal, &library), &view))
}

/// `GET /events/{slug}/calendar.ics`: the event for one's calendar, without a registration.
pub async fn event_calendar(State(portal): State<Portal>, Path(slug): Path<String>) -> PageResult {
    let event = match portal.shelf.library().event_by_slug(&slug) {
        Some(EventAddress::Here(event)) => event,
        Some(EventAddress::Moved(slug)) => return Ok(moved(&paths::event_calendar(&slug))),
        None => return Err(Refusal::NotFound),
    };
    let calendar = super::calendars::published(&portal, &event).await?;
    Ok(([(CONTENT_TYPE, "text/calendar; charset=utf-8; method=PUBLISH")], calendar).into_response())
}

/// `GET /posts`
pub async fn posts(State(portal): State<Portal>) -> PageResult {
    let library = portal.shelf.library();
    Ok(page(posts_page(&shell(&portal, &library), &PostsView { posts: library.posts().to_vec() })))
}

/// `GET /posts/{slug}`
pub async fn post(State(portal): State<Portal>, Path(slug): Path<String>) -> PageResult {
    let library = portal.shelf.library();
    let mut post = library.post(&slug).ok_or(Refusal::NotFound)?;
    if let Some(body) = fences::filled(&portal, &library, &post.body).await? {
        Arc::make_mut(&mut post).body = body;
    }
    Ok(page(post_page(&shell(&portal, &library), &PostView { post })))
}

/// `GET /{page}`: privacy, code of conduct, imprint.
pub async fn standing_page(State(portal): State<Portal>, Path(slug): Path<String>) -> PageResult {
    let library = portal.shelf.library();
    let mut found = library.page(&slug).ok_or(Refusal::NotFound)?;
    if let Some(body) = fences::filled(&portal, &library, &found.body).await? {
        Arc::make_mut(&mut found).body = body;
    }
    Ok(page(standing(&shell(&portal, &library), &StandingView { page: found })))
}
