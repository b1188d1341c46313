//! You registered again, and this address is not confirmed yet.

use super::content::Content;
use super::registration_page::RegistrationPage;
use crate::letter::Confirmation;

pub(super) fn message(page: &RegistrationPage<'_>, confirmation: &Confirmation) -> Content {
    let lead = page.leading("mail-still-unconfirmed-lead", confirmation);
    page.question(page.say("mail-still-unconfirmed-subject"), confirmation, lead)
}
