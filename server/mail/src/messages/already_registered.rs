//! You registered again; here is the registration that exists.

use super::content::Content;
use super::registration_page::RegistrationPage;
use crate::letter::Standing;

pub(super) fn message(page: &RegistrationPage<'_>, standing: Standing) -> Content {
    let middle = vec![
        page.paragraph("mail-already-registered-lead"),
        page.standing(standing),
        page.manage(standing),
        page.facts(),
        page.event_page(),
        page.paragraph("mail-already-registered-stranger"),
    ];
    page.content(page.say("mail-already-registered-subject"), middle)
}
