//! Standing pages that the operator fills in: privacy, code of conduct, imprint.

use crate::html::SafeHtml;
use crate::slug::Slug;

/// A standing page as its content file tells it.
#[derive(Clone, Debug)]
pub struct StandingPage {
    /// Its address below the root.
    pub slug: Slug,
    /// Its heading.
    pub title: String,
    /// One sentence for previews.
    pub summary: String,
    /// The text.
    pub body: SafeHtml,
}
