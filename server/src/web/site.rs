//! What all handlers share: the shell around a page, redirects, error pages.

use std::time::Duration;

use axum::response::{Html, IntoResponse, Response};
use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use regatta_app::pages::error::{Problem, error};
use regatta_app::paths;
use regatta_app::shell::{Assets, Shell};
use regatta_content::Library;
use regatta_domain::event::Link;

use super::state::Portal;
use crate::assets;
use crate::config::Mode;

/// A page, or the redirect or refusal that stands in its place.
pub type PageResult = Result<Response, super::errors::Refusal>;

/// The site around a page, from the content as it is in `library`.
pub fn shell(portal: &Portal, library: &Library) -> Shell {
    let standing = |page: &std::sync::Arc<regatta_domain::page::StandingPage>| Link {
        title: page.title.clone(),
        url: paths::standing(&page.slug),
    };
    Shell {
        site: library.site().clone().into(),
        base_url: portal.config.http.base_url.clone(),
        assets: asset_paths(),
        standing: library.pages().iter().map(standing).collect(),
        development: portal.config.mode == Mode::Development && portal.mailbox.is_some(),
    }
}

/// The fonts that the first screen of every page is set in.
const FIRST_FONTS: [&str; 2] = ["fonts/display.woff2", "fonts/text.woff2"];

fn asset_paths() -> Assets {
    let path = |name: &str| assets::named(name).map_or_else(String::new, |asset| asset.path.to_owned());
    Assets {
        stylesheet: path("site.css"),
        elements_js: path("elements.js"),
        islands_boot_js: assets::islands_boot().map(|boot| boot.module.to_owned()),
        editor_js: assets::named("editor.js").map(|asset| asset.path.to_owned()),
        icon: path("icon.svg"),
        preload_fonts: FIRST_FONTS.map(path).into(),
    }
}

/// 200 with this document.
pub fn page(document: String) -> Response {
    Html(document).into_response()
}

/// 422 with this document: the form again, with what was typed and what is wrong.
pub fn unprocessable(document: String) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Html(document)).into_response()
}

/// 429 with this document: the form again, with what was typed, and when to come back (RFC 9110 section 10.2.3).
pub fn too_many(document: String, wait: Duration) -> Response {
    let retry_after = [(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)))];
    (StatusCode::TOO_MANY_REQUESTS, retry_after, Html(document)).into_response()
}

/// 303: the post was taken, look there (RFC 9110 section 15.4.4).
pub fn see_other(path: &str) -> Response {
    redirect(StatusCode::SEE_OTHER, path)
}

/// 308: it lies there for good.
pub fn moved(path: &str) -> Response {
    redirect(StatusCode::PERMANENT_REDIRECT, path)
}

fn redirect(status: StatusCode, path: &str) -> Response {
    match HeaderValue::from_str(path) {
        Ok(location) => (status, [(LOCATION, location)]).into_response(),
        Err(_) => super::errors::Refusal::NotFound.into_response(),
    }
}

/// The page for a status that has no page of its own.
pub fn error_page(
    portal: &Portal,
    status: StatusCode,
    told: Option<String>,
    retry_after: Option<u64>,
) -> String {
    let problem = match status {
        StatusCode::FORBIDDEN => Problem::Forbidden,
        StatusCode::METHOD_NOT_ALLOWED => Problem::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
        StatusCode::TOO_MANY_REQUESTS => Problem::TooManyRequests(retry_after),
        StatusCode::SERVICE_UNAVAILABLE => Problem::Unavailable(
            told.unwrap_or_else(|| "It took too long to answer. Try again in a moment.".to_owned()),
        ),
        StatusCode::NOT_FOUND => Problem::NotFound,
        StatusCode::GONE => Problem::Gone(told.unwrap_or_else(|| "It is not kept any more.".to_owned())),
        status if status.is_client_error() => Problem::Unprocessable(
            told.unwrap_or_else(|| "What was sent could not be read as a form.".to_owned()),
        ),
        _ => Problem::Internal(None),
    };
    error(&shell(portal, &portal.shelf.library()), &problem)
}
