//! What moves on a run's page: it keeps up with the run, shows of its log what is in sight, and answers to keys and clicks.
//!
//! The markup is the server's. Here it is found by the names that both sides know: `run-state`, `job-1-state`,
//! `step-1-2`, `step-1-2-log`, and `data-do` on what can be pressed.

mod choices;
mod dom;
mod feed;
mod follow;
mod keys;
mod pieces;
mod shown;
mod tools;
mod viewer;

use leptos::prelude::*;
use regatta_domain::run::RunView;

use feed::Feed;
use viewer::Viewer;

/// Brings the page of the run `run_id` to life.
pub(crate) fn start(run_id: &str, title: String, accepted_ms: u64, view: RunView, said: RwSignal<String>) {
    let viewer = Viewer::open(title, accepted_ms, view, said);
    tools::listen(&viewer);
    keys::listen(&viewer);
    Feed::start(run_id, viewer);
}
