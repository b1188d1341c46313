//! News of the community.

use jiff::civil::Date;

use crate::html::SafeHtml;
use crate::slug::Slug;

/// A post as its content file tells it.
#[derive(Clone, Debug)]
pub struct Post {
    /// The last part of its address.
    pub slug: Slug,
    /// Its headline.
    pub title: String,
    /// One or two sentences for lists and previews.
    pub summary: String,
    /// The day it was published, where known.
    pub date: Option<Date>,
    /// Its authors, where known.
    pub authors: Vec<String>,
    /// The projects it is about.
    pub topics: Vec<String>,
    /// The text.
    pub body: SafeHtml,
}
