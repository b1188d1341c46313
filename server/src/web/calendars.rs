//! Calendar files that are loaded from the site; those in mails are made where the mail is.

use regatta_app::paths;
use regatta_domain::calendar::{Calendar, Entry};
use regatta_domain::event::Event;
use regatta_domain::registration::Registration;

use super::state::Portal;

/// The event for anybody's calendar.
pub fn published(portal: &Portal, event: &Event) -> String {
    Calendar::publish(vec![entry(portal, event, &format!("event-{}", event.id))]).to_ics()
}

/// The same entry that the owner's mails speak of, so that both stay one entry in their calendar.
pub fn own(portal: &Portal, event: &Event, registration: &Registration) -> String {
    let entry = Entry { sequence: registration.sequence, ..entry(portal, event, registration.id.as_str()) };
    Calendar::publish(vec![entry]).to_ics()
}

fn entry(portal: &Portal, event: &Event, id: &str) -> Entry {
    let base_url = &portal.config.http.base_url;
    let site =
        regatta_mail::Site { name: portal.shelf.library().site().name.clone(), base_url: base_url.clone() };
    let uid = format!("{id}@{}", site.host());
    let organizer = portal.config.mail.from.organizer(&site);
    let url = format!("{base_url}{}", paths::event(&event.slug));
    Entry::for_event(event, uid, portal.clock.now(), url, organizer)
}
