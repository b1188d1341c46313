//! A run as one watches it: what state it is in, its jobs, and every line that its steps print.
//!
//! The page renders [`LiveArea`]. A run that is over is plain HTML. A run that still moves becomes an island, [`LiveRun`]:
//! its first view travels as a property (such a page is loaded right after the start, so the log is still short), and
//! everything after the view's last event comes from the run's event stream. Hydration therefore changes nothing that is
//! on the page already: links to lines, the reader's place and selection stay.

mod board;
mod duration;
mod feed;
mod follow;
mod live;
mod panel;

use leptos::prelude::*;
use regatta_domain::run::{RunState, RunView};

pub use duration::duration;
pub use live::LiveRun;
use panel::RunPanel;

/// The title of a run's document, which begins with where the run stands.
pub fn document_title(state: RunState, title: &str) -> String {
    format!("{}: {title}", state.words())
}

/// Everything on a run's page that changes while it runs, as it stands in `view`.
#[component]
pub fn LiveArea(
    /// The run's identity, as in its address.
    run_id: String,
    /// What stands in the document's title behind the state: the run's title and the site's name.
    title: String,
    /// The run so far.
    view: RunView,
) -> impl IntoView {
    if view.state.is_final() {
        view! { <RunPanel board=board::Board::new(view) /> }.into_any()
    } else {
        view! { <LiveRun run_id title view /> }.into_any()
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
