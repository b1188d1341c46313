//! You changed your registration; this is how it stands.

use regatta_domain::calendar::Method;

use super::content::Content;
use super::registration_page::RegistrationPage;
use crate::letter::Standing;

pub(super) fn message(page: &RegistrationPage<'_>, standing: Standing) -> Content {
    let mut middle = vec![page.paragraph("mail-changed-lead"), page.facts()];
    let calendar = if standing == Standing::Seat {
        middle.extend(page.seat());
        Some(Method::Request)
    } else {
        middle.extend([page.standing(standing), page.manage(standing)]);
        middle.extend(page.entry_removed());
        page.cancellation()
    };
    page.content(page.say("mail-changed-subject"), middle).with_calendar(calendar)
}
