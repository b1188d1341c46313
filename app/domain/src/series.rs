//! Series of meetups.

use crate::html::SafeHtml;
use crate::slug::Slug;

/// A series as its content file tells it; its dates are the events that name it.
#[derive(Clone, Debug)]
pub struct Series {
    /// The last part of its address.
    pub slug: Slug,
    /// Its name.
    pub title: String,
    /// One or two sentences for lists and previews.
    pub summary: String,
    /// The text of its page.
    pub body: SafeHtml,
}
