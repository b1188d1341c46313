//! It is tomorrow.

use regatta_domain::event::EventTime;

use super::content::Content;
use super::registration_page::RegistrationPage;

pub(super) fn message(page: &RegistrationPage<'_>) -> Content {
    let day = [("day", day(page).into())];
    let mut middle = vec![page.paragraph_with("mail-day-before-lead", &day), page.facts()];
    middle.extend(page.way_in());
    middle.extend(page.giving_up());
    page.content(page.say_with("mail-day-before-subject", &day), middle)
}

/// Which words to choose: a mail that was held up may be read on the very day.
fn day(page: &RegistrationPage<'_>) -> &'static str {
    match &page.event().when {
        EventTime::At { start, .. }
            if page.now.to_zoned(start.time_zone().clone()).date() == start.date() =>
        {
            "today"
        }
        EventTime::At { .. } | EventTime::Day(_) => "tomorrow",
    }
}
