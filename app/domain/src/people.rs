//! The people of the community.

use crate::event::Link;
use crate::html::SafeHtml;
use crate::slug::Slug;

/// An ambassador's profile as its content file tells it.
#[derive(Clone, Debug)]
pub struct Ambassador {
    /// The last part of the profile's address.
    pub slug: Slug,
    /// The name, as complete as it is known; a single name is a name.
    pub name: String,
    /// Role and organisation as one line, where known.
    pub affiliation: Option<String>,
    /// Where they live, where they say so.
    pub location: Option<String>,
    /// One sentence for lists.
    pub summary: String,
    /// What they care for, in a word or two each.
    pub interests: Vec<String>,
    /// Where to find them elsewhere.
    pub links: Vec<Link>,
    /// The text of the profile.
    pub body: SafeHtml,
}
