//! The playground's page.

use axum::extract::State;
use regatta_app::pages::playground::{PlaygroundView, playground as playground_page};
use regatta_playground::Availability;

use super::shown::{demo_cards, images, limit_words, openness, stand_ins};
use crate::web::showcase::latest_runs;
use crate::web::site::{PageResult, page, shell};
use crate::web::state::Portal;

const RUNS_ON_PLAYGROUND: u32 = 5;

/// `GET /playground`
pub async fn index(State(portal): State<Portal>) -> PageResult {
    let library = portal.shelf.library();
    let router = match portal.playground.availability() {
        Availability::Ready(router) => Some(router),
        Availability::Checking | Availability::Off { .. } => None,
    };
    let view = PlaygroundView {
        openness: openness(&portal),
        images: router.as_deref().map(images).unwrap_or_default(),
        stand_ins: router.as_deref().map(stand_ins).unwrap_or_default(),
        limits: limit_words(&portal),
        demos: demo_cards(&portal, &library).await?,
        latest_runs: latest_runs(&portal, RUNS_ON_PLAYGROUND).await?,
    };
    Ok(page(playground_page(&shell(&portal, &library), &view)))
}
