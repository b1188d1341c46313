//! Do you want to follow?

use super::content::Content;
use super::follow_page::FollowPage;
use super::small_print;

pub(super) fn message(page: &FollowPage<'_>, url: &str) -> Content {
    let middle = vec![
        page.paragraph("mail-follow-confirm-lead"),
        page.action("mail-confirm-action", url),
        page.paragraph("mail-follow-confirm-next"),
        page.paragraph("mail-confirm-stranger"),
    ];
    let footer = small_print::footer(vec![page.say("mail-because-typed")], None, page.site);
    page.content(page.say("mail-follow-confirm-subject"), page.topic(), middle, footer)
}
