//! The organizers decided against you.

use super::content::Content;
use super::registration_page::RegistrationPage;

pub(super) fn message(page: &RegistrationPage<'_>, reason: Option<&String>) -> Content {
    let mut middle = vec![page.paragraph("mail-declined-lead")];
    middle.extend(page.reason(reason));
    middle.extend([page.facts(), page.other_events()]);
    page.content(page.say("mail-declined-subject"), middle)
}
