//! You are on the waitlist.

use super::content::Content;
use super::registration_page::RegistrationPage;
use crate::letter::Standing;

pub(super) fn message(page: &RegistrationPage<'_>, position: u32) -> Content {
    let next = if page.needs_approval() { "mail-waitlisted-next-approval" } else { "mail-waitlisted-next" };
    let middle = vec![
        page.paragraph_with("mail-waitlisted-lead", &[("position", position.into())]),
        page.paragraph(next),
        page.facts(),
        page.event_page(),
        page.manage(Standing::Waitlist(position)),
    ];
    page.content(page.say("mail-waitlisted-subject"), middle)
}
