//! It is in an hour.

use super::content::Content;
use super::registration_page::RegistrationPage;

/// The message names the hour instead of counting minutes, so that it is true whenever it is read.
pub(super) fn message(page: &RegistrationPage<'_>) -> Content {
    let when = &page.event().when;
    let hour = page.words.start_hour(when).unwrap_or_else(|| page.words.when(when));
    let hour = [("hour", hour.into())];
    let mut middle = vec![page.paragraph_with("mail-hour-before-lead", &hour), page.facts()];
    middle.extend(page.way_in());
    page.content(page.say_with("mail-hour-before-subject", &hour), middle)
}
