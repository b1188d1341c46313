//! The frame around tables, which scroll by themselves where the page is narrow.

use leptos::prelude::*;

/// A table in a frame of its own, named `label` for those who reach it by keyboard.
pub fn framed(label: &'static str, table: AnyView) -> AnyView {
    view! { <section class="table-scroll" aria-label=label tabindex="0">{table}</section> }.into_any()
}
