//! Please confirm this address, for a place on the waitlist.

use super::content::Content;
use super::registration_page::RegistrationPage;
use crate::letter::Confirmation;

pub(super) fn message(page: &RegistrationPage<'_>, confirmation: &Confirmation) -> Content {
    let lead = page.leading("mail-confirm-waitlist-lead", confirmation);
    page.question(page.say("mail-confirm-waitlist-subject"), confirmation, lead)
}
