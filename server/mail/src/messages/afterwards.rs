//! It is over: recordings, and a short form.

use regatta_domain::event::Link;

use super::content::Content;
use super::registration_page::RegistrationPage;
use crate::layout::Block;
use crate::words;

pub(super) fn message(page: &RegistrationPage<'_>, feedback_url: &str) -> Content {
    let mut middle = vec![page.paragraph("mail-afterwards-lead")];
    middle.extend(recordings(page));
    middle.extend([
        page.paragraph("mail-afterwards-question"),
        Block::Action {
            label: page.say("mail-afterwards-action"),
            url: feedback_url.to_owned(),
            help: page.say("mail-button-help"),
        },
        page.event_page(),
    ]);
    let preview = page.say("mail-afterwards-lead");
    page.content(page.say("mail-afterwards-subject"), middle).with_preview(preview)
}

fn recordings(page: &RegistrationPage<'_>) -> Vec<Block> {
    let recordings = &page.event().recordings;
    if recordings.is_empty() {
        return vec![page.paragraph("mail-afterwards-no-recordings")];
    }
    let links = recordings.iter().map(|recording| Block::Link {
        label: words::one_line(&recording.title),
        url: absolute(recording, &page.site.base_url),
    });
    std::iter::once(page.paragraph("mail-afterwards-recordings")).chain(links).collect()
}

/// The address of a recording, which may be told as a path of this site.
fn absolute(link: &Link, base_url: &str) -> String {
    let base = if link.url.starts_with('/') { base_url } else { "" };
    format!("{base}{}", words::one_line(&link.url))
}
