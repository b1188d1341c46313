//! The site itself: its name and what its community is about.

use crate::email_address::EmailAddress;
use crate::event::Link;

/// What `site.yaml` says of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The name in the masthead and in titles.
    pub name: String,
    /// One line below the name.
    pub tagline: String,
    /// Two or three sentences for the first page and for search engines.
    pub description: String,
    /// Where visitors can write to, once the operator has filled it in.
    pub contact: Option<EmailAddress>,
    /// The projects of the community, in the order in which they are shown.
    pub projects: Vec<Project>,
    /// Places elsewhere: the source code, the foundation.
    pub links: Vec<Link>,
}

/// A project that the community is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its name as it is written everywhere on the site.
    pub name: String,
    /// What it is, in one line.
    pub summary: String,
    /// Its own site, where there is one.
    pub url: Option<String>,
}

impl Default for Site {
    /// What is shown while `site.yaml` is missing or broken: the name, and nothing made up.
    fn default() -> Self {
        Self {
            name: "Regatta".to_owned(),
            tagline: String::new(),
            description: String::new(),
            contact: None,
            projects: Vec::new(),
            links: Vec::new(),
        }
    }
}
