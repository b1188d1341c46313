//! `regatta registrations list|export`: who registered.

use std::collections::BTreeSet;

use regatta_domain::event::Event;
use regatta_domain::ids::EventId;
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::slug::Slug;
use regatta_store::StoreError;
use regatta_store::desk::RegistrationFilter;
use serde_json::{Value, json};

use crate::commands::naming;
use crate::commands::office::{CommandError, Office, print};
use crate::commands::output::{Format, Listing};

/// How many are read at once.
const PAGE: u32 = 1000;

/// The headings of what is told of every registration.
pub const HEADINGS: [&str; 12] = [
    "id",
    "event",
    "place",
    "state",
    "name",
    "email",
    "language",
    "attendance",
    "party",
    "created_at",
    "updated_at",
    "booking",
];

/// Which registrations to list.
pub struct Listed<'a> {
    /// For this event.
    pub event: Option<&'a str>,
    /// In one of these states.
    pub states: &'a [RegistrationState],
    /// Where name or address contain this.
    pub search: Option<&'a str>,
    /// At most so many.
    pub limit: u32,
}

/// Lists registrations by event and place.
pub async fn list(office: &Office, listed: Listed<'_>, format: Format) -> Result<(), CommandError> {
    let event = listed.event.map(|name| naming::event(&office.library, name)).transpose()?;
    let filter = RegistrationFilter {
        event: event.map(|event| event.id.clone()),
        states: listed.states.to_vec(),
        search: listed.search.map(ToOwned::to_owned),
        after: None,
        limit: listed.limit,
    };
    let mut listing = Listing::new(HEADINGS);
    for registration in office.store.list(&filter).await? {
        listing.push(cells(&registration));
    }
    print(&listing, format)
}

/// Writes all registrations for an event with their answers, a column for each question.
pub async fn export(
    office: &Office,
    event: &str,
    states: &[RegistrationState],
    format: Format,
) -> Result<(), CommandError> {
    let event = naming::event(&office.library, event)?;
    let all = every(office, &event.id, states).await?;
    let questions = columns(&event, &all);
    let headings =
        HEADINGS.map(str::to_owned).into_iter().chain(questions.iter().map(|id| format!("q-{id}")));
    let mut listing = Listing::new(headings);
    for registration in &all {
        let answers = questions.iter().map(|id| match registration.answers.to(id) {
            [] => Value::Null,
            [one] => json!(one),
            several => json!(several),
        });
        listing.push(cells(registration).into_iter().chain(answers).collect());
    }
    print(&listing, format)
}

/// Every registration for `event`, page by page.
async fn every(
    office: &Office,
    event: &EventId,
    states: &[RegistrationState],
) -> Result<Vec<Registration>, StoreError> {
    let mut all: Vec<Registration> = Vec::new();
    loop {
        let filter = RegistrationFilter {
            event: Some(event.clone()),
            states: states.to_vec(),
            after: all.last().map(|last| (last.event.clone(), last.place)),
            limit: PAGE,
            ..RegistrationFilter::default()
        };
        let page = office.store.list(&filter).await?;
        let is_last = page.len() < PAGE as usize;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// The questions in the order in which they are asked, then those that are not asked any more and were answered.
fn columns(event: &Event, all: &[Registration]) -> Vec<Slug> {
    let asked = event.registration.iter().flat_map(|policy| &policy.questions);
    let mut columns: Vec<Slug> = asked.map(|question| question.id.clone()).collect();
    let answered: BTreeSet<&Slug> = all.iter().flat_map(|one| one.answers.0.keys()).collect();
    let gone: Vec<Slug> = answered.into_iter().filter(|id| !columns.contains(id)).cloned().collect();
    columns.extend(gone);
    columns
}

/// What is told of every registration, under [`HEADINGS`].
pub fn cells(registration: &Registration) -> Vec<Value> {
    vec![
        json!(registration.id.as_str()),
        json!(registration.event.as_str()),
        json!(registration.place),
        json!(registration.state.as_str()),
        json!(registration.name.as_str()),
        json!(registration.email.as_str()),
        json!(registration.language.tag()),
        json!(registration.attendance.as_str()),
        json!(registration.party),
        json!(format!("{:.0}", registration.created_at)),
        json!(format!("{:.0}", registration.updated_at)),
        json!(registration.booking.as_ref().map(ToString::to_string)),
    ]
}
