//! Please confirm this address, for these dates of a series.

use std::sync::Arc;

use regatta_domain::event::Event;

use super::content::Content;
use super::registration_page::RegistrationPage;
use crate::layout::Block;
use crate::letter::Confirmation;
use crate::words;

pub(super) fn message(
    page: &RegistrationPage<'_>,
    confirmation: &Confirmation,
    series: &str,
    dates: &[Arc<Event>],
) -> Content {
    let series = words::one_line(series);
    let lead = page.say_with(
        "mail-confirm-series-lead",
        &[
            ("series", series.as_str().into()),
            ("count", dates.len().into()),
            ("deadline", page.deadline(confirmation).into()),
        ],
    );
    let subject = page.say_with("mail-confirm-series-subject", &[("series", series.into())]);
    let dates = dates.iter().map(|event| {
        let title = words::one_line(&event.title);
        page.say_with("mail-fact", &[("name", page.words.when(&event.when).into()), ("value", title.into())])
    });
    let middle = vec![
        Block::Paragraph(lead),
        page.confirm_button(confirmation),
        Block::List(dates.collect()),
        page.paragraph("mail-confirm-series-next"),
        page.paragraph("mail-confirm-stranger"),
    ];
    page.content(subject, middle).with_preview(page.confirm_preview(confirmation))
}
