//! `regatta registrations show`: everything about one.

use regatta_domain::history::{Actor, Happening, HistoryEntry};
use regatta_domain::registration::Registration;
use regatta_store::outbox::{MailFilter, StoredMail};
use serde_json::{Map, Value, json};

use super::list::{HEADINGS, cells};
use crate::commands::mail::mails;
use crate::commands::naming;
use crate::commands::office::{CommandError, Office, print, say};
use crate::commands::output::{Format, Listing};

/// More mails than any registration causes.
const MAILS: u32 = 200;

/// Shows one registration: what is stored of it, its answers, its history and its mail.
pub async fn show(office: &Office, name: &str, format: Format) -> Result<(), CommandError> {
    let registration = naming::registration(&*office.store, name).await?;
    let history = office.store.history(&registration.id).await?;
    let about =
        MailFilter { registration: Some(registration.id.clone()), limit: MAILS, ..MailFilter::default() };
    let sent = office.store.mails(&about).await?;
    let position = office.store.waitlist_position(&registration.id).await?;
    match format {
        Format::Json => {
            let whole = object(&registration, position, &history, &sent);
            say(&serde_json::to_string_pretty(&whole).unwrap_or_default())
        }
        Format::Table | Format::Csv => {
            print(&facts(&registration, position), format)?;
            say("")?;
            print(&happenings(&history), format)?;
            say("")?;
            print(&mails(&sent), format)
        }
    }
}

fn facts(registration: &Registration, position: Option<u32>) -> Listing {
    let mut listing = Listing::new(["field", "value"]);
    for (heading, cell) in HEADINGS.iter().zip(cells(registration)) {
        listing.push(vec![json!(heading), cell]);
    }
    let moments = [("held_until", registration.held_until), ("purge_at", registration.purge_at)];
    for (heading, at) in moments {
        listing.push(vec![json!(heading), json!(format!("{at:.0}"))]);
    }
    if let Some(position) = position {
        listing.push(vec![json!("waitlist_position"), json!(position)]);
    }
    for (question, answers) in &registration.answers.0 {
        listing.push(vec![json!(format!("q-{question}")), json!(answers)]);
    }
    listing
}

fn happenings(history: &[HistoryEntry]) -> Listing {
    let mut listing = Listing::new(["at", "actor", "what"]);
    for entry in history {
        let actor = match &entry.actor {
            Actor::Owner => "owner".to_owned(),
            Actor::Organizer(name) => format!("organizer {name}"),
            Actor::Portal => "portal".to_owned(),
        };
        listing.push(vec![json!(format!("{:.0}", entry.at)), json!(actor), json!(words(&entry.what))]);
    }
    listing
}

fn words(what: &Happening) -> String {
    match what {
        Happening::Registered(state) => format!("registered as {}", state.as_str()),
        Happening::Moved { from, to } => format!("{} to {}", from.as_str(), to.as_str()),
        Happening::PartyChanged { from, to } => format!("party of {from} to {to}"),
        Happening::AttendanceChanged { from, to } => format!("{} to {}", from.as_str(), to.as_str()),
        Happening::AnswersChanged => "answers changed".to_owned(),
        Happening::SeatedOutOfTurn => "seated out of turn".to_owned(),
        Happening::EventChanged => "told of a change of the event".to_owned(),
    }
}

fn object(
    registration: &Registration,
    position: Option<u32>,
    history: &[HistoryEntry],
    sent: &[StoredMail],
) -> Value {
    let mut whole: Map<String, Value> =
        HEADINGS.iter().map(|heading| (*heading).to_owned()).zip(cells(registration)).collect();
    whole.insert("held_until".to_owned(), json!(format!("{:.0}", registration.held_until)));
    whole.insert("purge_at".to_owned(), json!(format!("{:.0}", registration.purge_at)));
    whole.insert("waitlist_position".to_owned(), json!(position));
    whole.insert("answers".to_owned(), json!(registration.answers));
    whole.insert("history".to_owned(), json!(happenings(history).objects()));
    whole.insert("mails".to_owned(), json!(mails(sent).objects()));
    Value::Object(whole)
}
