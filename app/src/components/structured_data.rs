//! Events as schema.org tells them to search engines and calendars, as JSON-LD.

use regatta_domain::event::{Event, EventStatus, EventTime, Place};
use serde_json::{Map, Value, json};

use super::dates::{machine_time, with_offset};
use crate::paths;
use crate::shell::Shell;

/// A schema.org `Event`, with what is known of it and nothing else, safe to stand in a script element.
pub fn event(shell: &Shell, event: &Event) -> String {
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
    if let Some(place) = &event.place {
        put("eventAttendanceMode", json!(attendance(place)));
        put("location", location(place, &url));
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
        put("maximumAttendeeCapacity", json!(policy.capacity));
    }
    in_script(&Value::Object(data))
}

fn status(status: EventStatus) -> &'static str {
    match status {
        EventStatus::Scheduled => "https://schema.org/EventScheduled",
        EventStatus::Cancelled => "https://schema.org/EventCancelled",
    }
}

fn attendance(place: &Place) -> &'static str {
    match place {
        Place::Online => "https://schema.org/OnlineEventAttendanceMode",
        Place::Located(_) => "https://schema.org/OfflineEventAttendanceMode",
    }
}

fn location(place: &Place, url: &str) -> Value {
    match place {
        Place::Online => json!({ "@type": "VirtualLocation", "url": url }),
        Place::Located(words) => json!({ "@type": "Place", "name": words, "address": words }),
    }
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
