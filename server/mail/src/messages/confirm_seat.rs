//! Please confirm this address, for a seat.

use super::content::Content;
use super::registration_page::RegistrationPage;
use crate::letter::Confirmation;

pub(super) fn message(page: &RegistrationPage<'_>, confirmation: &Confirmation) -> Content {
    let lead =
        if page.needs_approval() { "mail-confirm-seat-lead-approval" } else { "mail-confirm-seat-lead" };
    page.question(page.say("mail-confirm-seat-subject"), confirmation, page.leading(lead, confirmation))
}
