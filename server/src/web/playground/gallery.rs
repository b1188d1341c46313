//! The playground's page.

use axum::extract::State;
use regatta_app::pages::playground::{PlaygroundView, playground as playground_page};

use super::shown::{demo_cards, openness, surroundings};
use crate::web::showcase::latest_runs;
use crate::web::site::{PageResult, page, shell};
use crate::web::state::Portal;

const RUNS_ON_PLAYGROUND: u32 = 5;

/// `GET /playground`
pub async fn index(State(portal): State<Portal>) -> PageResult {
    let library = portal.shelf.library();
    let view = PlaygroundView {
        openness: openness(&portal),
        surroundings: surroundings(&portal),
        demos: demo_cards(&portal, &library).await?,
        latest_runs: latest_runs(&portal, RUNS_ON_PLAYGROUND).await?,
    };
    Ok(page(playground_page(&shell(&portal, &library), &view)))
}
