//! A series: its page, and registering for all of its dates.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use regatta_app::forms::{RegisterErrors, RegisterForm};
use regatta_app::pages::registered::registered_for_series;
use regatta_app::pages::series::{SeriesDate, SeriesView, series as series_page};
use regatta_app::paths;
use regatta_domain::series::Series;
use regatta_domain::slug::Slug;
use regatta_registration::SeriesAnswer;

use super::errors::Refusal;
use super::fences;
use super::language::ReadersLanguage;
use super::pace::evenly;
use super::registration::{
    Fields, NotRegistered, application, form_again, handed_out_again, refusal, vouched_for,
};
use super::site::{PageResult, page, see_other, shell};
use super::state::Portal;
use super::visitor::VisitorNetwork;
use crate::telemetry::metrics::FormOutcome;

/// `GET /series/{slug}`
pub async fn show(
    State(portal): State<Portal>,
    Path(slug): Path<String>,
    language: ReadersLanguage,
) -> PageResult {
    let series = series_at(&portal, &slug)?;
    let token = portal.form_tokens.issue(&purpose(&series), portal.clock.now());
    let form = RegisterForm::fresh(language.0, token);
    let view = view(&portal, series, form, RegisterErrors::default()).await?;
    Ok(page(series_page(&shell(&portal, &portal.shelf.library()), &view)))
}

/// `GET /series/{slug}/register`: what stands in the address bar after a mistake in the form.
pub async fn to_the_form(Path(slug): Path<Slug>) -> Response {
    see_other(&format!("{}#register", paths::series(&slug)))
}

/// `POST /series/{slug}/register`
pub async fn register(
    State(portal): State<Portal>,
    Path(slug): Path<String>,
    network: VisitorNetwork,
    Form(fields): Form<Fields>,
) -> PageResult {
    let series = series_at(&portal, &slug)?;
    let form = RegisterForm::read(&fields);
    let fresh = handed_out_again(&portal, &purpose(&series), form.clone());
    let mut view = view(&portal, series, fresh, RegisterErrors::default()).await?;
    let answer = admitted(&portal, &view, &form, &network).await;
    let outcome = answer.as_ref().map_or_else(refusal, |_| FormOutcome::SeriesTaken);
    portal.telemetry.metrics.registrations.answered(outcome);
    match answer {
        Ok(_) => Ok(see_other(&paths::registered_for_series(&view.series.slug))),
        Err(NotRegistered::Failed(refusal)) => Err(refusal),
        Err(NotRegistered::Form { errors, wait }) => {
            view.errors = *errors;
            Ok(form_again(series_page(&shell(&portal, &portal.shelf.library()), &view), wait))
        }
    }
}

/// `GET /series/{slug}/registered`: what happens next.
pub async fn registered(State(portal): State<Portal>, Path(slug): Path<String>) -> PageResult {
    let series = series_at(&portal, &slug)?;
    Ok(page(registered_for_series(&shell(&portal, &portal.shelf.library()), &series)))
}

async fn admitted(
    portal: &Portal,
    view: &SeriesView,
    form: &RegisterForm,
    network: &VisitorNetwork,
) -> Result<SeriesAnswer, NotRegistered> {
    let asked = view.asked().ok_or_else(|| {
        RegisterErrors::refused(
            "One cannot register for all dates at once at the moment. Nothing was stored.",
        )
    })?;
    let attendee = vouched_for(portal, &purpose(&view.series), form, &asked, network)?;
    let application = application(attendee, form.terms);
    Ok(evenly(portal.desk.register_series(&view.series.slug, application)).await?)
}

/// What the form of this series is handed out for.
fn purpose(series: &Series) -> String {
    format!("series {}", series.slug)
}

fn series_at(portal: &Portal, slug: &str) -> Result<Arc<Series>, Refusal> {
    portal.shelf.library().series(slug).ok_or(Refusal::NotFound)
}

async fn view(
    portal: &Portal,
    series: Arc<Series>,
    form: RegisterForm,
    errors: RegisterErrors,
) -> Result<SeriesView, Refusal> {
    let (library, now) = (portal.shelf.library(), portal.clock.now());
    let mut series = series;
    if let Some(body) = fences::filled(portal, &library, &series.body).await? {
        Arc::make_mut(&mut series).body = body;
    }
    let is_of_it = |event: &Arc<_>| belongs(event, &series.slug);
    let mut upcoming = Vec::new();
    for event in library.upcoming_events(now).into_iter().filter(is_of_it) {
        let seats = match event.registration {
            Some(_) => Some(portal.desk.seats(&event.id).await?),
            None => None,
        };
        upcoming.push(SeriesDate { event: Arc::new(portal.desk.as_decided(&event).await?), seats });
    }
    let past = library.past_events(now).into_iter().filter(is_of_it).collect();
    Ok(SeriesView { series, upcoming, past, now, form, errors })
}

fn belongs(event: &regatta_domain::event::Event, series: &Slug) -> bool {
    event.series.as_ref() == Some(series)
}
