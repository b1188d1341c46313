//! The island: what makes a run's page move. The markup around it is the server's.

use leptos::prelude::*;
use regatta_domain::run::RunView;

use super::browser;

/// Keeps the page of a run up to date and its log in order. Without JavaScript the page stands as it was rendered.
#[island]
pub fn LiveRun(
    /// The run's identity, as in its address.
    run_id: String,
    /// What stands in the document's title behind the state.
    title: String,
    /// When it was accepted, in milliseconds of the clock.
    accepted_ms: u64,
    /// The run as the page shows it, without lines: those are fetched.
    view: RunView,
) -> impl IntoView {
    let said = RwSignal::new(String::new());
    // Effects run in the browser only, once the island is hydrated.
    Effect::new(move || browser::start(&run_id, title.clone(), accepted_ms, view.clone(), said));
    // The only part that is announced while the run goes on: a sentence now and then, never the log.
    view! { <p class="visually-hidden" role="status">{said}</p> }
}
