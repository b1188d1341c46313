//! The organizers decided for you: the seat is yours.

use regatta_domain::calendar::Method;

use super::content::Content;
use super::registration_page::RegistrationPage;

pub(super) fn message(page: &RegistrationPage<'_>) -> Content {
    let mut middle = vec![page.paragraph("mail-approved-lead"), page.facts()];
    middle.extend(page.seat());
    page.content(page.say("mail-approved-subject"), middle).with_calendar(Some(Method::Request))
}
