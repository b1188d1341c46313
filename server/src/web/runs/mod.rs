//! One run: its page, its live stream, its log in every form, stopping it.

mod embed;
mod events;
mod last_lines;
mod lines;
mod live;
mod log;
mod page;

use regatta_domain::ids::RunId;
use regatta_store::runs::StoredRun;

pub use embed::embed;
pub use events::events_json;
pub use lines::lines;
pub use live::events;
pub use log::log;
pub use page::{cancel, show};

use super::errors::Refusal;
use super::state::Portal;

fn run_id(text: &str) -> Result<RunId, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}

/// The run with this identity, where the public may see it.
async fn public_run(portal: &Portal, id: &RunId) -> Result<StoredRun, Refusal> {
    shown(portal.playground.run(id).await?.ok_or(Refusal::NotFound)?)
}

/// `run`, where operators did not take it away from the public.
fn shown(run: StoredRun) -> Result<StoredRun, Refusal> {
    if run.hidden {
        return Err(Refusal::Gone("The operators of this portal took this run away from the public.".into()));
    }
    Ok(run)
}

/// The same, with a log that is still kept.
async fn run_with_log(portal: &Portal, id: &RunId) -> Result<StoredRun, Refusal> {
    let run = public_run(portal, id).await?;
    if run.log_deleted {
        return Err(Refusal::Gone(
            "The log of this run was deleted: logs are kept for a limited time. Its page still says how it went.".into(),
        ));
    }
    Ok(run)
}

/// A job or a step by its number, counted from 1, as its place, counted from 0.
fn place(number: usize) -> Result<usize, Refusal> {
    number.checked_sub(1).ok_or(Refusal::NotFound)
}
