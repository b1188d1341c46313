//! Please confirm this address, for a seat.

use super::content::Content;
use super::registration_page::RegistrationPage;
use crate::letter::Confirmation;

pub(super) fn message(page: &RegistrationPage<'_>, confirmation: &Confirmation) -> Content {
    let organizers_decide = page.event().registration.as_ref().is_some_and(|policy| policy.approval);
    let lead = if organizers_decide { "mail-confirm-seat-lead-approval" } else { "mail-confirm-seat-lead" };
    page.question(page.say("mail-confirm-seat-subject"), confirmation, page.leading(lead, confirmation))
}
