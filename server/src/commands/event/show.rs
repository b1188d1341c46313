//! `regatta event show|feedback`: how an event stands, and what was said of it.

use std::collections::BTreeMap;

use regatta_domain::event::{Event, EventStatus, ForcedWindow, RegistrationPolicy, RegistrationWindow};
use regatta_domain::ports::Clock;
use regatta_domain::registration::RegistrationState;
use regatta_domain::seats::{Attendance, Seats};
use regatta_store::desk::RegistrationFilter;
use serde_json::{Map, Value, json};

use crate::commands::naming;
use crate::commands::office::{CommandError, Office, print, say};
use crate::commands::output::{Format, Listing};
use crate::world::WallClock;

/// Shows how an event stands.
pub async fn show(office: &Office, name: &str, format: Format) -> Result<(), CommandError> {
    let written = naming::event(&office.library, name)?;
    let decided = office.desk.as_decided(&written).await?;
    let seats = office.store.seats(&written.id).await?;
    let mut facts = about(&decided);
    if let (Some(file), Some(now)) = (&written.registration, &decided.registration) {
        facts.extend(places(file, now, seats));
    }
    for (state, count) in by_state(office, &decided).await? {
        facts.push((format!("registrations_{}", state.as_str()), json!(count)));
    }
    match format {
        Format::Json => {
            let whole: Map<String, Value> = facts.into_iter().collect();
            say(&serde_json::to_string_pretty(&whole).unwrap_or_default())
        }
        Format::Table | Format::Csv => {
            let mut listing = Listing::new(["field", "value"]);
            for (field, value) in facts {
                listing.push(vec![json!(field), value]);
            }
            print(&listing, format)
        }
    }
}

type Facts = Vec<(String, Value)>;

fn about(event: &Event) -> Facts {
    let window = event.registration_window(WallClock.now());
    let fact = |field: &str, value: Value| (field.to_owned(), value);
    let mut facts = vec![
        fact("id", json!(event.id.as_str())),
        fact("slug", json!(event.slug.as_str())),
        fact("title", json!(event.title)),
        fact("begins_at", json!(format!("{:.0}", event.when.begins_at()))),
        fact("status", json!(status_word(event.status))),
        fact("registration", json!(window_word(window))),
    ];
    if let RegistrationWindow::NotYet(opens) = window {
        facts.push(fact("opens_at", json!(format!("{opens:.0}"))));
    }
    facts
}

/// As it is written in the event's file.
fn status_word(status: EventStatus) -> &'static str {
    match status {
        EventStatus::Draft => "draft",
        EventStatus::Published => "published",
        EventStatus::Rescheduled => "rescheduled",
        EventStatus::MovedOnline => "moved_online",
        EventStatus::Postponed => "postponed",
        EventStatus::Cancelled => "cancelled",
    }
}

fn window_word(window: RegistrationWindow) -> &'static str {
    match window {
        RegistrationWindow::Open => "open",
        RegistrationWindow::NotYet(_) => "not_yet",
        RegistrationWindow::Closed => "closed",
        RegistrationWindow::Past => "past",
        RegistrationWindow::Postponed => "postponed",
        RegistrationWindow::Cancelled => "cancelled",
        RegistrationWindow::None => "none",
    }
}

/// The seats of each kind that is offered, and what was decided otherwise than the file says.
fn places(file: &RegistrationPolicy, now: &RegistrationPolicy, seats: Seats) -> Facts {
    let mut facts = Facts::new();
    for kind in now.quotas.offered() {
        let (name, count) = (kind.as_str(), seats.of(kind));
        facts.push((format!("{name}_capacity"), json!(now.quotas.capacity(kind))));
        facts.push((format!("{name}_taken"), json!(count.taken)));
        facts.push((format!("{name}_waiting"), json!(count.waiting)));
    }
    if let Some(window) = now.overrides.window {
        let word = match window {
            ForcedWindow::Open => "opened by hand",
            ForcedWindow::Closed => "closed by hand",
        };
        facts.push(("override_window".to_owned(), json!(word)));
    }
    for kind in Attendance::ALL {
        if let (Some(set), Some(said)) = (now.overrides.capacity(kind), file.quotas.capacity(kind)) {
            let words = format!("{set}, where the file says {said}");
            facts.push((format!("override_{}", kind.as_str()), json!(words)));
        }
    }
    facts
}

/// How many registrations there are in each state.
async fn by_state(
    office: &Office,
    event: &Event,
) -> Result<BTreeMap<RegistrationState, usize>, CommandError> {
    let filter = RegistrationFilter {
        event: Some(event.id.clone()),
        limit: u32::MAX,
        ..RegistrationFilter::default()
    };
    let mut counts = BTreeMap::new();
    for registration in office.store.list(&filter).await? {
        *counts.entry(registration.state).or_default() += 1;
    }
    Ok(counts)
}

/// Lists what was said of an event.
pub async fn feedback(office: &Office, name: &str, format: Format) -> Result<(), CommandError> {
    let event = naming::event(&office.library, name)?;
    let said = office.store.feedback_on(&event.id).await?;
    let mut listing = Listing::new(["given_at", "rating", "comment"]);
    for one in &said {
        listing.push(vec![
            json!(format!("{:.0}", one.given_at)),
            json!(one.rating.number()),
            json!(one.comment),
        ]);
    }
    print(&listing, format)
}
