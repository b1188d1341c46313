//! Calendar files that are loaded from the site; those in mails are made where the mail is.

use jiff::Timestamp;
use regatta_domain::calendar::{Calendar, Entry};
use regatta_domain::event::Event;
use regatta_domain::language::Language;
use regatta_domain::registration::Registration;
use regatta_language::Words;
use regatta_mail::Site;
use regatta_store::StoreError;

use super::state::Portal;

/// The event for anybody's calendar, as often changed as people were told of changes.
pub async fn published(portal: &Portal, event: &Event) -> Result<String, StoreError> {
    let announced = portal.store.announced(&event.id).await?;
    let (sequence, modified) = announced.map_or((0, None), |told| (told.sequence, Some(told.told_at)));
    let entry = entry(portal, event, event.id.as_str(), sequence, modified);
    let entry = Words::of(Language::default()).entry(entry, event, None);
    Ok(Calendar::publish(vec![entry]).to_ics())
}

/// The same entry that the owner's mails speak of, so that both stay one entry in their calendar.
pub fn own(portal: &Portal, event: &Event, registration: &Registration) -> String {
    let modified = Some(registration.updated_at);
    let entry = entry(portal, event, registration.id.as_str(), registration.sequence, modified);
    let entry = Words::of(registration.language).entry(entry, event, Some(registration.attendance));
    Calendar::publish(vec![entry]).to_ics()
}

fn entry(portal: &Portal, event: &Event, id: &str, sequence: i64, modified: Option<Timestamp>) -> Entry {
    let site = Site {
        name: portal.shelf.library().site().name.clone(),
        base_url: portal.config.http.base_url.clone(),
        identity: portal.identity.clone(),
    };
    let uid = format!("{id}@{}", site.identity);
    let organizer = portal.config.mail.from.organizer(&site);
    let now = portal.clock.now();
    let entry = Entry::for_event(event, uid, now, site.event_url(event), organizer);
    Entry { sequence, modified: modified.unwrap_or(now), ..entry }
}
