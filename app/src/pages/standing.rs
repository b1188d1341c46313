//! Standing pages: privacy, code of conduct, imprint.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::page::StandingPage;

use crate::components::layout::{Page, page_head};
use crate::components::markdown::prose;
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct StandingView {
    /// The page.
    pub page: Arc<StandingPage>,
}

/// A standing page.
pub fn standing(shell: &Shell, view: &StandingView) -> String {
    let page = &view.page;
    let main = view! {
        <article>
            {page_head("About this site", &page.title, Some(&page.summary), page.slug.as_str())}
            {prose(&page.body)}
        </article>
    };
    let document = Page {
        title: Some(page.title.clone()),
        description: page.summary.clone(),
        path: Some(paths::standing(&page.slug)),
        section: None,
        structured_data: None,
        main: main.into_any(),
    };
    document.render(shell)
}
