//! The island: a run's panel that keeps up with the run.

use leptos::prelude::*;
use regatta_domain::run::RunView;

use super::board::{Board, Telling};
use super::document_title;
use super::feed::{self, Link};
use super::follow;
use super::panel::RunPanel;

/// A run that is not over yet. Without JavaScript it stands as it was rendered, with a link that loads it anew.
#[island]
pub fn LiveRun(
    /// The run's identity, as in its address.
    run_id: String,
    /// What stands in the document's title behind the state.
    title: String,
    /// The run so far; what comes after it is streamed.
    view: RunView,
) -> impl IntoView {
    let board = Board::new(view.clone());
    let link = RwSignal::new(Link::None);
    let following = RwSignal::new(true);
    let page = format!("/runs/{run_id}");

    follow::keep_in_view(board.newest_line, following);
    let telling = Telling::after(view, board.clone());
    feed::start(&page, telling, link);

    let state = board.state;
    // Whoever looks at another tab meanwhile reads there how it ended.
    Effect::new(move || document().set_title(&document_title(state.get(), &title)));
    let over = Signal::derive(move || state.get().is_final());
    let words = Signal::derive(move || link.get().words().to_owned());
    let no_reload = Signal::derive(move || !link.get().needs_reload());
    let no_stream = Signal::derive(move || link.get() == Link::None);
    let pressed = Signal::derive(move || following.get().to_string());
    view! {
        <div class="live-run">
            <div class="run-bar" hidden=over>
                <p class="run-link" role="status">{words}</p>
                <p class="run-refresh" hidden=no_reload>
                    <a href=page.clone()>"Refresh this page"</a>
                </p>
                <button
                    type="button"
                    class="run-follow"
                    hidden=no_stream
                    aria-pressed=pressed
                    on:click=move |_| following.update(|on| *on = !*on)
                >
                    "Follow the log"
                </button>
                <form class="run-stop" method="post" action=format!("{page}/cancel")>
                    <button type="submit">"Stop this run"</button>
                </form>
            </div>
            <RunPanel board />
        </div>
    }
}
