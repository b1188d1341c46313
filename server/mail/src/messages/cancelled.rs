//! You cancelled.

use super::content::Content;
use super::registration_page::RegistrationPage;
use crate::layout::Block;

pub(super) fn message(page: &RegistrationPage<'_>) -> Content {
    let mut middle: Vec<Block> = vec![page.paragraph("mail-cancelled-lead")];
    middle.extend(page.entry_removed());
    middle.extend([page.facts(), page.paragraph("mail-cancelled-next"), page.event_page()]);
    page.content(page.say("mail-cancelled-subject"), middle).with_calendar(page.cancellation())
}
