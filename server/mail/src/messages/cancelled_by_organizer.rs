//! The organizers cancelled your registration.

use super::content::Content;
use super::registration_page::RegistrationPage;

pub(super) fn message(page: &RegistrationPage<'_>, reason: Option<&String>) -> Content {
    let mut middle = vec![page.paragraph("mail-cancelled-by-organizer-lead")];
    middle.extend(page.reason(reason));
    middle.extend(page.entry_removed());
    middle.extend([page.facts(), page.other_events()]);
    page.content(page.say("mail-cancelled-by-organizer-subject"), middle).with_calendar(page.cancellation())
}
