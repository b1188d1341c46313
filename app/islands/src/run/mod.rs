//! A run as one watches it: what state it is in, its jobs, and every line that its steps print.
//!
//! The server renders the whole page, with the words and the lines made here. In the browser, the island [`LiveRun`]
//! finds that markup by its names and changes what changes: it folds the very same events with the very same code. What
//! is on the page already stays as it is, with the reader's place and selection.

mod bars;
mod browser;
mod duration;
mod job_facts;
mod live;
mod log;
mod setup;
mod story;
mod waterfall;
mod words;

use regatta_domain::run::RunState;

pub use duration::duration;
pub use job_facts::job_facts_html;
pub use live::{LiveRun, LiveRunProps};
pub use log::log_html;
pub use setup::{setup_html, setup_opens, setup_words};
pub use waterfall::{waterfall_html, waterfall_words};
pub use words::{ending_hint, job_shown, opens, run_clock, run_shown, run_summary, step_figures, step_shown};

/// The title of a run's document, which begins with where the run stands.
pub fn document_title(state: RunState, title: &str) -> String {
    format!("{}: {title}", state.words())
}
