//! The event does not take place.

use super::content::Content;
use super::registration_page::RegistrationPage;

pub(super) fn message(page: &RegistrationPage<'_>) -> Content {
    let mut middle = vec![page.paragraph("mail-event-cancelled-lead")];
    middle.extend(page.entry_removed());
    middle.extend([page.facts_of_plan(&page.event().when), page.event_page(), page.other_events()]);
    page.content(page.say("mail-event-cancelled-subject"), middle).with_calendar(page.cancellation())
}
