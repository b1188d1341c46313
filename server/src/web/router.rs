//! Every route, in one list.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::StatusCode;
use regatta_domain::pipeline::MAX_SOURCE_BYTES;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use super::state::Portal;
use super::{
    asset_files, crowd, dev_mail, errors, feedback, follow, headers, health, host, mail_samples, manage,
    playground, registration, runs, series, showcase, tickets, trace, website,
};
use crate::config::Mode;

/// How long a page may take before the visitor is told that it failed. Live streams are not pages.
const PATIENCE: Duration = Duration::from_secs(20);

/// The largest form with a text. Browsers write the end of a line, which is one byte of the text, as the six characters
/// `%0D%0A`, and any other byte as three at most; and there are other fields.
const MAX_TEXT_FORM: usize = 6 * MAX_SOURCE_BYTES + (16 << 10);

/// The whole portal as one service.
pub fn router(portal: Portal) -> Router {
    let limits = &portal.config.limits;
    let pages = Router::new()
        .merge(website())
        .merge(registration(limits.form_bytes))
        .merge(playground(&portal))
        .merge(development(portal.config.mode))
        .layer(CsrfLayer::new())
        .merge(links(limits.form_bytes))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE));
    pages
        .merge(machinery())
        .fallback(errors::fallback)
        .layer(from_fn_with_state(portal.clone(), host::known))
        .layer(CatchPanicLayer::custom(|_| errors::Refusal::Internal.into_response()))
        .layer(from_fn_with_state(portal.clone(), errors::dress))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(portal.clone(), headers::secure))
        .layer(from_fn_with_state(portal.clone(), trace::observe))
        .with_state(portal)
}

/// For everybody: content, made from the folder.
fn website() -> Router<Portal> {
    Router::new()
        .route("/", get(website::home))
        .route("/ambassadors", get(website::ambassadors))
        .route("/ambassadors/{slug}", get(website::ambassador))
        .route("/events", get(website::events))
        .route("/events/{slug}", get(website::event))
        .route("/events/{slug}/calendar.ics", get(website::event_calendar))
        .route("/posts", get(website::posts))
        .route("/posts/{slug}", get(website::post))
        .route("/{page}", get(website::standing_page))
}

/// For those who want a seat, or to hear of new meetups.
fn registration(form_bytes: usize) -> Router<Portal> {
    Router::new()
        .route("/events/{slug}/register", get(registration::to_the_form).post(registration::register))
        .route("/events/{slug}/registered", get(registration::registered))
        .route("/series/{slug}", get(series::show))
        .route("/series/{slug}/register", get(series::to_the_form).post(series::register))
        .route("/series/{slug}/registered", get(series::registered))
        .route("/follow", get(follow::show).post(follow::ask))
        .route("/follow/asked", get(follow::say_asked))
        .layer(DefaultBodyLimit::max(form_bytes))
}

/// For those who have a link from a mail: its token is a secret, and all that is needed. GET shows, POST acts.
///
/// No other site can know the token, so none can send these forms for anybody; their origin is not asked for. Browsers
/// without `Sec-Fetch-Site` could not name it: the pages keep their address from being told (`Origin: null`).
fn links(form_bytes: usize) -> Router<Portal> {
    Router::new()
        .route("/registrations/confirm/{token}", get(manage::ask_to_confirm).post(manage::confirm))
        .route("/registrations/manage/{token}", get(manage::look))
        .route("/registrations/manage/{token}/change", get(manage::ask_to_change).post(manage::change))
        .route("/registrations/manage/{token}/cancel", get(manage::ask_to_cancel).post(manage::cancel))
        .route(
            "/registrations/manage/{token}/cancel-all",
            get(manage::ask_to_cancel).post(manage::cancel_all),
        )
        .route("/registrations/manage/{token}/erase", get(manage::ask_to_erase).post(manage::erase))
        .route("/registrations/manage/{token}/ticket", get(manage::ticket))
        .route("/registrations/manage/{token}/ticket.svg", get(tickets::picture))
        .route("/registrations/manage/{token}/calendar.ics", get(manage::calendar))
        .route("/registrations/manage/{token}/export.json", get(manage::export))
        .route("/registrations/feedback/{token}", get(feedback::show).post(feedback::give))
        .route("/follow/confirm/{token}", get(follow::ask_to_confirm).post(follow::confirm))
        .route("/follow/stop/{token}", get(follow::ask_to_stop).post(follow::stop))
        .layer(DefaultBodyLimit::max(form_bytes))
}

/// For those who want to see something run.
fn playground(portal: &Portal) -> Router<Portal> {
    Router::new()
        .route("/playground", get(playground::index))
        .route("/playground/new", get(playground::own))
        .route("/playground/check", get(playground::to_the_editor).post(playground::check))
        .route("/playground/share", get(playground::to_the_editor).post(playground::share))
        .route("/playground/shared/{id}", get(playground::shared))
        .route("/playground/{slug}", get(playground::demo))
        .route("/playground/{slug}/embed", get(playground::embed))
        .route("/runs", get(playground::to_the_demos).post(playground::submit))
        .route("/runs/{id}", get(runs::show))
        .route("/runs/{id}/cancel", post(runs::cancel))
        .route("/runs/{id}/embed", get(runs::embed))
        .route("/runs/{id}/lines", get(runs::lines))
        .route("/showcase", get(showcase::showcase))
        .route("/showcase.json", get(showcase::json))
        .route("/badges/{name}", get(showcase::badge))
        .layer(DefaultBodyLimit::max(MAX_TEXT_FORM))
        .layer(from_fn_with_state(portal.clone(), crowd::few_texts))
}

/// For whoever develops on this machine; absent in production.
fn development(mode: Mode) -> Router<Portal> {
    match mode {
        Mode::Production => Router::new(),
        Mode::Development => Router::new()
            .route("/dev/mail", get(dev_mail::list))
            .route("/dev/mail/samples", get(mail_samples::list))
            .route("/dev/mail/samples/{name}/{language}", get(mail_samples::read))
            .route("/dev/mail/samples/{name}/{language}/html", get(mail_samples::html))
            .route("/dev/mail/{name}", get(dev_mail::read)),
    }
}

/// For programs: assets, live streams, health.
fn machinery() -> Router<Portal> {
    Router::new()
        .route("/assets/{name}", get(asset_files::asset))
        .route("/runs/{id}/events", get(runs::events))
        .route("/runs/{id}/events.json", get(runs::events_json))
        .route("/runs/{id}/log", get(runs::log))
        .route("/robots.txt", get(asset_files::robots))
        .route("/favicon.ico", get(asset_files::favicon))
        .route("/tickets/key.json", get(tickets::key))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
}
