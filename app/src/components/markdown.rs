//! Text that people wrote in Markdown.

use leptos::prelude::*;
use regatta_domain::html::SafeHtml;

/// The text, which the sanitiser vouches for, set as prose. Nothing at all where there is none.
pub fn prose(body: &SafeHtml) -> Option<AnyView> {
    let html = body.as_str().to_owned();
    (!body.is_empty()).then(|| view! { <div class="prose" inner_html=html></div> }.into_any())
}
