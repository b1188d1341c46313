//! `regatta playground …`: what operators decide of the playground while it runs.

use regatta_domain::switches::{PlaygroundMode, Switches};
use regatta_store::runs::RunFilter;
use serde_json::json;

use super::office::{CommandError, Office, print, say};
use super::output::{Format, Listing};
use super::runs::audit;
use crate::cli::{Accountable, PlaygroundSwitches};
use crate::opening;

/// Does what was asked.
pub async fn run(office: &Office, asked: PlaygroundSwitches) -> Result<(), CommandError> {
    match asked {
        PlaygroundSwitches::Status { written } => status(office, written.format).await,
        PlaygroundSwitches::Open(accountable) => set_mode(office, PlaygroundMode::Open, &accountable).await,
        PlaygroundSwitches::Pause(accountable) => {
            set_mode(office, PlaygroundMode::Paused, &accountable).await
        }
        PlaygroundSwitches::Drain(accountable) => {
            set_mode(office, PlaygroundMode::Draining, &accountable).await
        }
        PlaygroundSwitches::ReadOnly(accountable) => {
            set_mode(office, PlaygroundMode::ReadOnly, &accountable).await
        }
        PlaygroundSwitches::EditedRuns { allowed, accountable } => {
            set_edited(office, allowed, &accountable).await
        }
    }
}

async fn status(office: &Office, format: Format) -> Result<(), CommandError> {
    let switches = switches(office).await?;
    let line_up = office.store.line_up().await?;
    let latest = office.store.list_runs(&RunFilter { limit: 1, ..RunFilter::default() }).await?;
    let mut listing =
        Listing::new(["mode", "edited_runs", "waiting", "under_way", "latest_run_at", "reason"]);
    listing.push(vec![
        json!(switches.mode.as_str()),
        json!(switches.edited_runs),
        json!(line_up.waiting.len()),
        json!(line_up.under_way.values().sum::<usize>()),
        json!(latest.first().map(|run| format!("{:.0}", run.accepted_at))),
        json!(switches.reason),
    ]);
    print(&listing, format)
}

async fn set_mode(
    office: &Office,
    mode: PlaygroundMode,
    accountable: &Accountable,
) -> Result<(), CommandError> {
    let reason = (mode != PlaygroundMode::Open).then(|| accountable.reason.clone());
    let switches = Switches { mode, reason, ..switches(office).await? };
    office.store.set_switches(&switches, &audit(accountable, mode.as_str(), "playground")?).await?;
    say(mode.words())
}

async fn set_edited(
    office: &Office,
    edited_runs: bool,
    accountable: &Accountable,
) -> Result<(), CommandError> {
    let before = switches(office).await?;
    let reason = match (edited_runs, before.mode) {
        (false, _) => Some(accountable.reason.clone()),
        (true, PlaygroundMode::Open) => None,
        // It speaks of the mode that still holds.
        (true, _) => before.reason,
    };
    let switches = Switches { mode: before.mode, edited_runs, reason };
    let action = if edited_runs { "allow-edited" } else { "refuse-edited" };
    office.store.set_switches(&switches, &audit(accountable, action, "playground")?).await?;
    say(if edited_runs {
        "Visitors may run texts of their own."
    } else {
        "Visitors may run the demos, with parameters, and no texts of their own."
    })
}

/// What operators decided, else what the configuration says.
async fn switches(office: &Office) -> Result<Switches, CommandError> {
    let decided = office.store.switches().await?;
    Ok(decided.unwrap_or_else(|| opening::configured_switches(&office.config)))
}
