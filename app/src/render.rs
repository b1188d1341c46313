//! From a view to the text of a document.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::tachys::html::doctype;

/// Prepares the process for rendering; call it once at the start, any further call does nothing.
pub fn prepare() {
    // An error only says that an executor is there already.
    let _ = any_spawner::Executor::init_tokio();
}

/// Renders a document of plain HTML: no shared context, hence no scripts of the framework's own.
pub(crate) fn document(view: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::new_root(None);
    let html = owner.with(|| (doctype("html"), view()).to_html());
    owner.unset_with_forced_cleanup();
    without_markers(&html)
}

/// Renders a part of a page, for a page that is there already.
pub(crate) fn fragment(view: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::new_root(None);
    let html = owner.with(|| view().to_html());
    owner.unset_with_forced_cleanup();
    without_markers(&html)
}

/// Renders a document with islands, whose markers the browser needs in order to bring them to life.
pub(crate) fn document_with_islands(view: impl FnOnce() -> AnyView) -> String {
    let context = Arc::new(hydration_context::SsrSharedContext::new_islands());
    let owner = Owner::new_root(Some(context));
    let html = owner.with(|| (doctype("html"), view()).to_html());
    owner.unset_with_forced_cleanup();
    match html.split_once(END_OF_HEAD) {
        // A title takes a marker for text, and no island is up there.
        Some((head, body)) => format!("{}{END_OF_HEAD}{body}", without_markers(head)),
        None => html,
    }
}

/// Nothing within the head can bring it about early: a `<` in text, attributes and data is escaped.
const END_OF_HEAD: &str = "</head>";

/// Leaves out the empty comments by which the framework separates neighbouring texts. Nothing else reads `<!>`: in text
/// and in attributes a visitor's `<` is escaped.
fn without_markers(html: &str) -> String {
    html.replace("<!>", "")
}
