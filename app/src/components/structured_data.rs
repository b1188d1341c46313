//! Events as schema.org tells them to search engines and calendars, as JSON-LD.

use jiff::Timestamp;
use regatta_domain::event::{Event, EventStatus, EventTime, Place, RegistrationPolicy, RegistrationWindow};
use regatta_domain::seats::{Attendance, Quotas, Seats};
use serde_json::{Map, Value, json};

use super::dates::{machine_time, with_offset};
use super::seats::is_full;
use crate::paths;
use crate::shell::Shell;

/// A schema.org `Event`, with what is known of it and nothing else, safe to stand in a script element. `seats` and `now`
/// tell whether there is something to register for.
pub fn event(shell: &Shell, event: &Event, seats: Option<Seats>, now: Timestamp) -> String {
    let url = shell.absolute(&paths::event(&event.slug));
    let mut data = Map::new();
    let mut put = |key: &str, value: Value| data.insert(key.to_owned(), value);
    put("@context", json!("https://schema.org"));
    put("@type", json!("Event"));
    put("name", json!(event.title));
    put("description", json!(event.summary));
    put("url", json!(url));
    put("startDate", json!(machine_time(&event.when)));
    if let EventTime::At { end: Some(end), .. } = &event.when {
        put("endDate", json!(with_offset(end)));
    }
    put("eventStatus", json!(status(event.status)));
    if let Some(before) = event.previous_start.as_ref().filter(|_| event.status == EventStatus::Rescheduled) {
        put("previousStartDate", json!(with_offset(before)));
    }
    let quotas = event.registration.as_ref().map(|policy| policy.quotas).unwrap_or_default();
    if let Some(place) = &event.place {
        put("eventAttendanceMode", json!(attendance_mode(event, place, quotas)));
        put("location", location(place, quotas, &url));
    }
    if !event.hosts.is_empty() {
        let host = |name: &String| json!({ "@type": "Organization", "name": name });
        put("organizer", event.hosts.iter().map(host).collect());
    }
    let performers: Vec<Value> = performers(event);
    if !performers.is_empty() {
        put("performer", Value::Array(performers));
    }
    if let Some(policy) = &event.registration {
        data.extend(capacities(policy));
        data.extend(offer(event, policy, seats, now, &url).map(|offer| ("offers".to_owned(), offer)));
    }
    in_script(&Value::Object(data))
}

fn status(status: EventStatus) -> &'static str {
    match status {
        EventStatus::Draft | EventStatus::Published => "https://schema.org/EventScheduled",
        EventStatus::Rescheduled => "https://schema.org/EventRescheduled",
        EventStatus::MovedOnline => "https://schema.org/EventMovedOnline",
        EventStatus::Postponed => "https://schema.org/EventPostponed",
        EventStatus::Cancelled => "https://schema.org/EventCancelled",
    }
}

fn attendance_mode(event: &Event, place: &Place, quotas: Quotas) -> &'static str {
    match place {
        _ if event.status == EventStatus::MovedOnline => "https://schema.org/OnlineEventAttendanceMode",
        Place::Online => "https://schema.org/OnlineEventAttendanceMode",
        Place::Located(_) if quotas.online.is_some() => "https://schema.org/MixedEventAttendanceMode",
        Place::Located(_) => "https://schema.org/OfflineEventAttendanceMode",
    }
}

fn location(place: &Place, quotas: Quotas, url: &str) -> Value {
    let online = json!({ "@type": "VirtualLocation", "url": url });
    match place {
        Place::Online => online,
        Place::Located(words) => {
            let site = json!({ "@type": "Place", "name": words, "address": words });
            if quotas.online.is_some() { json!([site, online]) } else { site }
        }
    }
}

fn capacities(policy: &RegistrationPolicy) -> Vec<(String, Value)> {
    let Quotas { in_person, online } = policy.quotas;
    let all = in_person.unwrap_or(0).saturating_add(online.unwrap_or(0));
    let known = [
        ("maximumAttendeeCapacity", Some(all)),
        ("maximumPhysicalAttendeeCapacity", in_person),
        ("maximumVirtualAttendeeCapacity", online),
    ];
    known.into_iter().filter_map(|(key, seats)| Some((key.to_owned(), json!(seats?)))).collect()
}

/// What there is to be had by registering; `None` where one cannot register, or where nobody knows what is left. What it
/// costs is not known here, so that no price is told.
fn offer(
    event: &Event,
    policy: &RegistrationPolicy,
    seats: Option<Seats>,
    now: Timestamp,
    url: &str,
) -> Option<Value> {
    let has_seat = |kind: Attendance| seats.is_some_and(|seats| !is_full(policy, seats, kind));
    let availability = match event.registration_window(now) {
        RegistrationWindow::NotYet(_) => "https://schema.org/PreSale",
        RegistrationWindow::Open if seats.is_none() => return None,
        RegistrationWindow::Open if policy.quotas.offered().any(has_seat) => "https://schema.org/InStock",
        RegistrationWindow::Open => "https://schema.org/SoldOut",
        _ => return None,
    };
    let mut offer = json!({ "@type": "Offer", "url": url, "availability": availability });
    if let Some(opens) = policy.opens {
        offer["validFrom"] = json!(opens.to_string());
    }
    Some(offer)
}

fn performers(event: &Event) -> Vec<Value> {
    let speakers = event.agenda.iter().flat_map(|item| &item.speakers);
    speakers.map(|speaker| json!({ "@type": "Person", "name": speaker.name })).collect()
}

/// JSON in which nothing can end the script element around it: `<` only ever stands inside strings, where `\u003c` is
/// the same.
fn in_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}
