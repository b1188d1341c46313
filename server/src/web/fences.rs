//! Pipelines within texts: the sanitiser leaves markers, which become cards when a page is shown.

use regatta_app::components::fence::{demo_fence, text_fence};
use regatta_content::{Fence, Library};
use regatta_domain::html::SafeHtml;

use super::errors::Refusal;
use super::playground::{card_of_demo, openness};
use super::state::Portal;

/// The text with cards in the places of its pipelines; `None` where it has none and stays as it is.
pub async fn filled(
    portal: &Portal,
    library: &Library,
    html: &SafeHtml,
) -> Result<Option<SafeHtml>, Refusal> {
    let fences = Fence::all_in(html);
    if fences.is_empty() {
        return Ok(None);
    }
    let mut cards = Vec::with_capacity(fences.len());
    for fence in fences {
        cards.push(card(portal, library, fence).await?);
    }
    Ok(Some(Fence::fill(html, cards)))
}

async fn card(portal: &Portal, library: &Library, fence: Fence) -> Result<String, Refusal> {
    match fence {
        Fence::Demo(slug) => match library.pipeline(slug.as_str()) {
            Some(demo) => Ok(demo_fence(&card_of_demo(portal, &demo).await?, &openness(portal))),
            // `regatta check` tells its author; a reader misses nothing that could be shown.
            None => Ok(String::new()),
        },
        Fence::Text { dialect, source } => Ok(text_fence(&regatta_dialects::read(dialect, &source), &source)),
    }
}
