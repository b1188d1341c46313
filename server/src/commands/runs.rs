//! `regatta runs …`: which runs there are, and taking them away or stopping them.

use regatta_domain::ids::{RunId, ShareId};
use regatta_domain::ports::Clock;
use regatta_domain::run::RunState;
use regatta_store::records::AuditEntry;
use regatta_store::runs::{ListedRun, RunFilter};
use serde_json::{Value, json};

use super::office::{CommandError, Office, actor, print, say};
use super::output::{Format, Listing};
use crate::cli::{Accountable, RunsToChange};
use crate::world::WallClock;

/// The headings of lists of runs.
const HEADINGS: [&str; 11] = [
    "id",
    "demo",
    "edited",
    "hidden",
    "state",
    "executor",
    "queued_ms",
    "setup_ms",
    "total_ms",
    "accepted_at",
    "title",
];

/// A state as it is written on the command line.
pub fn state(text: &str) -> Result<RunState, String> {
    RunState::named(text)
        .ok_or_else(|| "queued, starting, running, succeeded, failed, timed_out, …".to_owned())
}

/// Lists runs, newest first.
pub async fn list(office: &Office, filter: &RunFilter, format: Format) -> Result<(), CommandError> {
    let mut listing = Listing::new(HEADINGS);
    for run in office.store.list_runs(filter).await? {
        listing.push(row(&run));
    }
    print(&listing, format)
}

fn row(run: &ListedRun) -> Vec<Value> {
    let timing = run.timing.as_ref();
    vec![
        json!(run.id.as_str()),
        json!(run.demo.as_ref().map(ToString::to_string)),
        json!(run.edited),
        json!(run.hidden),
        json!(run.state.as_str()),
        json!(timing.map(|timing| timing.executor.as_str())),
        json!(timing.map(|timing| timing.queued_ms)),
        json!(timing.map(|timing| timing.setup_ms)),
        json!(timing.map(|timing| timing.total_ms)),
        json!(format!("{:.0}", run.accepted_at)),
        json!(run.title),
    ]
}

/// Takes runs or shared texts away from the public, or gives them back.
pub async fn hide(office: &Office, asked: &RunsToChange, hidden: bool) -> Result<(), CommandError> {
    let action = if hidden { "hide" } else { "unhide" };
    for name in &asked.runs {
        let audit = audit(&asked.accountable, action, name)?;
        // Runs and shared texts have identities of the same form.
        let (run, text) = (name.parse::<RunId>(), name.parse::<ShareId>());
        let found = match (run, text) {
            (Ok(run), Ok(text)) => {
                office.store.hide_run(&run, hidden, &audit).await?
                    || office.store.hide_shared_text(&text, hidden, &audit).await?
            }
            _ => false,
        };
        if !found {
            return Err(unknown(name));
        }
        say(&format!("{name}: {}", if hidden { "hidden" } else { "shown again" }))?;
    }
    Ok(())
}

/// Stops runs that wait or are under way.
pub async fn cancel(office: &Office, asked: &RunsToChange) -> Result<(), CommandError> {
    for name in &asked.runs {
        let id: RunId = name.parse().map_err(|_| unknown(name))?;
        let done = regatta_playground::cancel(&*office.store, &WallClock, &id).await?;
        let words = match done {
            regatta_playground::Cancellation::Unknown => return Err(unknown(name)),
            regatta_playground::Cancellation::TooLate => "was over already",
            regatta_playground::Cancellation::Over => "cancelled",
            regatta_playground::Cancellation::Stopping => {
                "asked to stop; the portal that runs it does so within a second"
            }
        };
        office.store.audit_alone(&audit(&asked.accountable, "cancel", name)?).await?;
        say(&format!("{name}: {words}"))?;
    }
    Ok(())
}

/// What is written down of a deed to the playground.
pub fn audit(accountable: &Accountable, action: &str, subject: &str) -> Result<AuditEntry, CommandError> {
    Ok(AuditEntry {
        at: WallClock.now(),
        actor: actor(accountable.actor.as_deref())?,
        action: action.to_owned(),
        subject: subject.to_owned(),
        reason: accountable.reason.clone(),
        detail: String::new(),
    })
}

fn unknown(name: &str) -> CommandError {
    CommandError::Refused(format!("no run is called {name}; `regatta runs list` names them"))
}
