//! The calendar that a mail carries (RFC 5546, RFC 6047).

use jiff::Timestamp;
use regatta_domain::calendar::{Calendar, Entry, Method, Party};
use regatta_language::Words;

use crate::letter::{About, Letter, RegistrationLetter, Site};
use crate::sender::Sender;

/// The calendar with which `letter` asks for `method`; `None` where it asks for none, or speaks of no registration.
pub fn invitation(
    letter: &Letter,
    method: Option<Method>,
    sender: &Sender,
    now: Timestamp,
) -> Option<Calendar> {
    let (About::Registration(about), Some(method)) = (&letter.about, method) else { return None };
    let entry = entry(about, &letter.site, Words::of(letter.language), sender, now);
    let attendee = Party {
        name: about.matter.greets().then(|| about.registration.name.to_string()),
        address: letter.recipient.to_string(),
    };
    Some(match method {
        Method::Publish => Calendar::publish(vec![entry]),
        Method::Request => Calendar::request(entry, attendee),
        Method::Cancel => Calendar::cancel(entry, attendee),
    })
}

/// The one entry that a registration has for life. Its organizer is always the portal: programs take a change of the
/// organizer for an entry of somebody else. Who answers questions is told by Reply-To.
fn entry(about: &RegistrationLetter, site: &Site, words: Words, sender: &Sender, now: Timestamp) -> Entry {
    let (event, registration) = (&about.event, &about.registration);
    let uid = format!("{}@{}", registration.id, site.identity);
    let entry = Entry::for_event(event, uid, now, site.event_url(event), sender.organizer(site));
    let entry = Entry { modified: registration.updated_at, sequence: registration.sequence, ..entry };
    words.entry(entry, event, Some(registration.attendance))
}
