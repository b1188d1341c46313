//! The organizers will decide.

use super::content::Content;
use super::registration_page::RegistrationPage;
use crate::letter::Standing;

pub(super) fn message(page: &RegistrationPage<'_>) -> Content {
    let middle = vec![
        page.paragraph("mail-awaiting-approval-lead"),
        page.paragraph("mail-awaiting-approval-next"),
        page.facts(),
        page.event_page(),
        page.manage(Standing::AwaitingApproval),
    ];
    page.content(page.say("mail-awaiting-approval-subject"), middle)
}
